"""Searching a million messages: rare and frequent words, for those with few conversations and with many.

Prints how long finding takes, from Python to the rows, how long `GET /search/` takes as a whole, and what the index
costs a send; with `--explain`, the plans. PostgreSQL, in a database of its own that is dropped at the end; `--keep`
leaves it for the next run, and measures no sends, which would change it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_test_environment, teardown_test_environment
from rest_framework.test import APIClient

from benchmarks.talk import COMMON, Talk, find_talk, make_talk
from benchmarks.timing import Times, measure
from django_convo import actions
from django_convo.models import Participant
from django_convo.selectors.messages import MessageFilters
from django_convo.selectors.search import search, words_of

ADDRESS = "/api/search/?limit=50&q="


def main(arguments: list[str]) -> None:
    """Measure; `--messages` and `--conversations` make it smaller."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks search", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args(arguments)
    setup_test_environment(debug=False)
    name = settings.DATABASES["default"]["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=options.keep)
    try:
        _run(options)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0, keepdb=options.keep)
        teardown_test_environment()


def _run(options: argparse.Namespace) -> None:
    started = perf_counter()
    talk = find_talk(conversations=options.conversations) if options.keep else None
    talk = talk or make_talk(messages=options.messages, conversations=options.conversations)
    print(
        f"{options.messages:,} messages in {options.conversations:,} conversations: {perf_counter() - started:.0f} s"
    )
    print(f"the index: {_index_size()}\n")
    for many, user in talk.searchers.items():
        for kind, words in _searches(talk, options.rounds):
            selector = measure(lambda n, user=user, words=words: _find(user, words[n]), rounds=options.rounds)
            request = measure(_getter(user, words), rounds=options.rounds)
            _line(f"{many:5} conversations, {kind}: found", selector)
            _line(f"{many:5} conversations, {kind}: GET /search/", request)
        if options.explain:
            _explain(user, talk.rare_words[0])
            _explain(user, COMMON)
    if options.keep:
        return
    _line("a send with the index", _sends(talk, options.rounds))
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX convo_message_search")
    _line("a send without it", _sends(talk, options.rounds))


def _searches(talk: Talk, rounds: int) -> Iterator[tuple[str, list[str]]]:
    # The last word of a search is also the beginning of others: what begins many words is not rare.
    whole = [word for word in talk.rare_words if sum(other.startswith(word) for other in talk.rare_words) == 1]
    rare = [whole[number % len(whole)] for number in range(rounds)]
    yield "a rare word", rare
    yield "a word of nobody", [f"{word}x" for word in rare]
    yield "a frequent word", [COMMON] * rounds
    yield "both", [f"{COMMON} {word}" for word in rare]


def _find(user: Any, text: str) -> None:
    search(user, words_of(text), MessageFilters()).page(None, 50)


def _getter(user: Any, words: list[str]) -> Callable[[int], None]:
    client = APIClient()
    client.force_authenticate(user)

    def get(number: int) -> None:
        answer = client.get(ADDRESS + quote(words[number]))
        if answer.status_code != 200:
            raise RuntimeError(answer.content)

    return get


def _sends(talk: Talk, rounds: int) -> Times:
    user = talk.searchers[min(talk.searchers)]
    conversation = Participant.objects.filter(user=user).select_related("conversation")[0].conversation
    body = "The lighthouse keeper said that the boat would come tomorrow before noon, weather permitting"
    return measure(
        lambda number: actions.send_message(actor=user, conversation=conversation, body=f"{body} {number}"),
        rounds=rounds,
    )


def _index_size() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_relation_size('convo_message_search'))")
        return str(cursor.fetchone()[0])


def _explain(user: Any, text: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        _find(user, text)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + queries[-1]["sql"])
        print("\n".join(line for (line,) in cursor.fetchall()), "\n")


def _line(what: str, times: Times) -> None:
    print(f"{what:60} {times}")
