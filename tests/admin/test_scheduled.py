"""What is not sent yet is nobody's to read but its sender's; staff see that it waits, and why it failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_convo import actions
from django_convo.models import ScheduledMessage
from django_convo.policy import capabilities
from tests.admin.pages import bounded_queries
from tests.people import make_group, make_user

pytestmark = pytest.mark.django_db

SECRET = "nobody but me until tomorrow"
LIST = "admin:django_convo_scheduledmessage_changelist"
PAGE = "admin:django_convo_scheduledmessage_change"


def schedule(number: int = 1) -> list[ScheduledMessage]:
    owner = make_user("owner")
    group = make_group(owner, make_user("member"))
    tomorrow = timezone.now() + timedelta(days=1)
    return [
        actions.schedule_message(
            actor=owner, conversation=group, body=SECRET, metadata={"card": SECRET}, send_at=tomorrow
        )
        for _ in range(number)
    ]


def test_no_page_shows_what_is_said(site: Client, settings: Any) -> None:
    settings.CONVO_ROLES = {"admin": [capabilities.VIEW_ANY]}
    (row,) = schedule()
    with bounded_queries() as captured:
        page = site.get(reverse(PAGE, args=[row.pk]))
        rows = site.get(reverse(LIST))
    assert (page.status_code, rows.status_code) == (200, 200)
    for response in (page, rows):
        assert SECRET not in response.content.decode()
    assert str(row.pk) in rows.content.decode()
    assert not any("message_body" in sql for sql in captured)


def test_nothing_is_added_changed_or_deleted_here(site: Client) -> None:
    (row,) = schedule()
    assert site.get(reverse("admin:django_convo_scheduledmessage_add")).status_code == 403
    assert site.post(reverse(PAGE, args=[row.pk]), {"message_body": "x"}).status_code == 403
    deletion = reverse("admin:django_convo_scheduledmessage_delete", args=[row.pk])
    assert site.post(deletion, {"post": "yes"}).status_code == 403
    assert ScheduledMessage.objects.get().message_body == SECRET


def test_search_finds_by_sender_and_id(site: Client) -> None:
    (first,), (other,) = schedule(), schedule()

    def found(term: str) -> list[Any]:
        return [row.pk for row in site.get(reverse(LIST), {"q": term}).context["cl"].result_list]

    assert found(str(first.pk)) == [first.pk]
    assert found(str(other.sender.pk)) == [other.pk]
    assert found("nobody") == []


@pytest.mark.parametrize("size", [2, 30])
def test_list_asks_as_much_of_many_rows_as_of_few(site: Client, size: int) -> None:
    schedule(size)
    with bounded_queries() as captured:
        site.get(reverse(LIST))
    assert len(captured) <= 5
