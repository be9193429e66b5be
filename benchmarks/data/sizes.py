"""How large a data set is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """So many messages of so many users; of the conversations, some are there for one workload each."""

    name: str
    messages: int
    users: int
    conversations: int
    # Messages of the deep conversation, and members of the large one.
    deep: int
    members: int
    # Conversations of the busy user.
    busy: int
    # Conversations of the user who returns, and the events missed in each.
    returning: int
    missed: int

    @property
    def far(self) -> int:
        """How many messages lie above a page deep down."""
        return self.deep // 2


SIZES = {
    size.name: size
    for size in (
        Size(
            name="tiny",
            messages=600,
            users=40,
            conversations=80,
            deep=150,
            members=20,
            busy=24,
            returning=4,
            missed=5,
        ),
        Size(
            name="10k",
            messages=10_000,
            users=1_000,
            conversations=600,
            deep=2_000,
            members=500,
            busy=300,
            returning=10,
            missed=100,
        ),
        Size(
            name="1m",
            messages=1_000_000,
            users=20_000,
            conversations=40_000,
            deep=200_000,
            members=10_000,
            busy=20_000,
            returning=100,
            missed=100,
        ),
        Size(
            name="10m",
            messages=10_000_000,
            users=100_000,
            conversations=200_000,
            deep=200_000,
            members=10_000,
            busy=20_000,
            returning=100,
            missed=100,
        ),
    )
}
