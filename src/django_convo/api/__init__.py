"""REST. What a host subclasses or builds its URLs from; `django_convo.urls` is all of it, ready to include."""

from .attachments import AttachmentSerializer, AttachmentViewSet
from .base import ConvoViewSet
from .conversations import ConversationSerializer, ConversationViewSet
from .drafts import DraftSerializer, DraftViewSet
from .forward import ForwardViewSet
from .membership import MembershipSerializer, MembershipStateSerializer, MembershipViewSet
from .messages import ConversationMessageViewSet, MessageSerializer, MessageViewSet, RevisionSerializer
from .participants import ParticipantSerializer, ParticipantViewSet
from .permissions import REQUIREMENTS, Requirement
from .pins import PinViewSet
from .reactions import ReactionViewSet
from .receipts import ReaderViewSet, ReceiptSerializer, ReceiptViewSet
from .routes import ROUTES, VIEWSETS, Route, build_urlpatterns
from .saved import SavedViewSet
from .scheduled import ScheduledSerializer, ScheduledViewSet
from .tickets import TicketViewSet
from .typing import TypingViewSet
from .users import UserCardSerializer, UserSerializer, UserViewSet

__all__ = [
    "REQUIREMENTS",
    "ROUTES",
    "VIEWSETS",
    "AttachmentSerializer",
    "AttachmentViewSet",
    "ConversationMessageViewSet",
    "ConversationSerializer",
    "ConversationViewSet",
    "ConvoViewSet",
    "DraftSerializer",
    "DraftViewSet",
    "ForwardViewSet",
    "MembershipSerializer",
    "MembershipStateSerializer",
    "MembershipViewSet",
    "MessageSerializer",
    "MessageViewSet",
    "ParticipantSerializer",
    "ParticipantViewSet",
    "PinViewSet",
    "ReactionViewSet",
    "ReaderViewSet",
    "ReceiptSerializer",
    "ReceiptViewSet",
    "Requirement",
    "RevisionSerializer",
    "Route",
    "SavedViewSet",
    "ScheduledSerializer",
    "ScheduledViewSet",
    "TicketViewSet",
    "TypingViewSet",
    "UserCardSerializer",
    "UserSerializer",
    "UserViewSet",
    "build_urlpatterns",
]
