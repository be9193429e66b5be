from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from django_convo.models import get_message_model
from django_convo.policy import Policy
from django_convo.selectors.messages import ALL_ORDER, MessageFilters, messages
from django_convo.selectors.search import (
    WINDOW,
    Pages,
    PlainBackend,
    SearchBackend,
    Words,
    keep_matching,
    search,
    words_of,
)
from django_convo.selectors.search.postgres import Form, PostgresBackend, as_query
from tests.people import make_group, make_user

IS_POSTGRES = connection.vendor == "postgresql"
only_postgres = pytest.mark.skipif(not IS_POSTGRES, reason="PostgreSQL's full text")
BACKENDS: list[Any] = [PlainBackend, pytest.param(PostgresBackend, marks=only_postgres)]


class Walking(PostgresBackend):
    """Takes every word for a frequent one."""

    def form_of(self, words: Words, alias: str) -> Form:
        return replace(super().form_of(words, alias), is_rare=False)


class Loud(SearchBackend):
    """A host's own: finds what ends in an exclamation mark, whatever is asked."""

    def matching(self, rows: Any, words: Any, *, order: Any, limit: int | None = None) -> Any:
        return rows.filter(message_body__endswith="!")

    def highlights(self, body: str, words: Any) -> list[tuple[int, int]]:
        return [(len(body) - 1, len(body))]


class Discreet(Policy):
    """A host that hides what is whispered."""

    def visible_messages(self, actor: Any) -> Any:
        return super().visible_messages(actor).exclude(message_body__startswith="whispered")


def found(actor: Any, text: str, **filters: Any) -> list[str]:
    """Return the bodies on the first page."""
    return [row.message_body for row in search(actor, words_of(text), MessageFilters(**filters)).page(None, 50).rows]


def found_by(backend: Any, actor: Any, text: str) -> list[str]:
    rows = messages(actor, MessageFilters()).filter(deleted_at=None)
    page = Pages(backend=backend(), rows=rows, words=words_of(text)).page(None, 50)
    return [row.message_body for row in page.rows]


def say(conversation: Any, actor: Any, *bodies: str) -> list[Any]:
    return [actions.send_message(actor=actor, conversation=conversation, body=body) for body in bodies]


def fill(conversation: Any, sender: Any, bodies: list[str]) -> None:
    """Write messages a second apart, the first one the oldest."""
    start = timezone.now() - timedelta(days=1)
    get_message_model()._default_manager.bulk_create(
        get_message_model()(
            conversation_id=conversation.pk,
            sender=sender,
            message_body=body,
            seq=number,
            count_seq=0,
            sent_at=start + timedelta(seconds=number),
        )
        for number, body in enumerate(bodies, start=1)
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Lamp  lit", ("Lamp", "lit"), id="words"),
        pytest.param("lamp lamp", ("lamp",), id="repeated"),
        pytest.param("foo_bar-baz.qux@example.com", ("foo", "bar", "baz", "qux", "example", "com"), id="joined"),
        pytest.param('o\'clock "said"', ("o", "clock", "said"), id="quotes"),
        pytest.param("a & b | !c <-> d:*", ("a", "b", "c", "d"), id="operators"),
        pytest.param("100%_\\", ("100",), id="wildcards"),
        pytest.param("👍 !? …", (), id="no_word"),
        pytest.param("\u0301", (), id="mark_alone"),
        pytest.param("e\u0301te\u0301", ("e\u0301te\u0301",), id="combined"),
        pytest.param("हिन्दी", ("हिन्दी",), id="hindi"),
        pytest.param("灯台守 の", ("灯台守", "の"), id="japanese"),
        pytest.param("x" * 600, ("x" * 500,), id="too_long"),
    ],
)
def test_words_are_letters_and_digits(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text).words == words


def test_words_are_no_more_than_a_sentence_has() -> None:
    assert len(words_of(" ".join(f"w{number}" for number in range(1000))).words) == 32


@pytest.mark.parametrize(
    ("text", "query"),
    [
        pytest.param("lamp li", "('lamp') & ('li')", id="too_short_for_a_beginning"),
        pytest.param("lamp lit", "('lamp') & ('lit':*)", id="beginning"),
        pytest.param("灯台", "('灯' <-> '台')", id="unspaced"),
        pytest.param("iPhoneを 買う", "('iPhone' <-> 'を') & ('買' <-> 'う')", id="mixed"),
    ],
)
def test_query_is_quoted_and_joined(text: str, query: str) -> None:
    assert as_query(words_of(text)) == query


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_word_is_in_what_is_found(backend: Any, group: Any, ada: Any, bob: Any) -> None:
    say(group, ada, "The lamp is lit", "The lamp is out", "Nobody is in")

    assert found_by(backend, bob, "LAMP lit") == ["The lamp is lit"]
    assert sorted(found_by(backend, bob, "lamp")) == ["The lamp is lit", "The lamp is out"]
    assert found_by(backend, bob, "lamp boat") == []


@pytest.mark.parametrize("backend", [*BACKENDS, pytest.param(Walking, marks=only_postgres)])
@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("see https://example.com/lighthouse?x=1", "lighthouse", id="address"),
        pytest.param("write to keeper@example.com", "example", id="email"),
        pytest.param("<b>bold</b> &amp; brave", "bold brave", id="markup"),
        pytest.param("it is -12 outside", "12", id="signed"),
        pytest.param("version 1.5.3-rc", "5 rc", id="version"),
        pytest.param("この灯台は古い", "灯台", id="japanese"),
        pytest.param("등대지기", "대지", id="korean"),
        pytest.param("Zoë a dit bonjour", "Zoë", id="accent"),
        pytest.param("don't", "don't", id="apostrophe"),
        pytest.param("the a of and", "the and", id="stop_words"),
        pytest.param("unforgettable", "unforg", id="beginning"),
        pytest.param("snake_case_name", "case", id="underscore"),
        pytest.param("देखो हिन्दी भाषा", "हिन्दी", id="hindi"),
    ],
)
def test_text_is_taken_apart_alike_on_both_sides(
    backend: Any, body: str, text: str, group: Any, ada: Any, bob: Any
) -> None:
    say(group, ada, body, "something else")

    assert found_by(backend, bob, text) == [body]


@only_postgres
def test_words_within_words_are_not_found_by_full_text(group: Any, ada: Any) -> None:
    say(group, ada, "unforgettable")

    assert found_by(PostgresBackend, ada, "forget") == []


@only_postgres
def test_rare_and_frequent_words_are_found_alike(group: Any, ada: Any, bob: Any, stranger: Any) -> None:
    say(group, ada, "The lamp is lit", "lamplight", "oil for lamps", "a clamp")
    say(make_group(stranger, make_user()), stranger, "lamp of a stranger")

    for text in ("lamp", "lamp lit", "lamps oil", "clamp lamp"):
        assert found_by(PostgresBackend, bob, text) == found_by(Walking, bob, text)
    assert len(found_by(Walking, bob, "lamp")) == 3


def test_nobody_finds_what_they_may_not_read(group: Any, ada: Any, bob: Any, cyd: Any, stranger: Any) -> None:
    say(group, ada, "secret one")
    assert found(stranger, "secret") == []

    actions.remove_participant(actor=ada, conversation=group, user=bob)
    assert found(bob, "secret") == []
    assert found(cyd, "secret") == ["secret one"]


def test_newcomers_find_only_what_they_may_read(settings: Any, group: Any, ada: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    say(group, ada, "lamp before")
    newcomer = make_user("newcomer")
    actions.add_participant(actor=None, conversation=group, user=newcomer)
    say(group, ada, "lamp after")

    assert found(newcomer, "lamp") == ["lamp after"]


def test_nothing_is_found_in_a_deleted_conversation(group: Any, ada: Any, bob: Any) -> None:
    say(group, ada, "lamp")
    actions.delete_conversation(actor=ada, conversation=group)

    assert found(bob, "lamp") == []


def test_a_policy_narrows_what_is_found(settings: Any, group: Any, ada: Any, bob: Any) -> None:
    settings.CONVO_POLICY = f"{__name__}.Discreet"
    say(group, bob, "said: lamp", "whispered: lamp")

    assert found(ada, "lamp") == ["said: lamp"]


def test_deleted_messages_are_not_found_until_they_are_restored(group: Any, ada: Any) -> None:
    (message,) = say(group, ada, "lamp")
    actions.delete_message(actor=ada, message=message)
    assert found(ada, "lamp") == []

    actions.restore_message(actor=ada, message=message)
    assert found(ada, "lamp") == ["lamp"]


def test_edited_messages_are_found_by_their_new_words_only(group: Any, ada: Any) -> None:
    (message,) = say(group, ada, "lamp")
    actions.edit_message(actor=ada, message=message, body="boat")

    assert found(ada, "lamp") == []
    assert found(ada, "boat") == ["boat"]


def test_filters_keep_what_they_say(group: Any, ada: Any, bob: Any) -> None:
    other = make_group(ada, bob)
    say(group, ada, "lamp of ada")
    say(group, bob, "lamp of bob")
    say(other, bob, "another lamp")

    assert found(ada, "lamp", sender=ada.pk) == ["lamp of ada"]
    assert found(ada, "lamp", conversation_id=other.pk) == ["another lamp"]
    assert found(ada, "lamp", conversation_id=group.pk, sender=bob.pk) == ["lamp of bob"]


def test_the_best_come_first_then_the_newest(group: Any, ada: Any) -> None:
    say(group, ada, "keeper of the lamp house", "the lamp keeper", "a lamp for keepers", "lamp lamp keeper")

    assert found(ada, "lamp keeper") == [
        "lamp lamp keeper",
        "the lamp keeper",
        "keeper of the lamp house",
        "a lamp for keepers",
    ]


def test_pages_hold_each_match_once(group: Any, ada: Any) -> None:
    fill(group, ada, [f"lamp {'lamp ' * (number % 7)}{number}" for number in range(2 * WINDOW + 30)])
    pages = search(ada, words_of("lamp"), MessageFilters())

    there, places, place = [], [], None
    while True:
        page = pages.page(place, 40)
        there.append([row.message_body for row in page.rows])
        places.append(page.previous)
        place = page.next
        if place is None:
            break
    back, place = [there[-1]], places[-1]
    while place is not None:
        page = pages.page(place, 40)
        back.insert(0, [row.message_body for row in page.rows])
        place = page.previous

    assert [len(bodies) for bodies in there] == [40, 40, 20, 40, 40, 20, 30]
    assert len({body for bodies in there for body in bodies}) == 2 * WINDOW + 30
    assert places[0] is None
    assert [body for bodies in back for body in bodies] == [body for bodies in there for body in bodies]


def test_what_is_sent_meanwhile_moves_nothing(group: Any, ada: Any) -> None:
    fill(group, ada, [f"lamp {number}" for number in range(10)])
    pages = search(ada, words_of("lamp"), MessageFilters())
    first = pages.page(None, 4)
    fill_later = get_message_model()._default_manager.filter(message_body="lamp 0")
    fill_later.update(sent_at=timezone.now())
    second = pages.page(first.next, 4)

    assert [row.message_body for row in first.rows] == ["lamp 9", "lamp 8", "lamp 7", "lamp 6"]
    assert [row.message_body for row in second.rows] == ["lamp 5", "lamp 4", "lamp 3", "lamp 2"]


def test_rest_of_a_window_that_is_gone_leads_on_to_the_next(group: Any, ada: Any) -> None:
    fill(group, ada, [f"lamp {number}" for number in range(WINDOW + 5)])
    pages = search(ada, words_of("lamp"), MessageFilters())
    first = pages.page(None, WINDOW - 1)
    get_message_model()._default_manager.filter(message_body="lamp 5").delete()

    assert [row.message_body for row in pages.page(first.next, 3).rows] == ["lamp 4", "lamp 3", "lamp 2"]


def test_highlights_are_counted_in_characters(group: Any, ada: Any) -> None:
    body = "👩‍👩‍👧 Lamp, lamplight and a clamp"
    start = body.index("Lamp")

    plain = PlainBackend().highlights(body, words_of("lamp"))
    full = PostgresBackend().highlights(body, words_of("lamp"))

    assert plain == [(start, start + 4), (start + 6, start + 10), (len(body) - 4, len(body))]
    assert full == plain[:2]


@pytest.mark.parametrize(
    ("body", "text", "shown"),
    [
        pytest.param("the other one", "one the", ["the", "one"], id="whole_words"),
        pytest.param("この灯台は", "灯台", ["灯台"], id="unspaced"),
        pytest.param("İstanbul is far", "far", ["far"], id="longer_in_lower_case"),
        pytest.param("lamp\nLAMP", "lamp", ["lamp", "LAMP"], id="lines"),
        pytest.param("abab ab", "ab abab", ["abab", "ab"], id="overlapping"),
        pytest.param("nothing", "lamp", [], id="nothing"),
    ],
)
def test_highlights_hold_the_words(body: str, text: str, shown: list[str]) -> None:
    places = words_of(text).places(body, anywhere=False)

    assert [body[start:end] for start, end in places] == shown


def test_highlights_are_bounded() -> None:
    assert len(words_of("a").places("a " * 5000, anywhere=False)) == 100


def test_a_search_is_the_same_number_of_statements_whatever_is_there(
    group: Any, ada: Any, bob: Any, stranger: Any
) -> None:
    say(make_group(stranger, make_user()), stranger, *["secret"] * 3)
    say(group, ada, "lamp")

    def statements(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            found(bob, text)
        return len(queries)

    assert statements("secret") == statements("nonsense") == statements("lamp") == (2 if IS_POSTGRES else 1)
    assert statements("👍") == 0


def test_a_list_keeps_its_order(group: Any, ada: Any) -> None:
    fill(group, ada, ["lamp lamp lamp", "boat", "lamp"])
    rows = keep_matching(messages(ada, MessageFilters()), words_of("lamp")).order_by(*ALL_ORDER)

    assert [row.message_body for row in rows] == ["lamp", "lamp lamp lamp"]
    assert list(keep_matching(messages(ada, MessageFilters()), words_of("!"))) == []


def test_a_host_may_bring_its_own_backend(settings: Any, group: Any, ada: Any, stranger: Any) -> None:
    settings.CONVO_SEARCH_BACKEND = f"{__name__}.Loud"
    say(group, ada, "help!", "help")

    assert found(ada, "anything") == ["help!"]
    assert found(stranger, "anything") == []
    assert search(ada, words_of("x"), MessageFilters()).highlights("help!") == [(4, 5)]


class SameSight(Policy):
    """A host's policy that shows what ours does; what it does is not known beforehand."""

    def visible_messages(self, actor: Any) -> Any:
        return super().visible_messages(actor)


@only_postgres
@pytest.mark.parametrize("conversations", [2, 7])
@pytest.mark.parametrize("is_rare", [True, False])
def test_kept_statement_finds_the_same_pages(
    conversations: int, is_rare: bool, settings: Any, monkeypatch: pytest.MonkeyPatch, ada: Any, bob: Any
) -> None:
    # By either way; with fewer conversations than are looked in first, with more, and with longer ones.
    monkeypatch.setattr("django_convo.selectors.search.pages.WINDOW", 2 + conversations)
    for room in ("kept", "postgres"):
        monkeypatch.setattr(f"django_convo.selectors.search.{room}.recent_for", lambda limit: 4)
    monkeypatch.setattr("django_convo.selectors.search.postgres.MOST_OF_ONE", 3)
    monkeypatch.setattr("django_convo.selectors.search.postgres._RARE_ROWS", 1000 if is_rare else -1)
    monkeypatch.setattr("django_convo.selectors.search.postgres._RARE_SHARE", 0)
    groups = [make_group(ada, bob) for _ in range(conversations)]
    # Those that came first have most to say, and said it last.
    rows = get_message_model()._default_manager
    for number, group in enumerate(groups):
        fill(group, ada, [f"lamp {number} {place}" for place in range(7 - number)] + ["another word"])
        said = rows.filter(conversation=group.pk)
        said.update(sent_at=F("sent_at") - timedelta(hours=number))
        newest = said.latest("seq")
        group.last_seq, group.last_message_at = newest.seq, newest.sent_at
        group.save()
    fill(make_group(bob), bob, ["lamp of bob alone"])

    def pages_of(**filters: Any) -> list[list[str]]:
        pages, place, there = search(ada, words_of("lamp"), MessageFilters(**filters)), None, []
        while not there or place is not None:
            page = pages.page(place, 3)
            there.append([row.message_body for row in page.rows])
            place = page.next
        while page.previous is not None:
            page = pages.page(page.previous, 3)
            there.append([row.message_body for row in page.rows])
        return there

    asked: list[dict[str, Any]] = [{}, {"conversation_id": groups[1].pk}, {"sender": ada.pk}, {"sender": bob.pk}]
    kept = [pages_of(**filters) for filters in asked]
    settings.CONVO_POLICY = f"{__name__}.SameSight"

    assert kept == [pages_of(**filters) for filters in asked]
    assert sum(map(len, kept[0])) > 8
