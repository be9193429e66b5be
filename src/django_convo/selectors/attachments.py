"""Attachments as a user may open them: with a message that may be read, or one's own that is not sent yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from django_convo.exceptions import NotFound
from django_convo.models import Attachment
from django_convo.policy import get_policy, not_banned

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

# As the index has them: by conversation and id, which grows with time.
ATTACHMENT_ORDER: Final = ("-pk",)


def _sent(actor: Any) -> Exists:
    """Say of each row whether its message can be read: seen by the policy, and not deleted."""
    messages = get_policy().visible_messages(actor).filter(deleted_at=None)
    return Exists(messages.filter(pk=OuterRef("message"), conversation=OuterRef("conversation")))


def find_attachment(actor: Any, attachment_id: UUID) -> Attachment:
    """Return a file that the actor may open, in one query; raises NotFound."""
    unsent = Q(message=None, uploader=actor) & not_banned(actor)
    rows = Attachment.objects.select_related("message")
    attachment = rows.filter(unsent | Q(_sent(actor)), pk=attachment_id).first()
    if attachment is None:
        raise NotFound
    return attachment


def attachments_of(actor: Any, conversation: AbstractConversation) -> QuerySet[Attachment]:
    """Return the files of a conversation that the actor reads; page them by `ATTACHMENT_ORDER`."""
    return Attachment.objects.select_related("message").filter(_sent(actor), conversation=conversation.pk)


def has_attachment() -> Exists:
    """Say of each message whether it has files."""
    rows = Attachment.objects.filter(message=OuterRef("pk"), conversation=OuterRef("conversation"))
    return Exists(rows)
