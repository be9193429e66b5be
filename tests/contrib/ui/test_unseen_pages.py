"""On the pages, too, what somebody may not see answers as what is not there: status, page and number of statements."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from tests.api.test_permission_table import unknown_user_key
from tests.contrib.ui.conftest import Visitor, address
from tests.contrib.ui.test_permission_table import TABLE, Row, ids, run
from tests.people import make_direct, make_group, make_user
from tests.pictures import picture

pytestmark = pytest.mark.django_db

OUTSIDERS = ("stranger", "ex_participant", "blocked", "banned_there", "banned")
# What a page of the table takes that is of a message, of which whoever came later has not heard.
OF_MESSAGES = "modx"


@pytest.fixture
def world(ada: Any, bob: Any, cyd: Any, settings: Any) -> dict[str, Any]:
    """A group of Ada's, with everything that the table names; a latecomer, and those who are not in it."""
    people = {name: make_user(name) for name in (*OUTSIDERS, "latecomer")}
    group = make_group(ada, bob, cyd, title="Harbour")
    for name in ("ex_participant", "banned_there", "banned"):
        actions.add_participant(actor=ada, conversation=group, user=people[name])
    file = actions.create_attachment(actor=ada, file=ContentFile(picture("PNG"), name="lamp.png"))
    message = actions.send_message(actor=ada, conversation=group, body="secret", attachments=[file])
    own = actions.send_message(actor=bob, conversation=group, body="secret")
    deleted = actions.send_message(actor=ada, conversation=group, body="secret")
    actions.delete_message(actor=ada, message=deleted)
    report, _ = actions.report_message(actor=cyd, message=own, reason="spam")
    later = timezone.now() + timedelta(days=1)
    scheduled = actions.schedule_message(actor=bob, conversation=group, send_at=later, body="secret")
    actions.leave(actor=people["ex_participant"], conversation=group)
    actions.impose_sanction(actor=ada, user=people["banned_there"], kind="ban", conversation=group)
    actions.impose_sanction(actor=None, user=people["banned"], kind="ban")
    actions.block_user(actor=ada, user=people["blocked"])
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    actions.add_participant(actor=ada, conversation=group, user=people["latecomer"])
    # All that may name an earlier message to whoever came after it.
    actions.send_message(actor=ada, conversation=group, body="open", reply_to=message)
    actions.send_message(actor=ada, conversation=group, body="open", thread_root=message)
    actions.edit_message(actor=ada, message=message, body="still secret")
    actions.pin_message(actor=ada, message=message)
    actions.add_reaction(actor=ada, message=message, emoji="🔥")
    sanction, _ = actions.impose_sanction(actor=ada, user=cyd, conversation=group, kind="mute")
    everywhere, _ = actions.impose_sanction(actor=None, user=cyd, kind="mute")
    named = {"c": group, "m": message, "o": own, "d": deleted, "u": cyd, "x": file, "r": report, "s": scheduled}
    return {**people, **named, "z": sanction, "w": everywhere, "owner": ada, "member": bob}


def asked(row: Row, who: Any, world: dict[str, Any], unknown: str = "") -> tuple[int, str, int]:
    """Return status, page and number of statements; the letters of `unknown` stand for what is not there."""
    letters = {}
    for letter in unknown:
        key = unknown_user_key(world["u"].pk) if letter == "u" else uuid.uuid4()
        letters[letter] = SimpleNamespace(pk=key)
    with CaptureQueriesContext(connection) as queries:
        response = run(Visitor(who), row, {**world, **letters})
    content = b"".join(response) if response.streaming else response.content
    # Drawn by lot for each page.
    page = re.sub(r'(name="(csrfmiddlewaretoken|client_id)" value=)"[^"]*"', r"\1", content.decode(errors="replace"))
    return response.status_code, page, len(queries)


@pytest.mark.parametrize("row", [row for row in TABLE if row.takes], ids=ids)
def test_outsiders_are_told_nothing(row: Row, world: dict[str, Any]) -> None:
    for who in OUTSIDERS:
        unseen = asked(row, world[who], world)

        assert unseen == asked(row, world[who], world, row.takes), who
        assert unseen[0] == (403 if who == "banned" and row.method == "post" else 404), who


@pytest.mark.parametrize("row", [row for row in TABLE if set(row.takes) & set(OF_MESSAGES)], ids=ids)
def test_latecomers_are_told_nothing_of_what_was_said_before(row: Row, world: dict[str, Any]) -> None:
    of_messages = "".join(letter for letter in row.takes if letter in OF_MESSAGES)
    unseen = asked(row, world["latecomer"], world)

    assert unseen == asked(row, world["latecomer"], world, of_messages)
    assert unseen[0] == 404


@pytest.mark.parametrize("row", [row for row in TABLE if row.takes in ("cm", "co", "cd")], ids=ids)
def test_message_is_not_there_below_another_conversation(row: Row, world: dict[str, Any]) -> None:
    elsewhere = {**world, "c": make_group(world["owner"], world["member"], title="Elsewhere")}
    unseen = asked(row, world["owner"], elsewhere)

    assert unseen == asked(row, world["owner"], elsewhere, row.takes[1])
    assert unseen[0] == 404


def test_thumbnails_are_for_those_who_see_the_picture(world: dict[str, Any]) -> None:
    def shown(who: str, key: Any) -> tuple[int, bytes, int]:
        visitor = Visitor(world[who])
        with CaptureQueriesContext(connection) as queries:
            response = visitor.get("attachment", key, query="?thumbnail")
        return response.status_code, response.content, len(queries)

    assert Visitor(world["owner"]).get("attachment", world["x"], query="?thumbnail").status_code == 200
    for who in ("latecomer", *OUTSIDERS):
        assert shown(who, world["x"]) == shown(who, uuid.uuid4()), who
        assert shown(who, world["x"])[0] == 404, who


PLACES = {
    "inbox": ("inbox", "", ["", "?filter=archived", "?q=secret"]),
    "new": ("new", "", ["", "?q=cyd", "?people={u}"]),
    "channels": ("channels", "", [""]),
    "search": ("search", "", ["?q=secret", "?q=still&conversation={c}"]),
    "saved": ("saved", "", [""]),
    "scheduled": ("scheduled-list", "", [""]),
    "conversation": ("conversation", "c", ["", "?around=1", "?before=3", "?after=0", "?reply_to={m}", "?around={m}"]),
    "members": ("members", "c", ["", "?q=secret"]),
    "settings": ("conversation-settings", "c", [""]),
}


# What the visitor has typed stands in fields and addresses; by the id of its first message a thread holds together.
TYPED = re.compile(r'(value|href|action|data-query|data-thread-root)="[^"]*"')


@pytest.mark.parametrize("place", PLACES)
def test_nothing_that_one_may_not_see_is_named_on_a_page(place: str, world: dict[str, Any]) -> None:
    name, takes, queries = PLACES[place]
    keys = {letter: world[letter].pk for letter in "cmu"}
    hidden = [str(world[letter].pk) for letter in "modsx"]

    for who in ("latecomer", *OUTSIDERS):
        visitor = Visitor(world[who])
        for query in queries:
            response = visitor.get(name, *(world[letter] for letter in takes), query=query.format(**keys))
            page = TYPED.sub("", response.content.decode())
            assert "secret" not in page, (who, query)
            assert [key for key in hidden if key in page] == [], (who, query)


@pytest.mark.parametrize("who", ["latecomer", *OUTSIDERS])
def test_badge_counts_what_one_may_see(who: str, world: dict[str, Any]) -> None:
    template = "{% convo_unread_badge %}{% convo_inbox %}{% convo_thread conversation %}"
    visitor = Visitor(world[who])

    page = visitor.client.get("/host/", {"template": template, "conversation": str(world["c"].pk)}).content.decode()

    assert f'data-unread="{2 if who == "latecomer" else 0}"' in page
    assert "secret" not in page
    assert ("open" in page) == (who == "latecomer")


@pytest.mark.parametrize("who", [name for name in OUTSIDERS if name != "banned"])
@pytest.mark.parametrize("name", ["new", "direct"])
def test_nobody_is_opened_a_conversation_with_whom_they_may_not_know(
    who: str, name: str, world: dict[str, Any]
) -> None:
    def opened(key: Any) -> tuple[int, str, int]:
        fields = {"people": [str(key)], "body": "Hello"} if name == "new" else {"user": str(key)}
        with CaptureQueriesContext(connection) as queries:
            response = Visitor(world[who]).post(name, **fields)
        page = response.content.decode().replace(str(key), "")
        page = re.sub(r'(name="(csrfmiddlewaretoken|client_id)" value=)"[^"]*"', r"\1", page)
        return response.status_code, page, len(queries)

    assert opened(world["u"].pk) == opened(unknown_user_key(world["u"].pk))
    assert opened(world["u"].pk)[0] == 400


def test_forward_form_offers_ones_own_conversations_alone(world: dict[str, Any]) -> None:
    foreign = make_group(world["member"], title="Foreign")
    direct = make_direct(world["owner"], world["member"])
    page = Visitor(world["owner"]).get("message-forward", world["c"], world["m"]).content.decode()

    assert str(direct.pk) in page
    assert str(foreign.pk) not in page
    target = address("message-forward", world["c"], world["m"])
    for key in (foreign.pk, uuid.uuid4()):
        assert Visitor(world["owner"]).client.post(target, {"conversation": str(key)}).status_code == 404
