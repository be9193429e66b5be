"""Users, over whatever user model the host has: cards inside other answers, and `/users/`."""

from .cards import Cards, UserCardSerializer, card, cards_of, key_field, name_of
from .serializers import UserSerializer, user_serializer
from .views import UserViewSet

__all__ = [
    "Cards",
    "UserCardSerializer",
    "UserSerializer",
    "UserViewSet",
    "card",
    "cards_of",
    "key_field",
    "name_of",
    "user_serializer",
]
