"""Sends, one after the other: to one conversation and to many, to two people and to thousands.

Each contestant writes into the same tables, through its own door. `floor` is one statement on PostgreSQL. What grows
is the data set itself: it stays right, and with `--fresh` is made anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from benchmarks.calls import Caller, Request
from benchmarks.data import SIZES, Cast, Size, data_set
from benchmarks.options import add_options, prepared
from benchmarks.report import Folder, table
from benchmarks.rounds import Figures, compare_calls
from benchmarks.same import differences

DOORS = {"floor": "floor", "naive": "naive", "ours": "api"}
BODY = "The lighthouse keeper said that the boat would come tomorrow before noon, weather permitting"
LACKS = {
    "floor": "no policy, blocks, sanctions, retries, quotes, files, mentions, hooks",
    "naive": "no log, policy, blocks, sanctions, retries, quotes, files, mentions, hooks",
}
# What no two sends have in common.
_OWN = frozenset({"message_id", "seq", "sent_at", "client_id", "message_body"})


def main(arguments: list[str]) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks sends", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    size, folder = SIZES[options.size], Folder(options.output)
    with prepared(), data_set(size, fresh=options.fresh, keep=not options.drop) as cast:
        check(cast)
        for name, title, conversations in targets(cast, size):
            figures = measure(cast.writer, conversations, options)
            print(table(title, figures, LACKS), flush=True)
            folder.write(name, title, figures, size=size.name, lacks=LACKS)


def targets(cast: Cast, size: Size) -> list[tuple[str, str, Sequence[str]]]:
    """Return where is sent to, by name and title."""
    return [
        ("send_hot", "a send to one conversation", [cast.hot]),
        ("send_many", f"a send to one of {len(cast.many)} conversations of 4", cast.many),
        ("send_pair", "a send to 2 members", [cast.pair]),
        ("send_large", f"a send to {size.members:,} members", [cast.large]),
    ]


def measure(user: str, conversations: Sequence[str], options: argparse.Namespace) -> dict[str, Figures]:
    """Send through each door in turn."""
    caller = Caller()

    def sender(door: str) -> Callable[[int], int]:
        return lambda number: len(caller(new_message(door, user, conversations[number % len(conversations)])).body)

    calls = {name: sender(door) for name, door in DOORS.items()}
    return compare_calls(calls, rounds=options.rounds, seconds=options.seconds)


def new_message(door: str, user: str, conversation: str) -> Request:
    """Return the request that sends a message which no other has been."""
    key = uuid4().hex
    return Request(
        path=f"/{door}/conversations/{conversation}/messages/",
        user=user,
        method="POST",
        body={"message_body": f"{BODY} {key[:6]}", "client_id": key},
    )


def check(cast: Cast) -> None:
    """Ask whether the floor answers a send as we do."""
    caller = Caller()
    ours, floor = (caller(new_message(DOORS[name], cast.writer, cast.hot)).json() for name in ("ours", "floor"))
    found = list(differences(_shared(ours), _shared(floor)))
    if found or ours.keys() != floor.keys():
        raise RuntimeError("The floor answers a send in another way.\n" + "\n".join(found))
    if floor["seq"] != ours["seq"] + 1:
        raise RuntimeError("A send of the floor has not taken the next number.")


def _shared(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in _OWN}
