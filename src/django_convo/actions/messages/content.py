"""What a message may hold, and what it may refer to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from django_convo.actions.base import json_key, key_of
from django_convo.conf import settings
from django_convo.exceptions import Invalid, InvalidReference
from django_convo.models import AbstractMessage, Attachment, get_message_model
from django_convo.models.fields import is_storable_text
from django_convo.policy import get_policy

CLIENT_ID_MAX_LENGTH: Final = 64

MessageReference = AbstractMessage | UUID
AttachmentReference = Attachment | UUID


def clean_body(body: object, *, is_blank_allowed: bool = False) -> str:
    """Return the body, or raise `Invalid` (`invalid_text`, `blank`, `text_too_long`)."""
    if not isinstance(body, str) or not is_storable_text(body):
        raise Invalid("invalid_text", _("This is not a text that can be stored."), field="message_body")
    if not body.strip() and not is_blank_allowed:
        raise Invalid("blank", _("A message needs a body."), field="message_body")
    if len(body) > settings.MESSAGE_MAX_LENGTH:
        raise Invalid("text_too_long", _("The message is too long."), field="message_body")
    return body


def check_client_id(client_id: str | None) -> None:
    """Raise `Invalid` (`invalid_client_id`) unless this can be one."""
    if client_id is None:
        return
    is_acceptable = (
        isinstance(client_id, str) and 1 <= len(client_id) <= CLIENT_ID_MAX_LENGTH and is_storable_text(client_id)
    )
    if not is_acceptable:
        raise Invalid("invalid_client_id", _("A client_id has 1 to 64 characters."), field="client_id")


def digest_of(
    *,
    body: str,
    reply_to: MessageReference | None,
    thread_root: MessageReference | None,
    attachments: Iterable[AttachmentReference],
    mentions: Iterable[Any],
    metadata: Mapping[str, Any],
) -> str:
    """Return by what a repeated request is told from a different one with the same `client_id`."""
    facts = [
        body,
        _id_of(reply_to),
        _id_of(thread_root),
        [_id_of(item) for item in attachments],
        sorted(str(json_key(item) if not hasattr(item, "pk") else key_of(item)) for item in mentions),
        metadata,
    ]
    # Keys are sorted, so that a client may order its JSON as it likes; surrogates pass, the body is checked later.
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _id_of(reference: Any) -> str | None:
    key = getattr(reference, "pk", reference)
    return None if key is None else str(key)


def find_referenced(
    actor: Any | None,
    conversation_id: UUID,
    *,
    reply_to: MessageReference | None,
    thread_root: MessageReference | None,
) -> tuple[AbstractMessage | None, AbstractMessage | None]:
    """Return the message that is answered and the root of the thread, in one query.

    Read through the actor: in this conversation, visible, not deleted. Raises InvalidReference, and Invalid
    (`thread_too_deep`) where the root is itself an answer in a thread.
    """
    wanted: dict[str, Any] = {
        name: getattr(reference, "pk", reference)
        for name, reference in (("reply_to", reply_to), ("thread_root", thread_root))
        if reference is not None
    }
    if not wanted:
        return None, None
    visible = get_policy().visible_messages(actor) if actor is not None else get_message_model()._default_manager.all()
    rows = visible.select_related("sender").filter(
        conversation=conversation_id, pk__in=set(wanted.values()), deleted_at=None
    )
    found: dict[Any, Any] = {row.pk: row for row in rows}
    for name, key in wanted.items():
        if key not in found:
            raise InvalidReference(field=name)
    root = found.get(wanted.get("thread_root"))
    if root is not None and root.thread_root_id is not None:
        raise Invalid("thread_too_deep", _("A thread begins with a message that is in none."), field="thread_root")
    return found.get(wanted.get("reply_to")), root
