"""Replay the log of a conversation into a state, compare that with the book, and see what `sync` says has changed."""

from __future__ import annotations

from typing import Any

from tests.acceptance.client import Account
from tests.acceptance.play import Player, drain
from tests.acceptance.readback import Reader

EVENTS_PAGE = 150


def read_events(reader: Reader) -> list[dict[str, Any]]:
    """Walk the log as a client does: its position is that of the last frame, or the head."""
    frames: list[dict[str, Any]] = []
    after = 0
    while True:
        answer = reader.api.expect(
            200,
            "GET",
            f"{reader.path}/events/",
            account=reader.account,
            params={"after": after, "limit": EVENTS_PAGE},
        )
        if after == 0:
            # A log that begins later cannot bring someone up to date who has nothing.
            is_newcomer = reader.account.user_id != reader.book.owner_id
            reader.check("limited from the beginning", is_newcomer, answer["limited"])
        else:
            reader.check(f"limited after {after}", False, answer["limited"])
        frames += answer["results"]
        position = answer["results"][-1]["event_seq"] if answer["results"] else answer["head"]
        if position >= answer["head"] or position <= after:
            reader.check("head of the log reached", answer["head"], position)
            return frames
        after = position


def check_events(reader: Reader) -> None:
    """Fold the frames into messages and members; a whole log gives the whole state, a newcomer's its own part."""
    book, user_id = reader.book, reader.account.user_id
    frames = read_events(reader)
    reader.journal.count("events replayed", len(frames))
    numbers = [frame["event_seq"] for frame in frames]
    reader.check("event_seq without gaps", list(range(numbers[0], numbers[0] + len(numbers))), numbers)
    reader.check("conversations of the frames", {book.conversation_id}, {frame["conversation_id"] for frame in frames})
    messages = {f["seq"]: f["data"]["message"] for f in frames if f["type"] == "message.created"}
    expected = list(range(book.members[user_id].joined_after + 1, book.last_seq + 1))
    reader.check("messages by the log", expected, list(messages))
    first = frames[0]
    if user_id == book.owner_id:
        reader.check("the log begins with", (1, "conversation.created"), (first["event_seq"], first["type"]))
        reader.check("members by the log", set(book.members), _members(frames, {user_id}))
    else:
        begins = (first["type"], (first["data"].get("user") or {}).get("user_id"))
        reader.check("the log begins with", ("participant.added", user_id), begins)
    for seq, data in messages.items():
        _compare(reader, seq, data)


def _members(frames: list[dict[str, Any]], members: set[str]) -> set[str]:
    for frame in frames:
        if frame["type"] == "participant.added":
            members.add(frame["data"]["user_id"])
        elif frame["type"] == "participant.removed":
            members.discard(frame["data"]["user_id"])
    return members


def _compare(reader: Reader, seq: int, data: Any) -> None:
    message = reader.book.messages[seq - 1]
    sent = (message.message_id, message.body, message.sender_id, message.reply_to)
    got = (
        data["message_id"],
        data["message_body"],
        data["sender"]["user_id"],
        (data["reply_to"] or {}).get("seq"),
    )
    reader.check(f"message {seq} in the log", sent, got)


def check_sync(reader: Reader, players: list[Player]) -> str:
    """Load everything by `sync`, as a new client does: all one's conversations, nothing else; return the cursor."""
    answers, cursor = drain(reader.api, reader.account)
    user_id = reader.account.user_id
    books = {p.book.conversation_id: p.book for p in players if user_id in p.book.members}
    loaded = {row["conversation_id"]: row for answer in answers for row in answer["conversations"]}
    limited = {identifier for answer in answers for identifier in answer["limited"]}
    reader.check("conversations by sync", set(books), set(loaded) | limited)
    for identifier, row in loaded.items():
        if book := books.get(identifier):
            reader.check(
                f"unread_count, last_seq of {identifier} by sync",
                (book.unread(user_id), book.last_seq),
                (row["unread_count"], row["last_seq"]),
            )
    return cursor


def check_sync_of_a_change(reader: Reader, cursor: str, head: int, seq: int) -> None:
    """After one more message: the snapshot has its count, and the frames after the known head have the message."""
    answers, _ = drain(reader.api, reader.account, cursor)
    identifier = reader.book.conversation_id
    rows = [row for answer in answers for row in answer["conversations"] if row["conversation_id"] == identifier]
    reader.check(
        "snapshot after one more message",
        [(reader.book.unread(reader.account.user_id), seq)],
        [(row["unread_count"], row["last_seq"]) for row in rows[-1:]],
    )
    answer = reader.api.expect(
        200, "POST", "/sync/", account=reader.account, json={"cursor": cursor, "heads": {identifier: head}}
    )
    frames = answer["events"].get(identifier, [])
    reader.check("frames after the head", [("message.created", seq)], [(f["type"], f["seq"]) for f in frames])


def check_sync_of_the_departed(player: Player, account: Account) -> None:
    """Whoever kept a cursor from before leaving is told that the conversation is gone, and nothing of it."""
    answers, _ = drain(player.api, account, player.cursors[account.user_id])
    identifier = player.book.conversation_id
    where = f"{player.log.name} sync of {account.name}, who left"
    removed = [answer for answer in answers if identifier in answer["removed"]]
    player.journal.check(f"{where}: removed", True, bool(removed))
    shown = [row["conversation_id"] for answer in answers for row in answer["conversations"]]
    player.journal.check(f"{where}: still shown", False, identifier in shown)
    player.journal.check(
        f"{where}: still has events", False, any(identifier in answer["events"] for answer in answers)
    )
