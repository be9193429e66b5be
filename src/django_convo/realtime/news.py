"""What the hub asks of the database, and what it is told: shapes that pass between its loop and its threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django_convo.selectors.connections import Sight


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What the hub knows of a conversation, and whom it would deliver to."""

    conversation_id: UUID
    delivered: int
    membership_version: int
    users: frozenset[Any]
    # Everybody who is connected to the hub: some may see it since now.
    everyone: frozenset[Any] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One event as text: for those who may see it, for those who may not, and for the message's sender.

    `allowed` are the users whom the policy lets see the message; None: those who see its number.
    """

    event_seq: int
    seq: int | None
    text: str | None
    hidden: str
    sender: Any
    own: str | None
    allowed: frozenset[Any] | None


@dataclass(kw_only=True, slots=True)
class News:
    """What is new in a conversation.

    `sights` is None where who sees what is as it was, else who sees it now of those `asked` about. `is_gone`: it is
    there for nobody any more. `has_gap`: the log does not reach back to what was delivered. `own` are the users whose
    own state may have changed, `newcomers` those connected who see it and did not.
    """

    conversation_id: UUID
    head: int
    membership_version: int
    deliveries: list[Delivery] = field(default_factory=list)
    sights: dict[Any, Sight] | None = None
    asked: frozenset[Any] = frozenset()
    has_gap: bool = False
    has_more: bool = False
    is_gone: bool = False
    own: set[Any] = field(default_factory=set)
    newcomers: set[Any] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnState:
    """A user's own state in a conversation as text, and since when it is so."""

    sight: Sight
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """A conversation that a user sees and did not before, as text."""

    sight: Sight
    text: str
    event_seq: int
    membership_version: int
