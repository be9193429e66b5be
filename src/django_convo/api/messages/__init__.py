"""Messages over REST."""

from .fields import ClientIdField, MessageBodyField, MetadataField
from .serializers import MessageSerializer, RevisionSerializer, in_order
from .views import ConversationMessageViewSet, MessageViewSet

__all__ = [
    "ClientIdField",
    "ConversationMessageViewSet",
    "MessageBodyField",
    "MessageSerializer",
    "MessageViewSet",
    "MetadataField",
    "RevisionSerializer",
    "in_order",
]
