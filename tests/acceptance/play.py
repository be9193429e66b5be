"""Play one log into one conversation through HTTP, line by line, and keep the book of what should come of it."""

from __future__ import annotations

import random
from typing import Any

from tests.acceptance.client import Account, Api, Directory, Reply, UnexpectedAnswerError
from tests.acceptance.expect import Book, History, Sent
from tests.acceptance.parse import Entry, Log

# One send in so many is sent again; one join in so many is asked for twice; after so many lines somebody reads.
RETRY_ONE_IN = 20
REPEAT_ONE_IN = 10
LINES_BETWEEN_READS = 25
# How many answers to something unseen are tried in each log, and how many who leave keep a sync cursor.
UNSEEN_ANSWERS = 5
KEPT_CURSORS = 5


def must_be_refused(body: str) -> bool:
    """Say whether the API may not take this body: blank, or with a NUL, which PostgreSQL cannot store."""
    return not body.strip() or "\0" in body


class Player:
    """Plays one log. In a channel people join and leave by themselves, in a group the host adds and removes them."""

    def __init__(self, *, api: Api, directory: Directory, log: Log, kind: str, history: History) -> None:
        self.api = api
        self.journal = api.journal
        self.directory = directory
        self.log = log
        self.kind = kind
        self.random = random.Random(log.name)
        self.owner = directory.account(f"host-of-{log.name}")
        self.accounts: dict[str, Account] = {}
        self.seq_of_line: dict[int, int] = {}
        self.cursors: dict[str, str] = {}
        self.unseen_answers = 0
        created = self._create()
        self.path = f"/conversations/{created['conversation_id']}"
        self.book = Book(conversation_id=created["conversation_id"], history=history, owner_id=self.owner.user_id)
        self.book.join(self.owner.user_id)

    def _create(self) -> Any:
        wanted = {"participants": [], "kind": self.kind, "title": self.log.name}
        created = self.api.expect(201, "POST", "/conversations/", account=self.owner, json=wanted)
        for name in ("kind", "title"):
            self.journal.check(f"{self.log.name} created {name}", wanted[name], created[name])
        self.journal.check(f"{self.log.name} created last_seq", 0, created["last_seq"])
        return created

    def play(self) -> None:
        """Play every line in order."""
        for entry in self.log.entries:
            self.journal.count("lines")
            if entry.kind == "notice":
                self.journal.count("lines that are nobody's (topics, modes)")
                continue
            account = self._account(entry.nick)
            if entry.kind == "join":
                self._join(account)
            else:
                self._ensure_present(account)
                {"leave": self._leave, "rename": self._rename}.get(entry.kind, self._say)(account, entry)
            if entry.number % LINES_BETWEEN_READS == 0:
                self._somebody_reads()

    def _account(self, nick: str) -> Account:
        # A nick stays with the person who took it in this log, also after a rename.
        if nick not in self.accounts:
            self.accounts[nick] = self.directory.account(nick)
        return self.accounts[nick]

    def _ensure_present(self, account: Account) -> None:
        if account.user_id not in self.book.members:
            self.journal.count("added although never seen joining")
            self._enter(account)

    def _join(self, account: Account) -> None:
        if account.user_id in self.book.members:
            # Whoever joins a channel that they never left has quit unseen: the logs leave quits out.
            self.journal.count("quits that the log left out")
            self._exit(account)
        self.journal.count("joins")
        self._enter(account)

    def _enter(self, account: Account) -> None:
        answer = self._ask_to_enter(account)
        self.book.join(account.user_id)
        where = f"{self.log.name} joining of {account.name}"
        self.journal.check(f"{where}: participant_count", len(self.book.members), answer["participant_count"])
        if self.random.randrange(REPEAT_ONE_IN) == 0:
            again = self._ask_to_enter(account)
            self.journal.check(f"{where}: event_seq when repeated", answer["event_seq"], again["event_seq"])

    def _ask_to_enter(self, account: Account) -> Any:
        if self.kind == "channel":
            return self.api.expect(200, "POST", f"{self.path}/join/", account=account)
        return self.api.expect(
            200, "POST", f"{self.path}/add_participant/", account=self.owner, json={"user_id": account.user_id}
        )

    def _leave(self, account: Account, entry: Entry) -> None:
        self.journal.count("leaves")
        if len(self.cursors) < KEPT_CURSORS:
            self.cursors[account.user_id] = drain(self.api, account)[1]
        self._exit(account)

    def _exit(self, account: Account) -> None:
        if self.kind == "channel":
            reply = self.api.call("POST", f"{self.path}/leave/", account=account)
        else:
            reply = self.api.call(
                "POST", f"{self.path}/remove_participant/", account=self.owner, json={"user_id": account.user_id}
            )
        if reply.status not in (200, 204):
            raise UnexpectedAnswerError(f"leaving answered {reply.status} {reply.raw[:300]!r}")
        self.book.leave(account.user_id)

    def _rename(self, account: Account, entry: Entry) -> None:
        self.journal.count("renames")
        self.directory.rename(account, entry.text)
        self.accounts[entry.text] = account

    def _say(self, account: Account, entry: Entry) -> None:
        is_action = entry.kind == "action"
        message: dict[str, Any] = {"message_body": entry.text, "client_id": f"{self.log.name}:{entry.number}"}
        if is_action:
            message["metadata"] = {"action": True}
        if must_be_refused(entry.text):
            self._say_what_is_refused(account, message)
            return
        answered = self._answered_seq(account, message, entry.number)
        if answered is not None:
            message["reply_to"] = self.book.messages[answered - 1].message_id
        # Nobody is renamed between a send and its repetition: the card in the answer shows the name.
        with account.lock:
            reply = self._send(account, message)
            if reply.status != 201:
                self.journal.differ(message["client_id"], f"send answered {reply.status}: {reply.raw[:200]!r}")
                return
            self._book(account, entry, answered, reply.data)
            if self.random.randrange(RETRY_ONE_IN) == 0:
                self._send_again(account, message, reply)

    def _send(self, account: Account, message: dict[str, Any]) -> Reply:
        return self.api.call("POST", f"{self.path}/messages/", account=account, json=message)

    def _answered_seq(self, account: Account, message: dict[str, Any], number: int) -> int | None:
        """Return the `seq` of the nearest answered message that may be seen; answering one unseen must be refused."""
        lines = self.log.answers.get(number, ())
        for seq in (self.seq_of_line[line] for line in lines if line in self.seq_of_line):
            if self.book.may_see(account.user_id, seq):
                self.journal.count("answers sent as reply_to")
                return seq
            self.journal.count("answers to a message that the answerer may not see")
            if self.unseen_answers < UNSEEN_ANSWERS:
                self.unseen_answers += 1
                unseen = message | {"reply_to": self.book.messages[seq - 1].message_id}
                reply = self._send(account, unseen)
                where = f"{message['client_id']}: answer to an unseen message"
                self.journal.check(where, (400, True), (reply.status, b"invalid_reference" in reply.raw))
        return None

    def _say_what_is_refused(self, account: Account, message: dict[str, Any]) -> None:
        self.journal.count("lines that the API must refuse (blank), and did")
        reply = self._send(account, message)
        self.journal.check(f"{message['client_id']}: a body that must be refused", 400, reply.status)

    def _book(self, account: Account, entry: Entry, answered: int | None, data: dict[str, Any]) -> None:
        self.journal.count("messages")
        message = Sent(
            seq=self.book.last_seq + 1,
            message_id=data["message_id"],
            sender_id=account.user_id,
            body=entry.text,
            client_id=f"{self.log.name}:{entry.number}",
            reply_to=answered,
            is_action=entry.kind == "action",
        )
        sent = (message.seq, message.body, message.client_id, answered, account.user_id, self.book.conversation_id)
        got = (
            *(data[name] for name in ("seq", "message_body", "client_id")),
            (data["reply_to"] or {}).get("seq"),
            data["sender"]["user_id"],
            data["conversation"],
        )
        self.journal.check(f"{message.client_id}: answer to the send", sent, got)
        self.book.send(message)
        self.seq_of_line[entry.number] = message.seq

    def _send_again(self, account: Account, message: dict[str, Any], first: Reply) -> None:
        self.journal.count("sends repeated with the same client_id")
        again = self._send(account, message)
        self.journal.check(f"{message['client_id']}: repeated", (200, first.raw), (again.status, again.raw))
        other = self._send(account, message | {"message_body": message["message_body"] + "!"})
        self.journal.check(f"{message['client_id']}: client_id of another message", 409, other.status)

    def _somebody_reads(self) -> None:
        """Let a random member read to the middle or to the end, or mark something unread, and compare the count."""
        user_id = self.random.choice(list(self.book.members))
        member, account = self.book.members[user_id], self.directory.by_id[user_id]
        choice = self.random.choice(("middle", "end", "unread"))
        if choice == "unread" and member.last_read >= 1:
            seq = self.random.randint(1, member.last_read)
            answer = self.api.expect(200, "POST", f"{self.path}/unread/", account=account, json={"seq": seq})
            self.book.mark_unread(user_id, seq)
        elif choice == "middle" and self.book.last_seq:
            seq = self.random.randint(1, self.book.last_seq)
            answer = self.api.expect(200, "POST", f"{self.path}/read/", account=account, json={"seq": seq})
            self.book.mark_read(user_id, seq)
        else:
            answer = self.api.expect(200, "POST", f"{self.path}/read/", account=account, json={})
            self.book.mark_read(user_id)
        self.journal.count("reading marks moved while playing")
        self.journal.check(
            f"{self.log.name} after {choice} of {account.name}: last_read_seq, unread_count",
            (member.last_read, self.book.unread(user_id)),
            (answer["last_read_seq"], answer["unread_count"]),
        )


def drain(api: Api, account: Account, cursor: str | None = None) -> tuple[list[Any], str]:
    """Ask `sync` until it has no more; return its answers and the last cursor."""
    answers = []
    while True:
        answer = api.expect(200, "POST", "/sync/", account=account, json={"cursor": cursor} if cursor else {})
        answers.append(answer)
        cursor = str(answer["cursor"])
        if not answer["more"]:
            return answers, cursor
