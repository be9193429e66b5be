"""A conversation as the hub knows it: how far it is delivered, and who of those connected here sees what of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django_convo.selectors.connections import Sight

from .sessions import Session


class Topic:
    """One conversation in which somebody takes part who is connected here."""

    __slots__ = ("_routes", "delivered", "key", "membership_version", "participant_count", "sights", "told_at")

    def __init__(self, key: UUID, delivered: int, membership_version: int) -> None:
        self.key = key
        # The last event that was delivered, or that was there when the first of them connected.
        self.delivered = delivered
        self.membership_version = membership_version
        # As of the last delivery; 0 where there was none yet.
        self.participant_count = 0
        self.sights: dict[Any, Sight] = {}
        # When each of them was last told of their own state, by the row's own time.
        self.told_at: dict[Any, datetime] = {}
        self._routes: list[tuple[Session, Sight]] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody here takes part."""
        return not self.sights

    def know(self, sight: Sight) -> None:
        """Note what a user sees of it."""
        known = self.sights.get(sight.user_id)
        self.told_at.setdefault(sight.user_id, sight.updated_at)
        if known is None or _bounds(known) != _bounds(sight):
            self.sights[sight.user_id] = sight
            self._routes = None

    def tell(self, sight: Sight) -> None:
        """Note what a user sees of it, and that they are told of their own state as it is there."""
        self.know(sight)
        self.told_at[sight.user_id] = sight.updated_at

    def is_news_to(self, sight: Sight) -> bool:
        """Say whether a user has not been told of their own state as it is there."""
        told_at = self.told_at.get(sight.user_id)
        return told_at is None or sight.updated_at > told_at

    def forget(self, key: Any) -> None:
        """Note that a user sees it no longer, or is connected no longer."""
        self.sights.pop(key, None)
        self.told_at.pop(key, None)
        self._routes = None

    def changed(self) -> None:
        """Note that somebody has connected or gone."""
        self._routes = None

    def routes(self, sessions: Mapping[Any, set[Session]]) -> list[tuple[Session, Sight]]:
        """Return whom to deliver to, each session with what its user sees; worked out once after each change."""
        if self._routes is None:
            self._routes = [
                (session, sight)
                for key, sight in self.sights.items()
                for session in sessions.get(key, ())
                if self.key in session.conversations
            ]
        return self._routes


def _bounds(sight: Sight) -> tuple[int, int]:
    return sight.visible_from_seq, sight.joined_event_seq
