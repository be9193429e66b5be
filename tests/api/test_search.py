from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.selectors.search import NAME_COLUMNS
from tests.people import make_direct, make_group, make_user

IS_POSTGRES = connection.vendor == "postgresql"
HAS_NAMES = not {field.name for field in get_user_model()._meta.get_fields()}.isdisjoint(NAME_COLUMNS)
named = pytest.mark.skipif(not HAS_NAMES, reason="This host's users have no names.")

HOSTILE = {
    "operators": "a & b | !c <-> d:* (e) ' ''",
    "unclosed": "'lamp",
    "web_syntax": '"the lamp" OR -lit',
    "wildcards": "%_\\",
    "pattern": "(a+)+$ [^ .* {1,9}",
    "backslashes": "\\' \\\\ '':*",
    "punctuation": "!?…—",
    "emoji": "👩‍👩‍👧🏽",
    "cjk": "灯台守の家",
    "stop_words": "the a of and to",
    "many_words": " ".join(f"w{number}" for number in range(45)),
    "long_word": "x" * 200,
    "markup": "<script>alert('lamp')</script>",
    "bidi": "\u202elamp\u2066",
    "combining": "e" + "\u0301" * 150,
    "numbers": "1e400 -0 0x1f ١٢٣ ²½",
    "template": "%s %(a)s {0} $1",
}


def say(conversation: Any, actor: Any, *bodies: str) -> None:
    for body in bodies:
        actions.send_message(actor=actor, conversation=conversation, body=body)


def bodies(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["message"]["message_body"] for row in answer.json()["results"]]


def asked(client: Any, path: str) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    return answer, len(queries)


def test_search_finds_messages_with_highlights(group: Any, as_bob: Any, ada: Any) -> None:
    say(group, ada, "👍 Is the lamp lit?", "No boat today")

    answer = as_bob.get("/api/search/", {"q": "lamp"})

    assert list(answer.json()) == ["next", "previous", "results"]
    (row,) = answer.json()["results"]
    assert list(row) == ["message", "highlights"]
    assert row["highlights"] == [{"start": 9, "end": 13}]
    address = f"/api/messages/{row['message']['message_id']}/"
    assert row["message"] == as_bob.get(address).json()


def test_search_keeps_what_the_filters_say(group: Any, as_ada: Any, ada: Any, bob: Any) -> None:
    other = make_group(ada, bob)
    say(group, ada, "lamp of ada")
    say(other, bob, "lamp of bob")

    assert bodies(as_ada.get("/api/search/", {"q": "lamp", "sender": str(ada.pk)})) == ["lamp of ada"]
    assert bodies(as_ada.get("/api/search/", {"q": "lamp", "conversation_id": str(other.pk)})) == ["lamp of bob"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        pytest.param({}, "q_required", id="nothing"),
        pytest.param({"q": ""}, "q_required", id="empty"),
        pytest.param({"q": "x" * 201}, "search_too_long", id="long"),
        pytest.param({"q": "x" * 10_000}, "search_too_long", id="longer"),
        pytest.param({"q": "lamp\x00"}, "invalid_input", id="nul"),
        pytest.param({"q": "lamp", "conversation_id": "x"}, "conversation_id_invalid", id="conversation"),
        pytest.param({"q": "lamp", "cursor": "x"}, "invalid_cursor", id="cursor"),
    ],
)
def test_search_refuses_what_it_cannot_mean(as_ada: Any, parameters: dict[str, str], code: str) -> None:
    answer = as_ada.get("/api/search/", parameters)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_length_of_a_search_is_a_setting(settings: Any, as_ada: Any) -> None:
    settings.CONVO_SEARCH_MAX_LENGTH = 5

    assert as_ada.get("/api/config/").json()["limits"]["search_max_length"] == 5
    for path in ("/api/search/?q=", "/api/messages/?search=", "/api/conversations/?search="):
        assert as_ada.get(f"{path}lamps").status_code == 200
        assert as_ada.get(f"{path}lamps1").json()["code"] == "search_too_long"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "path",
    ["/api/search/?q=", "/api/messages/?search=", "/api/conversations/?search="],
    ids=["q", "messages", "inbox"],
)
def test_hostile_words_find_nothing_and_break_nothing(group: Any, as_ada: Any, bob: Any, path: str, text: str) -> None:
    say(group, bob, "Is the keeper in?")

    answer = as_ada.get(path + quote(text, safe=""))

    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize("text", ["secret", "secrets", "secret plan"], ids=["word", "beginning", "words"])
@pytest.mark.parametrize("path", ["/api/search/?q=", "/api/messages/?search="], ids=["search", "messages"])
def test_words_of_others_answer_as_words_of_nobody(
    group: Any, as_bob: Any, stranger: Any, path: str, text: str
) -> None:
    say(make_group(stranger, make_user()), stranger, *["secrets of a secret plan"] * 5)

    theirs, statements = asked(as_bob, path + text)
    nobodys, as_many = asked(as_bob, path + "nonsense")

    assert theirs.status_code == nobodys.status_code == 200
    assert theirs.content == nobodys.content == b'{"next":null,"previous":null,"results":[]}'
    assert statements == as_many


def test_conversation_of_others_answers_as_none(group: Any, as_stranger: Any, ada: Any) -> None:
    say(group, ada, "secret")

    theirs, statements = asked(as_stranger, f"/api/search/?q=secret&conversation_id={group.pk}")
    nobodys, as_many = asked(as_stranger, f"/api/search/?q=secret&conversation_id={uuid4()}")

    assert (theirs.status_code, theirs.content, statements) == (nobodys.status_code, nobodys.content, as_many)
    assert theirs.json()["results"] == []


def test_who_has_left_finds_nothing_more(group: Any, as_bob: Any, ada: Any, bob: Any) -> None:
    say(group, ada, "secret")
    assert bodies(as_bob.get("/api/search/?q=secret")) == ["secret"]

    actions.leave(actor=bob, conversation=group)

    assert bodies(as_bob.get("/api/search/?q=secret")) == []


def test_pages_lead_through_all_that_was_found(group: Any, as_bob: Any, ada: Any) -> None:
    say(group, ada, *(f"lamp {number}" for number in range(7)))
    found, answer = [], as_bob.get("/api/search/?q=lamp&limit=3")
    while True:
        found += bodies(answer)
        if answer.json()["next"] is None:
            break
        answer = as_bob.get(answer.json()["next"])

    assert found == [f"lamp {number}" for number in reversed(range(7))]
    assert bodies(as_bob.get(answer.json()["previous"])) == ["lamp 3", "lamp 2", "lamp 1"]


def test_cursor_is_that_of_one_search_and_user(group: Any, as_ada: Any, as_bob: Any, ada: Any) -> None:
    say(group, ada, "lamp one", "lamp two")
    address = as_bob.get("/api/search/?q=lamp&limit=1").json()["next"]
    assert bodies(as_bob.get(address)) == ["lamp one"]

    for client, path in (
        (as_ada, address),
        (as_bob, address.replace("q=lamp", "q=one")),
        (as_bob, address + "&conversation_id=" + str(group.pk)),
        (as_bob, address.replace("cursor=", "cursor=x")),
        (as_bob, address.replace("/search/", "/messages/")),
    ):
        assert client.get(path).json()["code"] == "invalid_cursor"


def test_searches_are_throttled(settings: Any, group: Any, as_ada: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"search": "3/hour"}

    for path in ("/api/search/?q=a", "/api/messages/?search=a", "/api/conversations/?search=a"):
        assert as_ada.get(path).status_code == 200
    refused = as_ada.get("/api/search/?q=a")

    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert int(refused["Retry-After"]) > 0
    assert as_ada.get("/api/messages/").status_code == 200


def test_search_asks_as_much_for_two_as_for_twenty(group: Any, as_bob: Any, ada: Any, cyd: Any) -> None:
    statements = []
    for number in range(20):
        message = actions.send_message(actor=ada, conversation=group, body=f"lamp {number}", mentions=[cyd])
        actions.add_reaction(actor=cyd, message=message, emoji="👍")
        if number in (1, 19):
            answer, count = asked(as_bob, "/api/search/?q=lamp")
            assert len(answer.json()["results"]) == number + 1
            statements.append(count)

    assert statements[0] == statements[1] <= (4 if not IS_POSTGRES else 5)


def test_list_of_messages_keeps_its_order(group: Any, as_bob: Any, ada: Any) -> None:
    say(group, ada, "lamp lamp lamp", "boat", "a lamp")

    def listed(path: str) -> list[str]:
        return [row["message_body"] for row in as_bob.get(path).json()["results"]]

    assert listed("/api/messages/?search=lamp") == ["a lamp", "lamp lamp lamp"]
    assert listed(f"/api/messages/?search=lamp&conversation_id={group.pk}") == ["a lamp", "lamp lamp lamp"]
    following = as_bob.get("/api/messages/?search=lamp&limit=1").json()["next"]
    assert listed(following) == ["lamp lamp lamp"]


def test_inbox_is_searched_by_title_and_topic(as_ada: Any, ada: Any, bob: Any) -> None:
    harbour = make_group(ada, bob, title="Harbour", topic="Boats and lamps")
    make_group(ada, bob, title="Kitchen")

    def shown(text: str) -> list[str]:
        answer = as_ada.get("/api/conversations/", {"search": text})
        return [row["title"] for row in answer.json()["results"]]

    assert shown("harb") == shown("BOATS harbour") == [harbour.title]
    assert shown("harbour kitchen") == []
    assert shown("!") == []


@named
def test_inbox_is_searched_by_the_names_of_the_others(as_ada: Any, ada: Any, bob: Any) -> None:
    direct = make_direct(ada, bob)
    make_group(ada, title="alone")

    def shown(text: str) -> list[str]:
        answer = as_ada.get("/api/conversations/", {"search": text})
        return [row["conversation_id"] for row in answer.json()["results"]]

    assert shown("bob") == shown("Bob Test") == [str(direct.pk)]
    assert shown("ada") == []
    assert shown("example") == []


def test_search_of_the_inbox_finds_no_conversation_of_others(group: Any, as_stranger: Any, ada: Any, bob: Any) -> None:
    make_group(ada, bob, title="secret")

    theirs, statements = asked(as_stranger, "/api/conversations/?search=secret")
    nobodys, as_many = asked(as_stranger, "/api/conversations/?search=nonsense")

    assert (theirs.content, statements) == (nobodys.content, as_many)
    assert theirs.json()["results"] == []


def test_open_channels_are_searched_by_title_alone(as_stranger: Any, ada: Any, bob: Any) -> None:
    channel = make_group(ada, bob, kind="channel", title="Lamps")

    def shown(text: str) -> list[str]:
        answer = as_stranger.get("/api/conversations/", {"joined": "false", "search": text})
        return [row["conversation_id"] for row in answer.json()["results"]]

    assert shown("lamp") == [str(channel.pk)]
    assert shown("bob") == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_search_is_only_read(as_ada: Any, method: str) -> None:
    assert getattr(as_ada, method)("/api/search/?q=lamp").status_code == 405
