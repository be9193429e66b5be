"""What moderators have forbidden somebody, as their pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from django_convo.types import SanctionKind

from .people import NOBODY, Person, person_of


@dataclass(frozen=True, kw_only=True, slots=True)
class SanctionRow:
    """What is shown of a sanction."""

    sanction_id: str
    person: Person
    is_ban: bool
    # Where it holds: nothing for the whole site.
    conversation_id: str
    conversation_title: str
    reason: str
    # Who imposed it; nobody for the site itself, and for somebody who is gone.
    by: Person | None
    created_at: datetime
    expires_at: datetime | None
    lifted_at: datetime | None
    lifted_by: Person | None
    is_over: bool


def sanction_row(sanction: Any) -> SanctionRow:
    """Return how a sanction is shown that was read with its people and its conversation."""
    conversation = sanction.conversation
    expires_at, lifted_at = sanction.expires_at, sanction.lifted_at
    return SanctionRow(
        sanction_id=str(sanction.pk),
        person=person_of(sanction.user) or NOBODY,
        is_ban=sanction.kind == SanctionKind.BAN,
        conversation_id="" if conversation is None else str(conversation.pk),
        conversation_title="" if conversation is None else conversation.title,
        reason=sanction.reason,
        by=person_of(sanction.created_by),
        created_at=sanction.created_at,
        expires_at=expires_at,
        lifted_at=lifted_at,
        lifted_by=person_of(sanction.lifted_by),
        is_over=lifted_at is not None or (expires_at is not None and expires_at <= timezone.now()),
    )
