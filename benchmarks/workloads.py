"""What is asked of whom: a workload is one question, put to each contestant in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.calls import Request
from benchmarks.data import Cast, Size

OURS, FLOOR, NAIVE, TUNED = "ours", "floor", "naive", "tuned"
_INBOX = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """A read, as each contestant is asked for it; who is missing has no such thing."""

    name: str
    title: str
    requests: Mapping[str, Request]
    # What the answers of some lack, beside ours.
    lacks: Mapping[str, str]


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
            requests=_ask(messages, cast.reader),
            lacks=_NO_EXTRAS,
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
    ]


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
