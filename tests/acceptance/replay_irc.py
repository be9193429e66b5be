"""Play ten real hours of IRC through the example project's REST API, read them back, and print what differs.

    python -m tests.acceptance.replay_irc <folder of data> [--history all|none] [--lines N] [--base-url URL]

Ends with status 0 only if something was played and nothing differs. `DATABASE_URL` is passed on, so that the same
replay runs on PostgreSQL and MariaDB; without it each run has a SQLite file of its own.
"""

from __future__ import annotations

import argparse
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar, get_args

from tests.acceptance.changes import check_events, check_sync, check_sync_of_a_change, check_sync_of_the_departed
from tests.acceptance.client import SERVER_ERRORS, Account, Api, Directory
from tests.acceptance.counts import check_badge, check_detail, check_inbox, move_marks
from tests.acceptance.expect import History, Sent
from tests.acceptance.journal import Journal
from tests.acceptance.parse import Log, read_logs
from tests.acceptance.play import Player
from tests.acceptance.readback import readers
from tests.acceptance.server import example_project, show_end

Item = TypeVar("Item")
# Two processes over one database: what one wrote, the other must read.
SERVERS = 2


def in_parallel(work: Callable[[Item], None], items: Iterable[Item], workers: int, journal: Journal) -> None:
    """Do the work on each item in threads; one that breaks off is a difference, and the others go on."""

    def guarded(item: Item) -> None:
        try:
            work(item)
        except Exception as error:
            journal.differ("broken off", f"{error!r}\n{traceback.format_exc(limit=-3)}")

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(guarded, items))


def read_back(players: list[Player], directory: Directory, workers: int, journal: Journal) -> None:
    """Compare everything with the books; reading marks move last."""
    api = directory.api
    stranger = directory.account("stranger-to-all")
    # Nothing moves in these, so that every order is right.
    everybody = list(directory.by_id.values())
    in_parallel(lambda account: check_badge(api, account, players), everybody, workers, journal)
    chosen = [reader for player in players for reader in readers(player, stranger)]
    in_parallel(lambda reader: reader.read(), chosen, workers, journal)
    inside = [reader for reader in chosen if reader.account.user_id in reader.book.members]
    accounts = {reader.account.user_id: reader.account for reader in chosen}
    in_parallel(lambda account: check_inbox(api, account, players), accounts.values(), workers, journal)
    in_parallel(check_detail, inside, workers, journal)
    in_parallel(check_events, inside, workers, journal)
    in_parallel(lambda player: departures(player, directory), players, workers, journal)
    in_parallel(lambda player: one_more(player, players, stranger), players, 1, journal)
    in_parallel(move_marks, inside, workers, journal)
    in_parallel(lambda account: check_badge(api, account, players), accounts.values(), workers, journal)


def departures(player: Player, directory: Directory) -> None:
    """Ask those who left, and kept a cursor from before."""
    for user_id in player.cursors:
        if user_id in player.book.departed:
            player.journal.count("departures told by sync")
            check_sync_of_the_departed(player, directory.by_id[user_id])


def one_more(player: Player, players: list[Player], stranger: Account) -> None:
    """Send one more message, and see that `sync` tells each reader of it."""
    inside = [r for r in readers(player, stranger) if r.account.user_id in player.book.members]
    cursors = [check_sync(reader, players) for reader in inside]
    path = f"{player.path}/messages/"
    head = player.api.expect(200, "GET", path, account=player.owner, params={"limit": 1})["event_seq"]
    body = "one more, after all was read back"
    sent = player.api.expect(201, "POST", path, account=player.owner, json={"message_body": body})
    player.book.send(
        Sent(
            seq=sent["seq"],
            message_id=sent["message_id"],
            sender_id=player.owner.user_id,
            body=body,
            client_id="",
            reply_to=None,
            is_action=False,
        )
    )
    for reader, cursor in zip(inside, cursors, strict=True):
        check_sync_of_a_change(reader, cursor, head, sent["seq"])


def replay(base_urls: Sequence[str], logs: Sequence[Log], history: History, workers: int) -> Journal:
    """Play all logs, one thread for each, and read them back."""
    journal = Journal()
    api = Api(base_urls, journal)
    directory = Directory(api, uuid.uuid4().hex[:12])
    players = [
        Player(api=api, directory=directory, log=log, kind=("channel", "group")[number % 2], history=history)
        for number, log in enumerate(logs)
    ]
    started = time.perf_counter()
    in_parallel(lambda player: player.play(), players, workers, journal)
    played = time.perf_counter() - started
    messages, requests = journal.counts["messages"], journal.counts["requests"]
    print(
        f"  played {messages} messages in {played:.1f} s: {messages / played:.0f} messages/s, "
        f"{requests / played:.0f} requests/s with registering, joining and reading",
        flush=True,
    )
    read_back(players, directory, workers, journal)
    print(f"  read back in {time.perf_counter() - started - played:.1f} s", flush=True)
    return journal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the replay under each history setting; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.replay_irc", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with *.raw.txt and *.annotation.txt")
    parser.add_argument("--history", choices=get_args(History), help="this setting alone (default: both, in turn)")
    parser.add_argument("--lines", type=int, help="play only the first so many lines of each log")
    parser.add_argument("--workers", type=int, default=8, help="threads, each playing one log at a time")
    parser.add_argument(
        "--base-url", action="append", help="a running example project, set as --history says; may be repeated"
    )
    options = parser.parse_args(arguments)
    if options.base_url and not options.history:
        parser.error("--base-url needs --history: the setting that the running example project has")
    logs = read_logs(options.folder, lines=options.lines)
    if not logs:
        parser.error(f"no *.raw.txt in {options.folder}")
    passed = []
    for history in [options.history] if options.history else get_args(History):
        print(f"EXAMPLE_HISTORY={history}: {len(logs)} logs", flush=True)
        running = nullcontext((options.base_url, None)) if options.base_url else example_project(history, SERVERS)
        with running as (base_urls, log):
            journal = replay(base_urls, logs, history, options.workers)
            passed.append(journal.report("messages", "messages read back"))
            if log is not None and journal.counts[SERVER_ERRORS]:
                show_end(log)
    return 0 if all(passed) else 1


if __name__ == "__main__":
    raise SystemExit(main())
