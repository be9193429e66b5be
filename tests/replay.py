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
        self.oldest = Participant.objects.get(conversation=key, user=viewer).visible_from_seq
        self.own = {name: shown[name] for name in OWN}
        self.conversation = {name: value for name, value in shown.items() if name not in OWN | DRAWN}
        self.last_seq, self.count_seq, self.event_seq = shown["last_seq"], shown["count_seq"], shown["event_seq"]
        self.last_message_at = shown["last_message_at"]
        self.participants: dict[str, Any] = {}
        for participant in find_participants(viewer, row).order_by("pk"):
            card = rendered("participant", participant, context=self.context)
            self.participants[str(card["user"]["user_id"])] = card
        messages = list(readable(viewer).filter(conversation=key).order_by("seq"))
        decorate_messages(viewer, messages)
        self.messages = {
            str(message.pk): as_in_frames(rendered("message", message, context=self.context)) for message in messages
        }
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
            self.prune(data.get("oldest_seq", self.oldest))
        elif noun == "message":
            shown = without_signatures(dict(data["message"]))
            if "client_id" in frame:
                shown["client_id"] = frame["client_id"]
            if shown["reply_to"] is not None and shown["reply_to"]["seq"] < self.oldest:
                shown["reply_to"] = None
            self.messages[shown["message_id"]] = shown
            if "thread_root" in data and data["thread_root"]["message_id"] in self.messages:
                self.messages[data["thread_root"]["message_id"]]["reply_count"] = data["thread_root"]["reply_count"]
            self.last_seq = max(self.last_seq, frame["seq"])
            self.last_message_at = max(self.last_message_at, data["message"]["sent_at"])
        elif noun == "reaction":
            self.messages[data["message_id"]]["reactions"] = data["reactions"]
        elif noun == "participant":
            self.conversation["participant_count"] = data["participant_count"]
            key = str(data["user_id"])
            if change == "removed":
                self.participants.pop(key, None)
                if data["user"] is None:
                    self.forget(key)
            elif data["user"] is not None:
                self.participants[key] = {"user": data["user"], "role": data["role"]}

    def prune(self, oldest: int) -> None:
        """Drop the messages before the oldest that is left, and what refers to them."""
        self.oldest = max(self.oldest, oldest)
        gone = {key for key, message in self.messages.items() if message["seq"] < self.oldest}
        self.messages = {key: message for key, message in self.messages.items() if key not in gone}
        for message in self.messages.values():
            if message["thread_root"] in gone:
                message["thread_root"] = None
            if message["reply_to"] is not None and message["reply_to"]["seq"] < self.oldest:
                message["reply_to"] = None

    def forget(self, key: str) -> None:
        """Take the name of a user who is gone off what they wrote and made."""
        for message in self.messages.values():
            if message["sender"] is not None and str(message["sender"]["user_id"]) == key:
                message["sender"] = None
            message["mentions"] = [item for item in message["mentions"] if str(item["user_id"]) != key]
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
    if quoted is not None and quoted["message_id"] is None:
        message["reply_to"] = None
    elif quoted is not None:
        message["reply_to"] = {"message_id": quoted["message_id"], "seq": quoted["seq"]}
    message["reactions"] = [{"emoji": item["emoji"], "count": item["count"]} for item in message["reactions"]]
    if message.get("client_id", "") is None:
        del message["client_id"]
    return without_signatures(message)


def without_signatures(message: dict[str, Any]) -> dict[str, Any]:
    """Take off what differs each time an address is signed."""
    for attachment in message["attachments"]:
        for name in ("url", "thumbnail_url"):
            attachment[name] = attachment[name] and attachment[name].partition("?")[0]
    return message


def without_pointers(participant: dict[str, Any]) -> dict[str, Any]:
    """Take off how far somebody has read, which is told by no numbered event."""
    return {name: value for name, value in participant.items() if not name.endswith("_seq")}


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
