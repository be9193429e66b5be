"""REST. What a host subclasses or builds its URLs from; `django_convo.urls` is all of it, ready to include."""

from .base import ConvoViewSet
from .conversations import ConversationSerializer, ConversationViewSet
from .membership import MembershipSerializer, MembershipStateSerializer, MembershipViewSet
from .messages import ConversationMessageViewSet, MessageSerializer, MessageViewSet
from .participants import ParticipantSerializer, ParticipantViewSet
from .permissions import REQUIREMENTS, Requirement
from .routes import ROUTES, VIEWSETS, Route, build_urlpatterns
from .users import UserCardSerializer, UserSerializer, UserViewSet

__all__ = [
    "REQUIREMENTS",
    "ROUTES",
    "VIEWSETS",
    "ConversationMessageViewSet",
    "ConversationSerializer",
    "ConversationViewSet",
    "ConvoViewSet",
    "MembershipSerializer",
    "MembershipStateSerializer",
    "MembershipViewSet",
    "MessageSerializer",
    "MessageViewSet",
    "ParticipantSerializer",
    "ParticipantViewSet",
    "Requirement",
    "Route",
    "UserCardSerializer",
    "UserSerializer",
    "UserViewSet",
    "build_urlpatterns",
]
