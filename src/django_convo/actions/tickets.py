"""Tickets: one connection for somebody whose login cannot travel with it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import router
from django.utils import timezone

from django_convo.conf import settings
from django_convo.exceptions import NotFound
from django_convo.models import Ticket

from .base import action
from .maintenance.removing import remove_rows

_BYTES: Final = 32


@action
def issue_ticket(*, actor: Any, login_kind: str = "", login_key: str = "") -> str:
    """Return a ticket with which the actor may open one connection within `CONVO_TICKET_LIFETIME`. Takes no lock.

    `login_kind` and `login_key` say what the actor had shown (`selectors.logins.Login`): the connection ends with it.
    Only a digest is kept. Raises and emits nothing.
    """
    ticket = secrets.token_urlsafe(_BYTES)
    now = timezone.now()
    lifetime: timedelta = settings.TICKET_LIFETIME
    Ticket.objects.create(
        digest=_digest(ticket),
        user=actor,
        login_kind=login_kind,
        login_key=login_key,
        created_at=now,
        expires_at=now + lifetime,
    )
    return ticket


@action
def redeem_ticket(*, ticket: str) -> Ticket:
    """Return the row of a ticket with its user, and use it up; of two at once, one finds it. Takes no lock.

    Raises NotFound: unknown, used, or too late. Emits nothing.
    """
    rows = Ticket.objects.filter(digest=_digest(ticket), expires_at__gt=timezone.now())
    found = rows.select_related("user").first()
    # A second one who has read the row meanwhile deletes none.
    if found is None or not Ticket.objects.filter(pk=found.pk).delete()[0]:
        raise NotFound
    return found


@action
def prune_tickets(*, before: datetime, limit: int) -> int:
    """Delete at most `limit` tickets that expired before a moment; returns how many. Emits nothing."""
    using = router.db_for_write(Ticket)
    rows = Ticket.objects.using(using).filter(expires_at__lt=before).order_by("expires_at")
    return remove_rows(Ticket, list(rows.values_list("pk", flat=True)[:limit]), using)


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode(errors="surrogatepass")).hexdigest()
