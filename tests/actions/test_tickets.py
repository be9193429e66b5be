from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.actions.tickets import prune_tickets
from django_convo.exceptions import NotFound
from django_convo.models import Ticket


def test_ticket_is_redeemed_once_for_who_asked(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada, login_kind="session", login_key="k")

    found = actions.redeem_ticket(ticket=ticket)

    assert (found.user, found.login_kind, found.login_key) == (ada, "session", "k")
    with pytest.raises(NotFound):
        actions.redeem_ticket(ticket=ticket)


def test_ticket_is_kept_nowhere(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada)

    (row,) = Ticket.objects.values_list()
    assert ticket not in str(row)
    assert len(ticket) >= 43


def test_no_two_tickets_are_the_same(ada: Any) -> None:
    assert len({actions.issue_ticket(actor=ada) for _ in range(20)}) == Ticket.objects.count() == 20


def test_ticket_is_good_for_as_long_as_the_setting_says(ada: Any, settings: Any) -> None:
    settings.CONVO_TICKET_LIFETIME = timedelta(seconds=5)
    actions.issue_ticket(actor=ada)

    row = Ticket.objects.get()
    assert row.expires_at - row.created_at == timedelta(seconds=5)


def test_late_ticket_is_not_found(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada)
    Ticket.objects.update(expires_at=timezone.now())

    with pytest.raises(NotFound):
        actions.redeem_ticket(ticket=ticket)


@pytest.mark.parametrize("ticket", ["", "unknown", "\ud800", "\x00", "x" * 100_000])
def test_unknown_ticket_is_not_found(ada: Any, ticket: str) -> None:
    with pytest.raises(NotFound):
        actions.redeem_ticket(ticket=ticket)


def test_ticket_goes_with_its_user(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada)
    ada.delete()

    with pytest.raises(NotFound):
        actions.redeem_ticket(ticket=ticket)


def test_ticket_that_another_uses_meanwhile_is_not_found(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = actions.issue_ticket(actor=ada)
    first = Ticket.objects.filter().first

    def read_and_lose(self: Any) -> Any:
        found = first()
        Ticket.objects.all()._raw_delete("default")
        return found

    monkeypatch.setattr(type(Ticket.objects.all()), "first", read_and_lose)

    with pytest.raises(NotFound):
        actions.redeem_ticket(ticket=ticket)


def test_prune_takes_the_late_ones_in_portions(ada: Any) -> None:
    for _ in range(3):
        actions.issue_ticket(actor=ada)
    Ticket.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    alive = actions.issue_ticket(actor=ada)

    assert [prune_tickets(before=timezone.now(), limit=2) for _ in range(3)] == [2, 1, 0]
    assert actions.redeem_ticket(ticket=alive).user == ada
