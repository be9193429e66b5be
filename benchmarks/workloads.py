"""What is asked of whom: a workload is one question, put to each contestant in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from django.core import signing

from benchmarks.calls import Request
from benchmarks.data import Cast, Size
from benchmarks.talk import COMMON
from django_convo.conf import settings

OURS, FLOOR, NAIVE, TUNED = "ours", "floor", "naive", "tuned"
# The floor where it looks, as ours does, for what might stand beside messages and does not.
LOOKING = "floor+"
_INBOX = 20
# How old the cursor of the returning user is, as far as the log still reaches.
_AWAY = timedelta(days=20)
_REMEMBERED = settings.EVENT_RETENTION - timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """A read, as each contestant is asked for it; who is missing has no such thing."""

    name: str
    title: str
    requests: Mapping[str, Request]
    # What the answers of some lack, beside ours.
    lacks: Mapping[str, str]
    # Whether those who are no floor show the same rows in the same order.
    is_alike: bool = True


_NO_EXTRAS = {
    FLOOR: "does not look for files, reactions, mentions and pins: there are none",
    NAIVE: "as the floor; counts all rows for its pages",
    TUNED: "as the floor; no links to the neighbours",
}
_FULL = {
    NAIVE: "reactions one by one, no signed addresses",
    TUNED: "reactions one by one, no signed addresses, no links to the neighbours",
}
_INBOX_LACKS = {
    NAIVE: "no membership, capabilities, mentions, receipts, drafts; last message without what stands beside it",
    TUNED: "as naive; no link to the next page",
}


def reads(cast: Cast, size: Size) -> list[Workload]:
    """Return the reads, in the order in which they are printed."""
    messages, full = f"conversations/{cast.deep}/messages/", f"conversations/{cast.full}"
    deep = cast.deep_length - size.far
    return [
        _inbox("inbox", "inbox: 20 conversations of 20", cast.reader),
        _inbox("inbox_busy", f"inbox: 20 conversations of {size.busy:,}", cast.busy),
        Workload(
            name="newest",
            title="the newest 50 messages",
            requests={
                **_ask(messages, cast.reader),
                LOOKING: Request(path=f"/floor/conversations/{cast.deep}/full/", user=cast.reader),
            },
            lacks=_NO_EXTRAS | {LOOKING: "looks for them"},
        ),
        Workload(
            name="full",
            title="the newest 50 messages, everything on",
            requests={
                **_ask(f"{full}/full/", cast.reader),
                OURS: Request(path=f"/api/{full}/messages/", user=cast.reader),
            },
            lacks=_FULL,
        ),
        Workload(
            name="deep",
            title=f"50 messages, {size.far:,} deep",
            requests={
                **_ask(messages, cast.reader, f"before={deep + 1}"),
                NAIVE: Request(path=f"/naive/{messages}", user=cast.reader, query=f"offset={size.far}"),
            },
            lacks=_NO_EXTRAS,
        ),
        Workload(
            name="around",
            title="50 messages around one",
            requests=_ask(messages, cast.reader, f"around={deep}", without=NAIVE),
            lacks=_NO_EXTRAS | {NAIVE: "has no such thing"},
        ),
        Workload(
            name="unread",
            title="total unread, 20 conversations",
            requests=_ask("unread/", cast.reader),
            lacks={NAIVE: "no mentions, muted and archived count", TUNED: "as naive"},
        ),
        Workload(
            name="unread_busy",
            title=f"total unread, {size.busy:,} conversations",
            # Naive asks once for each conversation.
            requests=_ask("unread/", cast.busy, without=NAIVE),
            lacks={NAIVE: f"left out: {size.busy:,} queries", TUNED: "no mentions, muted and archived count"},
        ),
        _sync(cast, size),
        _search("search_rare", "search, a rare word", cast, cast.rare_words[7], "search/"),
        _search("search_frequent", "search, a frequent word", cast, COMMON, "search/walk/"),
    ]


def _sync(cast: Cast, size: Size) -> Workload:
    """Return a client's return: its cursor is some weeks old, and it knows where it stood in each conversation."""
    made_at = datetime.fromisoformat(cast.made_at).replace(tzinfo=timezone.utc)
    since = max(made_at - _AWAY, datetime.now(timezone.utc) - _REMEMBERED)
    cursor = signing.dumps(
        [settings.EPOCH, since.isoformat(), None, None, None], salt=f"django_convo.sync:{cast.returning}"
    )
    body = {"cursor": cursor, "heads": dict.fromkeys(cast.missed_in, 10)}
    return Workload(
        name="sync",
        title=f"sync after {len(cast.missed_in) * size.missed:,} missed events",
        requests={
            name: Request(path=f"/{door}/sync/", user=cast.returning, method="POST", body=body)
            for name, door in ((FLOOR, "floor"), (OURS, "api"))
        },
        lacks={
            FLOOR: "knows the events of messages alone",
            NAIVE: "has no such thing: reloads",
            TUNED: "has no such thing: reloads",
        },
        is_alike=False,
    )


def _search(name: str, title: str, cast: Cast, word: str, floor: str) -> Workload:
    return Workload(
        name=name,
        title=title,
        requests={
            FLOOR: Request(path=f"/floor/{floor}", user=cast.reader, query=f"q={word}"),
            NAIVE: Request(path="/naive/search/", user=cast.reader, query=f"q={word}"),
            OURS: Request(path="/api/search/", user=cast.reader, query=f"q={word}"),
        },
        lacks={
            FLOOR: "is told whether the word is rare",
            NAIVE: "LIKE; no highlights, no order but time, counts all matches",
            TUNED: "no search of its own",
        },
        is_alike=False,
    )


def _inbox(name: str, title: str, user: str) -> Workload:
    return Workload(
        name=name,
        title=title,
        requests=_ask("conversations/", user, f"limit={_INBOX}"),
        lacks=_INBOX_LACKS,
    )


def _ask(path: str, user: str, query: str = "", *, without: str = "") -> dict[str, Request]:
    doors = {FLOOR: "floor", NAIVE: "naive", TUNED: "tuned", OURS: "api"}
    return {
        name: Request(path=f"/{door}/{path}", user=user, query=query)
        for name, door in doors.items()
        if name != without
    }
