"""The audit log, for those who may read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from django_convo.models import AuditEntry
from django_convo.policy import authorize, capabilities

# Ids grow with time.
AUDIT_ORDER: Final = ("-pk",)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilters:
    """What to keep of the log; None keeps all. `actor` and `user` are primary keys of users."""

    action: str | None = None
    actor: Any | None = None
    user: Any | None = None
    conversation_id: UUID | None = None


def audit_entries(actor: Any, filters: AuditFilters) -> QuerySet[AuditEntry]:
    """Return the log with the people in it; page it by `AUDIT_ORDER`. Raises Denied without `audit.view`."""
    authorize(actor, capabilities.AUDIT_VIEW)
    wanted = {
        "action": filters.action,
        "actor": filters.actor,
        "user": filters.user,
        "conversation_id": filters.conversation_id,
    }
    rows = AuditEntry.objects.select_related("actor", "user")
    return rows.filter(Q(**{name: value for name, value in wanted.items() if value is not None}))
