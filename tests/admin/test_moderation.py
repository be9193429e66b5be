"""Reports, sanctions, blocks and the audit log in the admin: by actions, in the name of whoever does it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from django_convo import actions
from django_convo.models import AuditEntry, Block, Report, Sanction
from tests.admin.pages import bounded_queries
from tests.people import make_group, make_user

pytestmark = pytest.mark.django_db

SECRET = "nobody but the two of us"
MODELS = {"report": Report, "sanction": Sanction, "block": Block, "auditentry": AuditEntry}


def url(noun: str, page: str, *arguments: Any) -> str:
    return reverse(f"admin:django_convo_{noun}_{page}", args=arguments)


@pytest.fixture
def talk() -> Any:
    return make_group(make_user("owner"), make_user("member"))


def people(talk: Any) -> tuple[Any, Any]:
    owner, member = talk.participants.order_by("first_name" if hasattr(talk.created_by, "first_name") else "pk")
    return (owner, member) if owner == talk.created_by else (member, owner)


@pytest.fixture
def report(talk: Any) -> Report:
    owner, member = people(talk)
    message = actions.send_message(actor=member, conversation=talk, body=SECRET)
    return actions.report_message(actor=owner, message=message, reason="abuse", comment="he insulted me")[0]


def make_rows(number: int) -> None:
    for _ in range(number):
        owner, member = make_user("owner"), make_user("member")
        talk = make_group(owner, member)
        message = actions.send_message(actor=member, conversation=talk, body=SECRET)
        actions.report_message(actor=owner, message=message, reason="spam")
        actions.impose_sanction(actor=owner, user=member, kind="mute", conversation=talk)
        actions.block_user(actor=owner, user=member)


@pytest.mark.parametrize("noun", MODELS)
@pytest.mark.parametrize("parameters", [{}, {"q": "a word"}])
def test_list_asks_as_much_of_many_rows_as_of_few(site: Client, noun: str, parameters: dict[str, str]) -> None:
    counts = []
    for number in (2, 20):
        make_rows(number)
        with bounded_queries() as captured:
            page = site.get(url(noun, "changelist"), parameters)
        assert page.status_code == 200
        assert SECRET not in page.content.decode()
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize("noun", MODELS)
def test_rows_are_found(site: Client, noun: str) -> None:
    make_rows(2)
    row: Any = MODELS[noun].objects.first()
    columns = {
        "report": ("pk", "reported_user_id", "conversation_id"),
        "sanction": ("pk", "user_id", "conversation_id"),
        "block": ("blocker_id", "blocked_id"),
        "auditentry": ("actor_id", "user_id", "conversation_id"),
    }[noun]

    for column in columns:
        found = site.get(url(noun, "changelist"), {"q": str(getattr(row, column))}).context["cl"].result_list
        assert [item.pk for item in found] == [row.pk]


@pytest.mark.parametrize("noun", ["block", "auditentry"])
def test_pages_only_show(site: Client, noun: str) -> None:
    make_rows(1)
    row: Any = MODELS[noun].objects.get()

    assert site.get(url(noun, "change", row.pk)).status_code == 200
    assert site.get(url(noun, "add")).status_code == 403
    assert site.post(url(noun, "change", row.pk), {"action": "x"}).status_code == 403
    assert site.post(url(noun, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert MODELS[noun].objects.count() == 1


def test_review_is_the_action(site: Client, staff: Any, report: Report) -> None:
    page = site.get(url("report", "change", report.pk)).content.decode()
    assert SECRET in page
    assert "he insulted me" in page

    site.post(
        url("report", "change", report.pk),
        {"status": "resolved", "resolution": "warned", "delete_message": "on"},
    )

    report.refresh_from_db()
    assert (report.status, report.resolution, report.reviewed_by) == ("resolved", "warned", staff)
    assert report.message is not None
    assert report.message.is_deleted
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor")) == [
        ("message.deleted", staff.pk),
        ("report.resolved", staff.pk),
    ]


def test_report_is_closed_to_who_is_banned(site: Client, staff: Any, report: Report) -> None:
    address = url("report", "change", report.pk)
    assert SECRET in site.get(address).content.decode()
    actions.impose_sanction(actor=None, user=staff, kind="ban")

    assert SECRET not in site.get(address).content.decode()
    assert site.post(address, {"status": "resolved"}).status_code == 403


def test_report_is_closed_to_who_may_not_review(site: Client, report: Report, settings: Any) -> None:
    settings.CONVO_ROLES = {"admin": ["-report.review"]}
    page = site.get(url("report", "change", report.pk)).content.decode()

    assert SECRET not in page
    assert "he insulted me" not in page
    assert site.post(url("report", "change", report.pk), {"status": "resolved"}).status_code == 403
    assert site.post(url("report", "delete", report.pk), {"post": "yes"}).status_code == 403
    assert site.get(url("report", "add")).status_code == 403
    report.refresh_from_db()
    assert report.status == "open"


def test_sanction_is_imposed_moved_and_lifted_by_actions(site: Client, staff: Any, talk: Any) -> None:
    _owner, member = people(talk)
    wanted = {"user": str(member.pk), "kind": "ban", "conversation": str(talk.pk), "reason": "rude"}
    assert site.get(url("sanction", "add")).status_code == 200
    site.post(url("sanction", "add"), {**wanted, "expires_at_0": "", "expires_at_1": ""})

    sanction = Sanction.objects.get()
    assert (sanction.user, sanction.kind, sanction.conversation_id) == (member, "ban", talk.pk)
    assert (sanction.reason, sanction.created_by) == ("rude", staff)
    assert not talk.participants.filter(pk=member.pk).exists()

    address = url("sanction", "change", sanction.pk)
    site.post(address, {"reason": "rude", "expires_at_0": "2100-01-01", "expires_at_1": "00:00:00"})
    sanction.refresh_from_db()
    assert sanction.expires_at is not None

    site.post(address, {"reason": "rude", "expires_at_0": "", "expires_at_1": "", "is_lifted": "on"})
    sanction.refresh_from_db()
    assert (sanction.lifted_by, sanction.lifted_at is not None) == (staff, True)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "sanction.imposed",
        "sanction.imposed",
        "sanction.lifted",
    ]
    # What is over is only shown.
    assert site.get(address).status_code == 200
    assert site.post(address, {"reason": "x"}).status_code == 403
    assert site.post(url("sanction", "delete", sanction.pk), {"post": "yes"}).status_code == 403


def test_what_the_action_refuses_is_a_message(site: Client, staff: Any) -> None:
    response = site.post(
        url("sanction", "add"),
        {"user": str(staff.pk), "kind": "ban", "reason": "", "expires_at_0": "", "expires_at_1": ""},
        follow=True,
    )

    assert "You cannot do this to yourself." in response.content.decode()
    assert not Sanction.objects.exists()


def test_sanctions_are_closed_to_who_has_no_power(site: Client, talk: Any, settings: Any) -> None:
    _owner, member = people(talk)
    sanction, _ = actions.impose_sanction(actor=None, user=member, kind="mute")
    settings.CONVO_ROLES = {"admin": ["-user.sanction", "-conversation.moderate_any"]}

    assert site.get(url("sanction", "add")).status_code == 403
    assert site.post(url("sanction", "change", sanction.pk), {"is_lifted": "on"}).status_code == 403
    assert Sanction.objects.get().lifted_at is None
