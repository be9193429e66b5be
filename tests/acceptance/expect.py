"""The replay's own book of one conversation: who may see what and what is unread, recounted from the definition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

History = Literal["all", "none"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A message as it must read back."""

    seq: int
    message_id: str
    sender_id: str
    body: str
    client_id: str
    reply_to: int | None
    is_action: bool


@dataclass(kw_only=True, slots=True)
class Member:
    """One person's place: the last `seq` before they came, the first they may see, and the last they have read."""

    joined_after: int
    visible_from: int
    last_read: int


@dataclass(kw_only=True, slots=True)
class Book:
    """One conversation as it should be; the methods say what each step does to it."""

    conversation_id: str
    history: History
    owner_id: str
    messages: list[Sent] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    departed: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)

    @property
    def last_seq(self) -> int:
        """Return the `seq` of the newest message, 0 where there is none."""
        return len(self.messages)

    def join(self, user_id: str) -> None:
        """Let a newcomer in: the pointer stands at the end; with history `none` they see what comes from now on."""
        first = 1 if self.history == "all" else self.last_seq + 1
        self.members[user_id] = Member(joined_after=self.last_seq, visible_from=first, last_read=self.last_seq)
        if user_id in self.departed:
            self.departed.remove(user_id)
            self.returned.add(user_id)

    def leave(self, user_id: str) -> None:
        """Let a member out: from now on they see nothing."""
        del self.members[user_id]
        self.departed.add(user_id)

    def send(self, message: Sent) -> None:
        """Add a message; the sender has read up to it."""
        self.messages.append(message)
        self.members[message.sender_id].last_read = message.seq

    def mark_read(self, user_id: str, seq: int | None = None) -> None:
        """Move a pointer forward, never back, and not beyond the end."""
        member = self.members[user_id]
        target = self.last_seq if seq is None else min(seq, self.last_seq)
        member.last_read = max(member.last_read, target)

    def mark_unread(self, user_id: str, seq: int) -> None:
        """Make this message the first unread one."""
        self.members[user_id].last_read = seq - 1

    def may_see(self, user_id: str, seq: int) -> bool:
        """Say whether this person may see this message now."""
        return user_id in self.members and seq >= self.members[user_id].visible_from

    def visible(self, user_id: str) -> list[Sent]:
        """Return what this person may see, the oldest first."""
        return [message for message in self.messages if self.may_see(user_id, message.seq)]

    def unread(self, user_id: str) -> int:
        """Recount: messages by others, after the pointer, that this person may see."""
        member = self.members[user_id]
        after = max(member.last_read, member.visible_from - 1)
        return sum(1 for message in self.messages[after:] if message.sender_id != user_id)
