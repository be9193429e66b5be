"""Compare every count of unread messages with the book: in a conversation, the inbox and the badge, as marks move."""

from __future__ import annotations

from collections.abc import Sequence

from tests.acceptance.client import Account, Api
from tests.acceptance.play import Player
from tests.acceptance.readback import Reader


def check_badge(api: Api, account: Account, players: Sequence[Player]) -> None:
    """Compare `GET /unread/` with the recount over all conversations."""
    counts = [p.book.unread(account.user_id) for p in players if account.user_id in p.book.members]
    expected = {"conversations": sum(1 for count in counts if count), "messages": sum(counts), "mentions": 0}
    answer = api.expect(200, "GET", "/unread/", account=account)
    api.journal.check(f"/unread/ of {account.name}", expected, {name: answer.get(name) for name in expected})


def check_inbox(api: Api, account: Account, players: Sequence[Player]) -> None:
    """Compare the inbox: which conversations, the latest activity first, with their counts and last messages."""
    books = {p.book.conversation_id: p.book for p in players if account.user_id in p.book.members}
    where = f"inbox of {account.name}"
    rows = api.rows("/conversations/", account=account, params={"limit": 3})
    api.journal.check(f"{where}: conversations", sorted(books), sorted(row["conversation_id"] for row in rows))
    times = [row["last_message_at"] for row in rows]
    api.journal.check(f"{where}: order", sorted(times, reverse=True), times)
    for row in rows:
        if book := books.get(row["conversation_id"]):
            visible = book.visible(account.user_id)
            last = row["last_message"]
            api.journal.check(
                f"{where}: unread_count, last_seq, last message in {book.conversation_id}",
                (book.unread(account.user_id), book.last_seq, visible[-1].message_id if visible else None),
                (row["unread_count"], row["last_seq"], last["message_id"] if last else None),
            )
    unread = api.rows("/conversations/", account=account, params={"unread": "true"})
    api.journal.check(
        f"{where}: those with something unread",
        sorted(identifier for identifier, book in books.items() if book.unread(account.user_id)),
        sorted(row["conversation_id"] for row in unread),
    )


def check_detail(reader: Reader) -> None:
    """Compare the conversation itself with the book."""
    row = reader.api.expect(200, "GET", f"{reader.path}/", account=reader.account)
    book, user_id = reader.book, reader.account.user_id
    reader.check(
        "unread_count, participant_count, last_seq, count_seq",
        (book.unread(user_id), len(book.members), book.last_seq, book.last_seq),
        (row["unread_count"], row["participant_count"], row["last_seq"], row["count_seq"]),
    )
    reader.check("pointer", book.members[user_id].last_read, row["membership"]["last_read_seq"])
    reader.check(
        "unread by the two figures",
        book.unread(user_id),
        row["count_seq"] - row["membership"]["read_count_seq"],
    )


def move_marks(reader: Reader) -> None:
    """Mark unread and read at several places, and compare the answer and the conversation after each."""
    book, user_id = reader.book, reader.account.user_id
    end = book.last_seq
    steps: list[tuple[str, int | None]] = [
        ("read", None),
        ("unread", 1),
        ("read", end // 3),
        ("read", end // 4),
        ("read", end + 1000),
        ("unread", end),
        ("unread", end // 2 or 1),
        ("read", end // 2 + 1),
    ]
    for verb, seq in steps:
        answer = reader.api.expect(
            200, "POST", f"{reader.path}/{verb}/", account=reader.account, json={} if seq is None else {"seq": seq}
        )
        if verb == "unread" and seq is not None:
            book.mark_unread(user_id, seq)
        else:
            book.mark_read(user_id, seq)
        reader.journal.count("reading marks moved afterwards")
        reader.check(
            f"{verb} {'to the end' if seq is None else seq}: last_read_seq, unread_count",
            (book.members[user_id].last_read, book.unread(user_id)),
            (answer["last_read_seq"], answer["unread_count"]),
        )
        check_detail(reader)
