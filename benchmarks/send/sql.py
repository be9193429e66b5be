"""SQL alone: the statement of a send, by pgbench, beside plain INSERTs and beside a lock and five round trips."""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection
from tests.people import make_user

from django_convo.actions.messages.one_statement import COLUMN, send_statement
from django_convo.models import Participant, get_conversation_model
from django_convo.selectors.kept import Slot

CONVERSATIONS = 10_000

_KEY = "('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid"
_NEW = "gen_random_uuid()"
# Not a function: what may change from row to row is compared with each, past the index.
_CLIENT_ID = ":r::text"
_INSERT = (
    "INSERT INTO django_convo_message (message_id, conversation_id, sender_id, message_body, sent_at, seq, count_seq,"
    " kind, reply_count, metadata) VALUES ({id}, {key}, '{actor}', 'hello there', now(), {seq}, 1, 'user', 0, '{{}}')"
)
_LOCKED = """BEGIN;
SELECT last_seq + 1 AS seq, event_seq + 1 AS event FROM django_convo_conversation
 WHERE conversation_id = {key} FOR NO KEY UPDATE \\gset
{insert};
INSERT INTO django_convo_event (conversation_id, event_seq, type, actor_id, seq, payload, created_at)
 VALUES ({key}, :event, 'message.created', '{actor}', :seq, '{{}}', now());
UPDATE django_convo_conversation SET last_seq = :seq, count_seq = count_seq + 1, event_seq = :event,
 changed_at = now(), last_message_at = now() WHERE conversation_id = {key};
UPDATE django_convo_participant SET last_read_seq = :seq, read_count_seq = :seq, last_delivered_seq = :seq
 WHERE conversation_id = {key} AND user_id = '{actor}';
COMMIT;"""


def run(options: argparse.Namespace) -> None:
    """Print messages a second of each."""
    actor = make_user("writer").pk
    _make_conversations(actor)
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE IF NOT EXISTS bench_seq START 1000000000")
    for title, many in (("many conversations", CONVERSATIONS), ("one hot conversation", 1)):
        figures: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for name, script in _scripts(actor, many).items():
                figures.setdefault(name, []).append(_pgbench(script, options))
        floor = median(figures["plain INSERT"])
        print(f"\nSQL alone, {options.writers} writers, {title}: messages a second")
        for name, rates in figures.items():
            print(f"  {name:34} {median(rates):8.0f}   {median(rates) / floor:6.1%}")


def _make_conversations(actor: Any) -> None:
    model: Any = get_conversation_model()
    keys = [f"00000000-0000-7000-8000-{number:012}" for number in range(1, CONVERSATIONS + 1)]
    model._default_manager.bulk_create([model(pk=key, participant_count=3) for key in keys], batch_size=1000)
    Participant.objects.bulk_create([Participant(conversation_id=key, user_id=actor) for key in keys], batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _scripts(actor: Any, many: int) -> dict[str, str]:
    names = {"key": _KEY, "actor": actor, "id": _NEW}
    choose = f"\\set n random(1, {many})\n\\set r random(1, 9000000000000000000)\n"
    return {
        "plain INSERT": choose + _INSERT.format(seq="nextval('bench_seq')", **names) + ";",
        "ours, one statement": choose + _ours(actor, is_repeatable=False) + ";",
        "ours, with a client_id": choose + _ours(actor, is_repeatable=True) + ";",
        "SELECT FOR UPDATE and four more": choose
        + _LOCKED.format(insert=_INSERT.format(seq=":seq", **names), key=_KEY, actor=actor),
    }


def _ours(actor: Any, *, is_repeatable: bool) -> str:
    """Return the very statement of `actions.send_message`, with what pgbench can bind in the place of values."""
    roles = frozenset({"owner", "moderator", "member"})
    statement = send_statement("default", roles, is_repeatable=is_repeatable, is_answer=False)
    values = {
        "conversation": _KEY,
        "actor": f"'{actor}'::uuid",
        "now": "now()",
        "message_id": _NEW,
        "client_id": _CLIENT_ID if is_repeatable else "NULL",
        "payload": '\'{"message_id": "018f0000-0000-7000-8000-000000000000"}\'::jsonb',
        COLUMN + "message_id": _NEW,
        COLUMN + "sender_id": f"'{actor}'::uuid",
        COLUMN + "message_body": "'hello there'",
        COLUMN + "kind": "'user'",
        COLUMN + "reply_count": "0",
        COLUMN + "metadata": "'{}'::jsonb",
        COLUMN + "client_id": _CLIENT_ID if is_repeatable else "NULL",
    }
    given = iter(statement.parameters)

    def bound(_match: Any) -> str:
        item = next(given)
        if isinstance(item, Slot):
            return values.get(item.name, "NULL")
        return f"'{item}'" if isinstance(item, str) else str(int(item))

    return re.sub("%s", bound, statement.sql)


def _pgbench(script: str, options: argparse.Namespace) -> float:
    settings = connection.settings_dict
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "send.sql")
        path.write_text(script)
        command = ["pgbench", "-n", "-M", "prepared", "-f", str(path), "-c", str(options.writers), "-j", "2"]
        command += ["-T", str(options.seconds), "-h", settings["HOST"], "-U", settings["USER"], settings["NAME"]]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", printed)
    if found is None or not re.search(r"failed transactions: 0 ", printed):
        raise RuntimeError(printed)
    return float(found[1])
