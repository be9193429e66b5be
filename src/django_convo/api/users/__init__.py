"""Users, over whatever user model the host has: cards inside other answers, and `/users/`."""

from .cards import UserCardSerializer, card, key_field, name_of
from .serializers import UserSerializer, user_serializer
from .views import UserViewSet

__all__ = ["UserCardSerializer", "UserSerializer", "UserViewSet", "card", "key_field", "name_of", "user_serializer"]
