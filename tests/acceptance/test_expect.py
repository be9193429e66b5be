from __future__ import annotations

import pytest

from tests.acceptance.expect import Book, History, Sent


def book_of(history: History) -> Book:
    book = Book(conversation_id="c", history=history, owner_id="host")
    for user_id in ("host", "mira"):
        book.join(user_id)
    return book


def say(book: Book, user_id: str, times: int = 1) -> None:
    for _ in range(times):
        seq = book.last_seq + 1
        book.send(
            Sent(
                seq=seq,
                message_id=f"m{seq}",
                sender_id=user_id,
                body=f"text {seq}",
                client_id=str(seq),
                reply_to=None,
                is_action=False,
            )
        )


def test_unread_leaves_out_what_one_wrote_oneself() -> None:
    book = book_of("all")
    say(book, "mira", 3)
    say(book, "host")
    assert (book.unread("mira"), book.unread("host")) == (1, 0)
    book.mark_unread("mira", 1)
    book.mark_unread("host", 1)
    assert (book.unread("mira"), book.unread("host")) == (1, 3)


def test_mark_read_moves_forward_only_and_stops_at_the_end() -> None:
    book = book_of("all")
    say(book, "host", 5)
    book.mark_read("mira", 3)
    assert book.unread("mira") == 2
    for seq in (1, 0):
        book.mark_read("mira", seq)
        assert book.unread("mira") == 2
    book.mark_read("mira", 99)
    assert (book.unread("mira"), book.members["mira"].last_read) == (0, 5)
    book.mark_read("host")
    assert book.members["host"].last_read == 5


@pytest.mark.parametrize(("history", "seen", "unread_after_rewind"), [("all", [1, 2, 3], 3), ("none", [3], 1)])
def test_join_sees_by_history_and_starts_with_nothing_unread(
    history: History, seen: list[int], unread_after_rewind: int
) -> None:
    book = book_of(history)
    say(book, "host", 2)
    book.join("tobin")
    assert book.unread("tobin") == 0
    say(book, "host")
    assert book.unread("tobin") == 1
    assert [message.seq for message in book.visible("tobin")] == seen
    book.mark_unread("tobin", 1)
    assert book.unread("tobin") == unread_after_rewind


def test_leave_hides_everything_until_one_returns() -> None:
    book = book_of("none")
    say(book, "host")
    book.leave("mira")
    assert (book.visible("mira"), book.departed) == ([], {"mira"})
    say(book, "host")
    book.join("mira")
    say(book, "host")
    assert [message.seq for message in book.visible("mira")] == [3]
    assert (book.departed, book.returned) == (set(), {"mira"})
