"""Stale state + events = fresh state: a client that loads once and then lives on frames alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from django.contrib.auth import get_user_model

from django_convo.api.base import rendered
from django_convo.api.frames import render_frames
from django_convo.models import Participant, get_conversation_model
from django_convo.selectors import decorate, decorate_messages, read_log
from django_convo.selectors.messages import find_conversation, readable
from django_convo.selectors.people import find_participants
from tests.recount import assert_counts
from tests.shown import Shown, without_pointers


class Client(Shown):
    """What one member's client shows of a conversation."""

    def __init__(self, viewer: Any, key: Any) -> None:
        self.viewer = viewer
        self.key = key
        self.context: dict[str, Any] = {"request": SimpleNamespace(user=viewer)}
        row = find_conversation(viewer, key)
        decorate(viewer, [row])
        shown = rendered("conversation", row, context=self.context)
        messages = list(readable(viewer).filter(conversation=key).order_by("seq"))
        decorate_messages(viewer, messages)
        super().__init__(
            shown,
            participants=[
                rendered("participant", participant, context=self.context)
                for participant in find_participants(viewer, row).order_by("pk")
            ],
            messages=[rendered("message", message, context=self.context) for message in messages],
            oldest=Participant.objects.get(conversation=key, user=viewer).visible_from_seq,
        )
        assert [without_pointers(item) for item in shown["participants"]] == list(self.participants.values())[:10]
        last = shown["last_message"]
        assert (last and last["message_id"]) == (list(self.messages)[-1] if self.messages else None)

    def catch_up(self) -> list[dict[str, Any]]:
        """Read what followed and apply it; the frames come back."""
        row = find_conversation(self.viewer, self.key)
        log = read_log(self.viewer, row, after=self.event_seq, limit=10_000)
        assert not log.limited
        frames = render_frames(log.events, conversations={row.pk: row}, context=self.context)
        assert [frame["event_seq"] for frame in frames] == list(range(self.event_seq + 1, log.head + 1))
        for frame in frames:
            self.apply(frame)
        return frames


def clients_of(key: Any) -> list[Client]:
    """Load a client for each participant."""
    users = [row.user for row in Participant.objects.filter(conversation=key).select_related("user")]
    return [Client(user, key) for user in users]


def assert_caught_up(clients: Iterable[Client], *, gone: Iterable[Any] = ()) -> None:
    """Assert that each client who is still a member, after reading the log, shows what a fresh one does.

    A user who had left before leaves no trace in the log when the account goes; `gone` are the keys of such.
    """
    for stale in clients:
        membership = Participant.objects.filter(conversation=stale.key, user=stale.viewer.pk).first()
        if membership is None or membership.joined_event_seq > stale.event_seq + 1:
            continue
        if not get_conversation_model()._default_manager.live().filter(pk=stale.key).exists():
            continue
        frames = stale.catch_up()
        fresh = Client(get_user_model()._default_manager.get(pk=stale.viewer.pk), stale.key)
        for key in gone:
            stale.forget(str(key))
        assert stale.state() == fresh.state()
        # Unread: two figures of the server's, never a sum of the client's.
        assert stale.count_seq - fresh.own["membership"]["read_count_seq"] == fresh.own["unread_count"]
        for frame in frames:
            stale.apply(frame)
        for key in gone:
            stale.forget(str(key))
        assert stale.state() == fresh.state(), "applied twice, the frames changed something"


@contextmanager
def replayed(conversation: Any, *, oldest: int = 1) -> Iterator[None]:
    """Around an action: every counter equals its recount, and every member's stale client catches up."""
    clients = clients_of(conversation.pk)
    assert clients
    yield
    assert_counts(conversation.pk, oldest=oldest)
    assert_caught_up(clients)


__all__ = ["Client", "assert_caught_up", "clients_of", "replayed"]
