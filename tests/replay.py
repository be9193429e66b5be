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
from django_convo.selectors import decorate, read_log
from django_convo.selectors.messages import find_conversation, readable
from django_convo.selectors.people import find_participants
from tests.recount import assert_counts

# One's own state, which travels by `membership.updated` and `sync`.
OWN = {"membership", "unread_count", "mention_count", "capabilities"}
# What a client draws from the frames of messages and participants.
DRAWN = {"participants", "last_message", "last_message_at", "last_seq", "count_seq", "event_seq"}


class Client:
    """What one member's client shows of a conversation."""

    def __init__(self, viewer: Any, key: Any) -> None:
        self.viewer = viewer
        self.key = key
        self.context: dict[str, Any] = {"request": SimpleNamespace(user=viewer)}
        row = find_conversation(viewer, key)
        decorate(viewer, [row])
        shown = rendered("conversation", row, context=self.context)
        self.own = {name: shown[name] for name in OWN}
        self.conversation = {name: value for name, value in shown.items() if name not in OWN | DRAWN}
        self.last_seq, self.count_seq, self.event_seq = shown["last_seq"], shown["count_seq"], shown["event_seq"]
        self.last_message_at = shown["last_message_at"]
        self.participants: dict[str, Any] = {}
        for participant in find_participants(viewer, row).order_by("pk"):
            card = rendered("participant", participant, context=self.context)
            self.participants[str(card["user"]["user_id"])] = card
        self.messages = {
            str(message.pk): as_in_frames(rendered("message", message, context=self.context))
            for message in readable(viewer).filter(conversation=key).order_by("seq")
        }
        assert shown["participants"] == list(self.participants.values())[:10]
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

    def apply(self, frame: dict[str, Any]) -> None:
        """Apply one frame, as the contract tells clients to."""
        self.event_seq = max(self.event_seq, frame["event_seq"])
        if frame["type"] == "hidden":
            return
        self.count_seq = max(self.count_seq, frame["count_seq"])
        data = frame["data"]
        noun, _, change = frame["type"].partition(".")
        if noun == "conversation":
            self.conversation = dict(data["conversation"])
        elif noun == "message":
            self.messages[data["message"]["message_id"]] = data["message"]
            self.last_seq = max(self.last_seq, frame["seq"])
            self.last_message_at = max(self.last_message_at, data["message"]["sent_at"])
        elif noun == "participant":
            self.conversation["participant_count"] = data["participant_count"]
            key = str(data["user_id"])
            if change == "removed":
                self.participants.pop(key, None)
                if data["user"] is None:
                    self.forget(key)
            elif data["user"] is not None:
                self.participants[key] = {"user": data["user"], "role": data["role"]}

    def forget(self, key: str) -> None:
        """Take the name of a user who is gone off what they wrote and made."""
        for message in self.messages.values():
            if message["sender"] is not None and str(message["sender"]["user_id"]) == key:
                message["sender"] = None
        creator = self.conversation["created_by"]
        if creator is not None and str(creator["user_id"]) == key:
            self.conversation["created_by"] = None

    def state(self) -> dict[str, Any]:
        """Return everything that is shared between those who see the conversation."""
        return {
            "conversation": self.conversation,
            "participants": list(self.participants.items()),
            "messages": self.messages,
            "counters": (self.last_seq, self.count_seq, self.event_seq),
            "last_message_at": self.last_message_at,
        }


def as_in_frames(message: dict[str, Any]) -> dict[str, Any]:
    """Reduce what REST shows of a quoted message to what a frame names of it."""
    quoted = message["reply_to"]
    if quoted is not None:
        message["reply_to"] = {"message_id": quoted["message_id"], "seq": quoted["seq"]}
    return message


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
def replayed(conversation: Any) -> Iterator[None]:
    """Around an action: every counter equals its recount, and every member's stale client catches up."""
    clients = clients_of(conversation.pk)
    assert clients
    yield
    assert_counts(conversation.pk)
    assert_caught_up(clients)


__all__ = ["Client", "assert_caught_up", "clients_of", "replayed"]
