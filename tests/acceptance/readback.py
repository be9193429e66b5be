"""Read one conversation back as several people, and compare with the book: bodies, order, sight, quotes, names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.acceptance.client import Account, Api, Directory
from tests.acceptance.expect import Book, Sent
from tests.acceptance.play import Player

# How many of each sort read back: the latest to come, those who left, those who came back.
READERS_OF_A_SORT = 3
WINDOW = 20


class Reader:
    """One person reading one conversation back."""

    def __init__(self, *, player: Player, account: Account) -> None:
        self.api: Api = player.api
        self.journal = player.journal
        self.directory: Directory = player.directory
        self.book: Book = player.book
        self.kind = player.kind
        self.path = player.path
        self.account = account
        self.where = f"{player.log.name} read by {account.name}"

    def check(self, what: str, expected: object, actual: object) -> None:
        """Compare one thing that this person reads."""
        self.journal.check(f"{self.where}: {what}", expected, actual)

    def read(self) -> None:
        """Read everything that a member may see, or try to where nothing may be seen."""
        self.journal.count("readings of a whole conversation")
        if self.account.user_id in self.book.members:
            self._read_all_pages()
            self._read_windows()
            self._read_single_messages()
            self._read_members()
        else:
            self._see_nothing()

    def _read_all_pages(self) -> None:
        visible = self.book.visible(self.account.user_id)
        for limit, path, params in (
            (200, f"{self.path}/messages/", {}),
            (50, "/messages/by_conversation/", {"conversation_id": self.book.conversation_id}),
        ):
            pages = list(self.api.pages(path, account=self.account, params={**params, "limit": limit}))
            rows = [row for page in pages for row in page["results"]]
            self.check("seq, newest first and gapless", [m.seq for m in reversed(visible)], [r["seq"] for r in rows])
            self.check("page sizes", True, all(len(page["results"]) <= limit for page in pages))
            oldest = min(self.book.members[self.account.user_id].visible_from, self.book.last_seq + 1)
            self.check("oldest_seq", oldest, pages[0]["oldest_seq"])
        # Both walks gave the same numbers; the rows of one are enough to compare in full.
        for message, row in zip(reversed(visible), rows, strict=False):
            self._compare(message, row)
        self.journal.count("messages read back", len(rows))

    def _compare(self, message: Sent, row: dict[str, Any]) -> None:
        self.check(f"body of {message.seq}", message.body.encode(), row["message_body"].encode())
        is_own = message.sender_id == self.account.user_id
        card = row["sender"]
        for what, expected, actual in (
            ("ids", (message.message_id, self.book.conversation_id), (row["message_id"], row["conversation"])),
            (
                "sender",
                (message.sender_id, self.directory.by_id[message.sender_id].name),
                (card["user_id"], card["name"]),
            ),
            ("kind", "user", row["kind"]),
            ("client_id", message.client_id if is_own else None, row.get("client_id")),
            ("metadata", {"action": True} if message.is_action else {}, row["metadata"]),
        ):
            self.check(f"{what} of {message.seq}", expected, actual)
        self._compare_quote(message, row["reply_to"])

    def _compare_quote(self, message: Sent, quote: dict[str, Any] | None) -> None:
        where = f"quote in {message.seq}"
        if message.reply_to is None:
            self.check(where, None, quote)
        elif not self.book.may_see(self.account.user_id, message.reply_to):
            self.check(f"{where} (unseen)", {"message_id": None}, quote)
            self.journal.count("quotes hidden from a reader")
        else:
            answered = self.book.messages[message.reply_to - 1]
            shown = quote or {}
            self.check(where, (answered.message_id, answered.seq), (shown.get("message_id"), shown.get("seq")))
            self.check(f"{where}: sender", answered.sender_id, (shown.get("sender") or {}).get("user_id"))
            excerpt = str(shown.get("excerpt") or "")
            self.check(f"{where}: excerpt", True, bool(excerpt) and answered.body.startswith(excerpt))
            self.journal.count("quotes read back")

    def _read_windows(self) -> None:
        """Look at the middle from both sides."""
        seqs = [message.seq for message in self.book.visible(self.account.user_id)]
        if not seqs:
            return
        middle = seqs[len(seqs) // 2]
        older = [seq for seq in seqs if seq < middle][-WINDOW:]
        newer = [seq for seq in seqs if seq > middle][:WINDOW]
        for name, expected in (("before", older), ("after", newer)):
            page = self._window({name: middle})
            self.check(f"{name}={middle}", expected[::-1], page)
        around = self._window({"around": middle})
        # Half newer, the rest older; near an end the other side may fill up, so only what must be there is asked.
        nearest = {middle, *older[-(WINDOW // 2 - 1) :], *newer[: WINDOW // 2 - 1]}
        self.check(f"around={middle}: order", sorted(around, reverse=True), around)
        self.check(f"around={middle}: missing", set(), nearest - set(around))

    def _window(self, params: dict[str, int]) -> list[int]:
        page = self.api.expect(
            200, "GET", f"{self.path}/messages/", account=self.account, params={**params, "limit": WINDOW}
        )
        return [row["seq"] for row in page["results"]]

    def _message_paths(self, message: Sent) -> Iterator[str]:
        yield f"{self.path}/messages/{message.message_id}/"
        yield f"/messages/{message.message_id}/"

    def _read_single_messages(self) -> None:
        """Ask for the first, the middle and the last message by id: seen or 404, in both forms."""
        for message in self._samples():
            may_see = self.book.may_see(self.account.user_id, message.seq)
            for path in self._message_paths(message):
                reply = self.api.call("GET", path, account=self.account)
                self.check(f"GET {path} ({message.seq})", 200 if may_see else 404, reply.status)
                if may_see and reply.status == 200:
                    self._compare(message, reply.data)

    def _samples(self) -> list[Sent]:
        messages = self.book.messages
        return [messages[index] for index in sorted({0, len(messages) // 2, len(messages) - 1})] if messages else []

    def _read_members(self) -> None:
        rows = self.api.rows(f"{self.path}/participants/", account=self.account, params={"limit": 200})
        expected = {user_id: self.directory.by_id[user_id].name for user_id in self.book.members}
        self.check("members and their names", expected, {row["user"]["user_id"]: row["user"]["name"] for row in rows})
        owners = [row["user"]["user_id"] for row in rows if row["role"] == "owner"]
        self.check("owner", [self.book.owner_id], owners)

    def _see_nothing(self) -> None:
        """Whoever left or never came reads nothing: a group does not exist for them, a channel can only be joined."""
        refusal = 403 if self.kind == "channel" else 404
        expected = {
            f"{self.path}/messages/": refusal,
            f"/messages/by_conversation/?conversation_id={self.book.conversation_id}": refusal,
            f"{self.path}/events/": refusal,
            f"{self.path}/membership/": refusal,
            f"{self.path}/participants/": refusal,
            f"{self.path}/": 200 if self.kind == "channel" else 404,
        }
        for message in self._samples():
            expected[f"{self.path}/messages/{message.message_id}/"] = refusal
            expected[f"/messages/{message.message_id}/"] = 404
        for path, status in expected.items():
            reply = self.api.call("GET", path, account=self.account)
            self.check(f"GET {path} from outside", status, reply.status)
            if reply.status == 200:
                inner = ("participants", "last_message", "membership", "unread_count")
                self.check(
                    "what is shown of a channel from outside", [[], None, None, 0], [reply.data[n] for n in inner]
                )
        for verb, json in (("messages", {"message_body": "from outside"}), ("read", {}), ("unread", {"seq": 1})):
            reply = self.api.call("POST", f"{self.path}/{verb}/", account=self.account, json=json)
            self.check(f"POST {verb} from outside", refusal, reply.status)
        everything = self.api.expect(200, "GET", "/messages/", account=self.account, params={"limit": 200})
        inside = [row for row in everything["results"] if row["conversation"] == self.book.conversation_id]
        self.check("messages in the list of all that one may see", [], inside)
        inbox = {row["conversation_id"] for row in self.api.rows("/conversations/", account=self.account)}
        self.check("conversation in the inbox", False, self.book.conversation_id in inbox)


def readers(player: Player, stranger: Account) -> list[Reader]:
    """Choose who reads back: the host, who came early, who came last, who left, who came back, and a stranger."""
    book = player.book
    by_arrival = sorted(book.members, key=lambda user_id: book.members[user_id].visible_from)
    chosen = [
        book.owner_id,
        *list(book.members)[1:2],
        *by_arrival[len(by_arrival) // 2 :][:READERS_OF_A_SORT],
        *by_arrival[-READERS_OF_A_SORT:],
        *sorted(book.departed)[:READERS_OF_A_SORT],
        *sorted(book.returned)[:READERS_OF_A_SORT],
        stranger.user_id,
    ]
    return [Reader(player=player, account=player.directory.by_id[user_id]) for user_id in dict.fromkeys(chosen)]
