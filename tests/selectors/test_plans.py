"""What PostgreSQL does for each of the hot reads where there is much: 300,000 messages, a third in one conversation.

Nothing large is read from its beginning or sorted, and about as many messages are read as are shown. Ten million
differ only in how long it takes to fill them in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from rest_framework.test import APIClient

from django_convo.conf import settings
from django_convo.models import (
    AbstractMessage,
    Participant,
    Reaction,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.search.postgres import MOST_OF_ONE
from django_convo.selectors.snapshots import FIRST_PARTICIPANTS
from tests.people import make_group, make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.exhaustive,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="The plans of PostgreSQL"),
    pytest.mark.skipif(
        settings.MESSAGE_MODEL != "django_convo.Message" or settings.CONVERSATION_MODEL != "django_convo.Conversation",
        reason="Rows are written past the models, in our own columns",
    ),
]

CONVERSATIONS = 3_000
LARGE = 100_000
SMALL = 67
# Of these the reader is a participant, beside the large one.
OWN = 300
# Every row of a page, what it answers, and what it is looked up by.
TOUCHED_PER_ROW = 4

# What orders a row of the inbox, where it is sorted to be chosen from.
KEY_BYTES = 100
# Tables of which no query may read all; conversations are few here, and sorted by the inbox.
LARGE_TABLES = {model._meta.db_table for model in (get_message_model(), Participant, Reaction)}


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Who reads, in what, and a message in the middle of it."""

    client: APIClient
    large: Any
    message: AbstractMessage


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: Any) -> Iterator[Crowd]:
    """Fill the tables once for this module, in a transaction that is rolled back."""
    with django_db_blocker.unblock(), override_settings(ROOT_URLCONF="tests.api.urls"), transaction.atomic():
        yield _fill()
        transaction.set_rollback(True)


def _fill() -> Crowd:
    people = [make_user(f"person{number}") for number in range(50)]
    reader, large = make_user("reader"), make_group(people[0], *people[1:])
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'convo_message_search'")
        (index,) = cursor.fetchone()
        # Made after the rows it takes a fifth of the time, and so does what is not checked twice.
        cursor.execute("DROP INDEX convo_message_search")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for sql in _FILL:
            cursor.execute(
                sql.format(**_TABLES),
                {"large": large.pk, "reader": reader.pk, "people": [user.pk for user in people]},
            )
        cursor.execute(index)
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    client = APIClient()
    client.force_authenticate(reader)
    messages = get_message_model()._default_manager
    return Crowd(client=client, large=large.pk, message=messages.get(conversation=large.pk, seq=LARGE // 2))


_TABLES = {
    "message": get_message_model()._meta.db_table,
    "conversation": get_conversation_model()._meta.db_table,
    "participant": Participant._meta.db_table,
    "reaction": Reaction._meta.db_table,
    "counters": f"{SMALL}, {SMALL}",
    "conversations": CONVERSATIONS,
    "large_size": LARGE,
    "small_size": SMALL,
    "own": OWN,
}
_FILL = (
    # All alike but the large one, which is the latest.
    """INSERT INTO {conversation} (conversation_id, kind, title, topic, metadata, created_at, last_seq, count_seq,
        event_seq, membership_version, participant_count, last_message_at, changed_at, slow_mode_seconds)
    SELECT gen_random_uuid(), 'group', number, '', '{{}}', now(), {small_size}, {small_size}, 1, 1, 11,
        now() - number * interval '1 minute', now() - number * interval '1 minute', 0
    FROM generate_series(1, {conversations}) AS number""",
    """UPDATE {conversation} SET last_seq = {large_size}, count_seq = {large_size}, last_message_at = now()
    WHERE conversation_id = %(large)s""",
    """INSERT INTO {message} (message_id, conversation_id, sender_id, message_body, sent_at, seq, count_seq, kind,
        reply_count, metadata)
    SELECT gen_random_uuid(), c.conversation_id, (%(people)s)[1 + seq %% 50],
        'said word' || seq %% 997 || CASE WHEN seq %% 3 = 0 THEN ' frequently' ELSE '' END
            || CASE WHEN seq = 7 AND random() < 0.01 THEN ' seldom' ELSE '' END,
        c.last_message_at - (c.last_seq - seq) * interval '1 second', seq, seq, 'user', 0, '{{}}'
    FROM {conversation} AS c CROSS JOIN LATERAL generate_series(1, c.last_seq) AS seq""",
    """UPDATE {message} AS m SET reply_to_id = before.message_id FROM {message} AS before
    WHERE m.conversation_id = %(large)s AND before.conversation_id = %(large)s
        AND m.seq %% 5 = 0 AND before.seq = m.seq - 3""",
    """UPDATE {conversation} AS c SET last_message_id = m.message_id FROM {message} AS m
    WHERE m.conversation_id = c.conversation_id AND m.seq = c.last_seq""",
    """INSERT INTO {participant} (conversation_id, user_id, role, joined_at, visible_from_seq, joined_event_seq,
        last_read_seq, read_count_seq, last_delivered_seq, mention_count, notify, updated_at)
    SELECT c.conversation_id, person, 'member', now(), 1, 1, 10, 10, 0, 0, 'all', c.last_message_at
    FROM {conversation} AS c CROSS JOIN unnest((%(people)s)[1:10]) AS person WHERE c.conversation_id <> %(large)s
    UNION ALL
    SELECT conversation_id, person, 'member', now(), 1, 1, 10, 10, 0, 0, 'all', last_message_at
    FROM (SELECT * FROM {conversation} ORDER BY last_message_at DESC LIMIT {own} + 1) AS latest
        CROSS JOIN unnest(%(reader)s || (%(people)s)[11:40]) AS person
    WHERE conversation_id <> %(large)s OR person = %(reader)s""",
    """INSERT INTO {reaction} (conversation_id, message_id, user_id, emoji, created_at)
    SELECT conversation_id, message_id, sender_id, 'x', now() FROM {message} WHERE seq %% 10 = 0""",
)


def plans_of(crowd: Crowd, method: str, address: str, body: Any = None) -> list[dict[str, Any]]:
    """Ask, and return what PostgreSQL did for each statement."""
    # Once before, for what is asked once in a process.
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(crowd.client, method)(address, body, format="json")
        assert answer.status_code == 200, answer.content
    plans = []
    with connection.cursor() as cursor:
        for query in queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
                (plan,) = cursor.fetchone()
                plans.append((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    assert plans
    return plans


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes_of(child)


def read_of(plan: dict[str, Any], table: str) -> int:
    """Return how many rows of the table were looked at, also those that were thrown away."""
    return sum(
        round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes_of(plan)
        if node.get("Relation Name") == table
    )


def refuse_reading_all(plan: dict[str, Any], *, sorted_rows: int) -> None:
    for node in nodes_of(plan):
        if node["Node Type"] == "Seq Scan":
            assert node["Relation Name"] not in LARGE_TABLES, json.dumps(node, indent=1)
        if node["Node Type"] in {"Sort", "Incremental Sort"}:
            (below,) = (child for child in node["Plans"] if child["Parent Relationship"] == "Outer")
            assert below["Actual Rows"] * below["Actual Loops"] <= sorted_rows, json.dumps(node, indent=1)


WINDOWS = ["", "?before=70000", "?before=200", f"?around={LARGE // 2}", "?after=50000", "?anchor=first_unread"]


@pytest.mark.parametrize("window", WINDOWS)
def test_a_window_reads_what_it_shows(crowd: Crowd, window: str) -> None:
    for plan in plans_of(crowd, "get", f"/api/conversations/{crowd.large}/messages/{window}"):
        refuse_reading_all(plan, sorted_rows=60)
        assert read_of(plan, _TABLES["message"]) <= TOUCHED_PER_ROW * 51
        assert read_of(plan, _TABLES["participant"]) <= 51


def test_the_inbox_reads_messages_that_it_shows(crowd: Crowd) -> None:
    widths = []
    for plan in plans_of(crowd, "get", "/api/conversations/?limit=20"):
        # One's own conversations are sorted, of which no index knows who has pinned them.
        refuse_reading_all(plan, sorted_rows=OWN + 1)
        assert read_of(plan, _TABLES["message"]) <= TOUCHED_PER_ROW * 20
        assert read_of(plan, _TABLES["participant"]) <= 2 * (OWN + 1)
        for node in nodes_of(plan):
            # All that one has is sorted by what orders it, and nothing else is with it.
            if node["Node Type"] == "Sort" and node["Plans"][0]["Actual Rows"] > 20 * FIRST_PARTICIPANTS:
                assert node["Plan Width"] <= KEY_BYTES, json.dumps(node, indent=1)
                widths.append(node["Plan Width"])
    assert widths


def test_the_inbox_reads_the_first_participants_and_no_others(crowd: Crowd) -> None:
    plans = plans_of(crowd, "get", "/api/conversations/?limit=20")
    tables = _TABLES["participant"], _TABLES["conversation"]
    (plan,) = (plan for plan in plans if [bool(read_of(plan, table)) for table in tables] == [True, False])
    # Once in their order, and once by their keys.
    assert read_of(plan, _TABLES["participant"]) <= 2 * 20 * FIRST_PARTICIPANTS


def test_the_badge_reads_no_message(crowd: Crowd) -> None:
    for plan in plans_of(crowd, "get", "/api/unread/"):
        refuse_reading_all(plan, sorted_rows=0)
        assert read_of(plan, _TABLES["message"]) == 0
        assert read_of(plan, _TABLES["participant"]) == OWN + 1


def test_a_message_is_read_by_its_key(crowd: Crowd) -> None:
    for address in (f"/api/conversations/{crowd.large}/messages/", "/api/messages/"):
        for plan in plans_of(crowd, "get", f"{address}{crowd.message.pk}/"):
            refuse_reading_all(plan, sorted_rows=1)
            assert read_of(plan, _TABLES["message"]) <= TOUCHED_PER_ROW


def test_sync_reads_what_it_shows(crowd: Crowd) -> None:
    first = crowd.client.post("/api/sync/", {}, format="json").json()
    while first["more"]:
        first = crowd.client.post("/api/sync/", {"cursor": first["cursor"]}, format="json").json()
    for body in ({}, {"cursor": first["cursor"], "heads": {str(crowd.large): 0}}):
        for plan in plans_of(crowd, "post", "/api/sync/", body):
            # A client that has nothing gets one's own conversations in order, and ten of each one's participants.
            refuse_reading_all(plan, sorted_rows=max(OWN + 1, 50 * FIRST_PARTICIPANTS))
            assert read_of(plan, _TABLES["message"]) <= TOUCHED_PER_ROW * 51


def test_a_rare_word_reads_where_it_stands(crowd: Crowd) -> None:
    plans = plans_of(crowd, "get", "/api/search/?q=seldom")
    found = get_message_model()._default_manager.filter(message_body__contains="seldom").count()
    for plan in plans:
        refuse_reading_all(plan, sorted_rows=found)
        # By the index, by key, and as what is shown.
        assert read_of(plan, _TABLES["message"]) <= TOUCHED_PER_ROW * found


def test_a_frequent_word_reads_what_was_said_lately(crowd: Crowd) -> None:
    # Of the large conversation its end; what was looked at is not looked for again.
    latest = OWN * SMALL + MOST_OF_ONE
    for plan in plans_of(crowd, "get", "/api/search/?q=frequently"):
        refuse_reading_all(plan, sorted_rows=latest)
        assert read_of(plan, _TABLES["message"]) <= latest + TOUCHED_PER_ROW * 101
