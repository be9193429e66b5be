"""Changing and cancelling what is scheduled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from django_convo.actions.base import UNSET, Unset, action, as_json, clean_metadata
from django_convo.actions.messages.content import clean_body
from django_convo.actions.messages.mentions import find_named
from django_convo.exceptions import Denied, NotFound
from django_convo.models import ScheduledMessage
from django_convo.policy import authorize, capabilities
from django_convo.selectors.scheduled import scheduled_of
from django_convo.types import ScheduledStatus

from .moments import check_moment, refuse_past
from .scheduling import files_waiting, named_as_json


@action
def update_scheduled(
    *,
    actor: Any,
    scheduled: ScheduledMessage,
    body: str | Unset = UNSET,
    send_at: datetime | Unset = UNSET,
    mentions: Sequence[Any] | Unset = UNSET,
    metadata: Mapping[str, Any] | Unset = UNSET,
) -> ScheduledMessage:
    """Change what is to be sent, or when; locks the scheduled message alone.

    One that has failed waits again with a new `send_at`. Raises Denied (`already_sent`, and what a send is refused
    with), Invalid (as `schedule_message`), InvalidReference (`mentions`), NotFound. Emits no event: it is one's own.
    """
    row = lock_own(actor, scheduled)
    authorize(actor, capabilities.MESSAGE_SEND, conversation=row.conversation)
    wanted: dict[str, Any] = {}
    if not isinstance(body, Unset):
        wanted["message_body"] = clean_body(body, is_blank_allowed=bool(row.attachment_ids))
    if not isinstance(metadata, Unset):
        wanted["metadata"] = clean_metadata(metadata)
    if not isinstance(mentions, Unset):
        find_named(actor, row.conversation, mentions, wanted.get("message_body", row.message_body))
        wanted["mentioned"] = named_as_json(mentions)
    if not isinstance(send_at, Unset):
        wanted |= _moved(actor, row, send_at)
    changed = {name: value for name, value in wanted.items() if _differs(getattr(row, name), value)}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save(update_fields=list(changed))
    return row


@action
def cancel_scheduled(*, actor: Any, scheduled: ScheduledMessage) -> None:
    """Drop what is to be sent, or what has failed; locks the scheduled message. Its files are unsent uploads again.

    Raises Denied (`already_sent`), NotFound. Emits no event: it is one's own.
    """
    lock_own(actor, scheduled).delete()


def lock_own(actor: Any, scheduled: ScheduledMessage) -> ScheduledMessage:
    """Return the actor's own row as it is now, locked; raises NotFound, Denied (`already_sent`)."""
    rows = scheduled_of(actor).filter(pk=scheduled.pk, conversation=scheduled.conversation_id)
    row = rows.select_for_update().first()
    if row is None:
        raise NotFound
    if row.is_sent:
        raise Denied("already_sent", _("This message has been sent already."))
    return row


def _differs(old: Any, new: Any) -> bool:
    # To Python, 1 equals True.
    return as_json(old) != as_json(new) if isinstance(new, dict) else bool(old != new)


def _moved(actor: Any, row: ScheduledMessage, send_at: datetime) -> dict[str, Any]:
    """Return the columns of a row that waits for this time."""
    check_moment(send_at)
    if row.status == ScheduledStatus.PENDING and row.send_at == send_at:
        return {}
    refuse_past(send_at)
    if row.status == ScheduledStatus.FAILED:
        files_waiting(actor)
    return {"send_at": send_at, "due_at": send_at, "attempts": 0, "status": ScheduledStatus.PENDING, "code": ""}
