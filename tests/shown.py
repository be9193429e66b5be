"""What a client shows of one conversation: loaded once over REST, then living on frames alone. Knows only JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# One's own state, which travels by `membership.updated` and `sync`.
OWN = {"membership", "unread_count", "mention_count", "capabilities"}
# What a client draws from the frames of messages and participants.
DRAWN = {"participants", "last_message", "last_message_at", "last_seq", "count_seq", "event_seq"}


class Shown:
    """A conversation in one member's client.

    `snapshot` is the conversation as REST shows it to them, `oldest` the number of the first message they may see.
    """

    def __init__(
        self,
        snapshot: dict[str, Any],
        *,
        participants: Iterable[dict[str, Any]],
        messages: Iterable[dict[str, Any]],
        oldest: int,
    ) -> None:
        self.oldest = oldest
        self.own = {name: snapshot[name] for name in OWN}
        self.conversation = {name: value for name, value in snapshot.items() if name not in OWN | DRAWN}
        self.last_seq, self.count_seq = snapshot["last_seq"], snapshot["count_seq"]
        self.event_seq = snapshot["event_seq"]
        self.last_message_at = snapshot["last_message_at"]
        self.participants = {str(card["user"]["user_id"]): without_pointers(card) for card in participants}
        self.messages = {str(message["message_id"]): as_in_frames(message) for message in messages}

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
