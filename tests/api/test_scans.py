"""No list reads a whole table: SQLite, which knows no sizes, goes by an index wherever a statement lets it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from django_convo import actions
from tests.people import make_group

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="other planners read small tables whole"),
]

# A table or its alias, in no order of an index, as opposed to what a subquery gives.
_WHOLE = re.compile(r"SCAN (?!CONSTANT ROW|\(subquery|SUBQUERY)\w+\b(?! USING )")
PATHS = (
    "/conversations/",
    "/conversations/?archived=true",
    "/conversations/{group}/",
    "/conversations/{group}/messages/",
    "/conversations/{group}/messages/?anchor=first_unread",
    "/conversations/{group}/messages/?around=1",
    "/conversations/{group}/messages/{message}/",
    "/conversations/{group}/messages/{message}/replies/",
    "/conversations/{group}/messages/{message}/revisions/",
    "/conversations/{group}/messages/{message}/readers/",
    "/conversations/{group}/participants/",
    "/conversations/{group}/pins/",
    "/conversations/{group}/events/",
    "/messages/",
    "/messages/?saved=true",
    "/scheduled/",
    "/unread/",
    "/search/?q=hello",
)


@pytest.fixture
def talk(ada: Any, bob: Any) -> Any:
    """A group in which a message shows everything that one can show."""
    group = make_group(ada, bob)
    message = actions.send_message(actor=bob, conversation=group, body="hello", mentions=[ada])
    actions.send_message(actor=bob, conversation=group, body="hello again", reply_to=message)
    actions.add_reaction(actor=ada, message=message, emoji="🎉")
    actions.pin_message(actor=ada, message=message)
    actions.save_message(actor=ada, message=message)
    return message


def test_no_list_reads_a_whole_table(ada: Any, talk: Any) -> None:
    client = APIClient()
    client.force_authenticate(ada)
    for path in (*PATHS, "/sync/"):
        address = f"/api{path.format(group=talk.conversation_id, message=talk.pk)}"
        body = {"heads": {str(talk.conversation_id): 0}}
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(address, body, format="json") if path == "/sync/" else client.get(address)
        assert answer.status_code == 200, (path, answer.content)
        for query in queries:
            for detail in plan_of(query["sql"]):
                assert not _WHOLE.match(detail), (path, detail, query["sql"])


def plan_of(sql: str) -> list[str]:
    if not sql.startswith("SELECT"):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [detail for *_, detail in cursor.fetchall()]
