"""Every page and form, and what each kind of person gets: a page that is not in the table fails the suite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from django_convo import actions
from django_convo.contrib.ui.urls import urlpatterns
from tests.contrib.ui.conftest import Visitor, address
from tests.people import make_group

pytestmark = pytest.mark.django_db
LOGIN = 302  # to the login
DONE = 302  # after a form


@dataclass(frozen=True)
class Row:
    """Who gets which status: those not logged in, a stranger, a member, the owner."""

    method: str
    name: str
    takes: str
    stranger: int
    member: int
    owner: int
    fields: tuple[tuple[str, Any], ...] = ()


def page(name: str, takes: str = "", *, stranger: int = 404, member: int = 200, owner: int = 200) -> Row:
    return Row("get", name, takes, stranger, member, owner)


def form(name: str, takes: str, *, stranger: int = 404, member: int = DONE, owner: int = DONE, **fields: Any) -> Row:
    return Row("post", name, takes, stranger, member, owner, tuple(fields.items()))


# `m`: a message of the owner's; `o`: one of the member's own; `u`: another member; `x`: a file of a message;
# `d`: a message that the owner has deleted; `s`: the member's scheduled message; `r`: a report;
# `z`: a sanction in the conversation, `w`: one on the whole site.
TABLE = [
    page("inbox", stranger=200),
    page("new", stranger=200),
    form("new", "", people=["@owner"], body="Hello", stranger=400),
    form("direct", "", user="@owner", stranger=400, owner=400),
    page("channels", stranger=200),
    page("search", stranger=200),
    page("saved", stranger=200),
    page("scheduled-list", stranger=200),
    page("scheduled-edit", "s", owner=404),
    form("scheduled-edit", "s", body="Later", send_at="2999-01-01T10:00", member=400, owner=404),
    form("scheduled-cancel", "s", owner=404),
    page("block-list", stranger=200),
    form("block", "u", stranger=404),
    form("unblock", "u", stranger=404),
    page("report-list", member=404, owner=404),
    form("report-review", "r", decision="resolved", member=404, owner=404),
    page("sanction-list", member=404, owner=404),
    form("sanction-list", "", user="@u", kind="mute", member=404, owner=404),
    form("sanction-lift", "w", member=404, owner=404),
    page("conversation-sanctions", "c", member=403),
    form("conversation-sanctions", "c", user="@u", kind="mute", member=403),
    form("conversation-sanction-lift", "cz", member=404),
    page("attachment", "x"),
    page("conversation", "c"),
    form("conversation", "c", body="Hello"),
    page("thread", "cm"),
    form("thread", "cm", body="Hello"),
    page("members", "c"),
    form("members", "c", people=["@member"], member=403),
    form("member-role", "cu", role="observer", member=403),
    form("member-remove", "cu", member=403),
    page("conversation-settings", "c"),
    form("conversation-settings", "c", title="New", topic="", slow_mode_seconds="0", member=403),
    form("membership", "c", notify="none", muted="day"),
    form("conversation-state", "c", pinned="true"),
    form("conversation-join", "c", member=403, owner=403),
    form("conversation-leave", "c"),
    form("conversation-close", "c", member=403),
    form("conversation-reopen", "c", member=403),
    form("conversation-delete", "c", member=403),
    page("message", "cm"),
    page("message-react", "cm"),
    form("message-react", "cm", emoji="👍"),
    page("message-edit", "co"),
    form("message-edit", "co", body="Better", owner=403),
    form("message-delete", "cm", member=403),
    form("message-restore", "cd", member=403),
    form("message-pin", "cm"),
    form("message-unpin", "cm"),
    form("message-save", "cm"),
    form("message-unsave", "cm"),
    form("message-unread", "cm"),
    page("message-forward", "cm"),
    form("message-forward", "cm", conversation="@c"),
    page("message-report", "co"),
    form("message-report", "co", reason="spam", member=403),
]


@pytest.fixture
def world(ada: Any, bob: Any, cyd: Any, stranger: Any) -> dict[str, Any]:
    """Ada owns the group, Bob and Cyd are in it."""
    group = make_group(ada, bob, cyd)
    file = actions.create_attachment(actor=ada, file=ContentFile(b"A plan.", name="plan.txt"))
    message = actions.send_message(actor=ada, conversation=group, body="Hello", attachments=[file])
    own = actions.send_message(actor=bob, conversation=group, body="Hi")
    deleted = actions.send_message(actor=ada, conversation=group, body="Oh")
    actions.delete_message(actor=ada, message=deleted)
    report, _ = actions.report_message(actor=cyd, message=own, reason="spam")
    sanction, _ = actions.impose_sanction(actor=ada, user=cyd, conversation=group, kind="mute")
    everywhere, _ = actions.impose_sanction(actor=None, user=cyd, kind="mute")
    later = timezone.now() + timedelta(days=1)
    scheduled = actions.schedule_message(actor=bob, conversation=group, send_at=later, body="Later")
    return {
        "stranger": stranger,
        "member": bob,
        "owner": ada,
        "c": group,
        "m": message,
        "o": own,
        "d": deleted,
        "u": cyd,
        "x": file,
        "r": report,
        "s": scheduled,
        "z": sanction,
        "w": everywhere,
    }


def run(visitor: Visitor, row: Row, world: dict[str, Any]) -> Any:
    arguments = [world[letter] for letter in row.takes]
    if row.method == "get":
        return visitor.get(row.name, *arguments)
    return visitor.post(row.name, *arguments, **{name: _filled(value, world) for name, value in row.fields})


def _filled(value: Any, world: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(item, world) for item in value]
    return str(world[value[1:]].pk) if isinstance(value, str) and value.startswith("@") else value


def ids(row: Row) -> str:
    return f"{row.method} {row.name}"


@pytest.mark.parametrize("row", TABLE, ids=ids)
@pytest.mark.parametrize("who", ["stranger", "member", "owner"])
def test_status(who: str, row: Row, world: dict[str, Any]) -> None:
    response = run(Visitor(world[who]), row, world)

    assert response.status_code == getattr(row, who), response.content.decode()
    assert not response.headers.get("Location", "").startswith("/accounts/login/")
    if response.status_code != 404:
        assert "private" in response.headers["Cache-Control"]


@pytest.mark.parametrize("row", TABLE, ids=ids)
def test_whoever_is_not_logged_in_is_led_to_the_login(row: Row, world: dict[str, Any]) -> None:
    response = run(Visitor(None), row, world)

    target = address(row.name, *(world[letter] for letter in row.takes))
    assert (response.status_code, response.headers["Location"]) == (302, f"/accounts/login/?next={target}")


@pytest.mark.parametrize("row", [row for row in TABLE if row.takes.startswith("c")], ids=ids)
def test_what_is_not_there_looks_like_what_one_may_not_see(row: Row, world: dict[str, Any]) -> None:
    refused = run(Visitor(world["stranger"]), row, world)
    actions.delete_conversation(actor=world["owner"], conversation=world["c"])

    gone = run(Visitor(world["owner"]), row, world)

    assert (gone.status_code, gone.content) == (refused.status_code, refused.content)


@pytest.mark.parametrize("name", sorted({row.name for row in TABLE if row.method == "post"}))
def test_forms_need_a_token(name: str, world: dict[str, Any]) -> None:
    row = next(row for row in TABLE if row.name == name and row.method == "post")
    visitor = Visitor(world["owner"])
    visitor.client.handler.enforce_csrf_checks = True

    assert run(visitor, row, world).status_code == 403


@pytest.mark.parametrize(
    "name",
    sorted({row.name for row in TABLE if row.method == "post"} - {row.name for row in TABLE if row.method == "get"}),
)
def test_address_of_a_form_leads_to_where_it_stood(name: str, world: dict[str, Any]) -> None:
    """Whose login was over when they sent it is led there by the login, and sees no bare refusal."""
    row = next(row for row in TABLE if row.name == name)
    arguments = [world[letter] for letter in row.takes]

    response = Visitor(world["owner"]).get(name, *arguments)

    where = address("conversation", world["c"]) if row.takes.startswith("c") else address("inbox")
    assert (response.status_code, response.headers["Location"]) == (302, where)
    # Nothing is said of what one may not see.
    assert Visitor(world["stranger"]).get(name, *arguments).headers["Location"] == where


def test_table_names_each_page() -> None:
    assert {pattern.name for pattern in urlpatterns} == {row.name for row in TABLE}


def test_moderators_of_all_have_the_queue(as_admin: Visitor, world: dict[str, Any]) -> None:
    assert as_admin.get("report-list").status_code == 200
    assert as_admin.post("report-review", world["r"], decision="resolved").status_code == 302


def test_moderators_of_all_sanction_everywhere(as_admin: Visitor, world: dict[str, Any]) -> None:
    for row in TABLE:
        if "sanction" in row.name:
            assert run(as_admin, row, world).status_code == (200 if row.method == "get" else 302), row
