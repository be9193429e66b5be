"""Messages: sending them, and what is done to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from django_convo import actions
from django_convo.models import Attachment

from .base import Base, bodies, numbers, people, rooms


class MessageRules(Base):
    @rule(room=rooms)
    def chat(self, room: int) -> None:
        """One after the other says something: the rule that asks for least comes first, and most."""
        conversation = self.room(room)
        self.turn += 1
        self.say(conversation, self.person(2 * self.turn, conversation), "and so on", None)

    @rule(room=rooms, actor=people, body=bodies, answered=st.none() | numbers)
    def send(self, room: int, actor: int, body: str, answered: int | None) -> None:
        conversation = self.room(room)
        reply_to = None if answered is None else self.message(conversation, answered)
        self.say(conversation, self.person_or_host(actor, conversation), body, reply_to)

    def say(self, conversation: Any, by: Any, body: str, reply_to: Any) -> None:
        expected = self.refusal_of_sending(by, conversation)
        content = {"actor": by, "conversation": conversation, "body": body, "reply_to": reply_to}
        message = self.attempt(conversation, actions.send_message, **content)
        assert self.code == expected or (expected is None and reply_to and self.code == "invalid_reference")
        assert message is None or (message.seq, message.was_created) == (conversation.last_seq + 1, True)

    @rule(room=rooms, actor=people, body=bodies, client_id=st.sampled_from(["x", "x "]))
    def send_repeatably(self, room: int, actor: int, body: str, client_id: str) -> None:
        conversation = self.room(room)
        by = self.person_or_host(actor, conversation)
        key = (conversation.pk, self.key_of(by), client_id)
        known, is_there = self.sent.get(key), conversation.deleted_at is None
        expected = self.refusal_of_sending(by, conversation)
        if known is not None and is_there:
            # Before anything else is asked.
            expected = None if known[1] == body else "client_id_reused"
        content = {"actor": by, "conversation": conversation, "body": body, "client_id": client_id}
        for _ in range(2):
            message = self.attempt(conversation, actions.send_message, **content)
            assert self.code == expected
            if message is not None:
                assert (message.pk, message.was_created) == ((known[0], False) if known else (message.pk, True))
                known = self.sent[key] = (message.pk, body)
                assert actions.find_repeated(**content) == message

    @rule(room=rooms, actor=people, root=numbers, named=st.lists(people, max_size=2), everyone=st.booleans())
    def send_in_a_thread(self, room: int, actor: int, root: int, named: list[int], everyone: bool) -> None:
        conversation = self.room(room)
        by = self.person_or_host(actor, conversation)
        expected = self.refusal_of_sending(by, conversation)
        mentions = [self.person(number, conversation) for number in named]
        self.attempt(
            conversation,
            actions.send_message,
            actor=by,
            conversation=conversation,
            body="in a thread",
            thread_root=self.message(conversation, root),
            mentions=[*mentions, *([actions.EVERYONE] if everyone else [])],
        )
        assert expected is None or self.code == expected

    @rule(room=rooms, to=rooms, actor=people, seq=numbers, client_id=st.sampled_from([None, "f"]))
    def forward(self, room: int, to: int, actor: int, seq: int, client_id: str | None) -> None:
        conversation, there = self.room(room), self.room(to)
        message = self.message(conversation, seq)
        if message is None:
            return
        by = self.person(actor, conversation)
        expected = self.refusal_of_sending(by, there)
        known = self.sent.get((there.pk, by.pk, client_id or ""))
        content = {"actor": by, "message": message, "conversation": there, "client_id": client_id}
        sent = self.attempt(there, actions.forward_message, **content)
        assert known or expected is None or self.refusal is not None
        if sent is None:
            return
        copies = self.files_of(sent)
        if sent.was_created:
            assert known is None
            assert len(copies) == len(self.files_of(message))
            self.files.update(dict.fromkeys(copies, sent.pk))
        else:
            assert known == (sent.pk, message.pk)
        if client_id:
            self.sent[there.pk, by.pk, client_id] = (sent.pk, message.pk)
            assert actions.find_repeated_forward(**content) == sent

    @rule(room=rooms, actor=people, seq=numbers, body=bodies, named=st.none() | st.lists(people, max_size=2))
    def edit(self, room: int, actor: int, seq: int, body: str, named: list[int] | None) -> None:
        conversation = self.room(room)
        given = {} if named is None else {"mentions": [self.person(item, conversation) for item in named]}
        by = None if actor % 3 < 2 else self.person_or_host(actor, conversation)
        self.change(conversation, seq, by, actions.edit_message, "sender", body=body + " edited", **given)

    @rule(room=rooms, actor=people, seq=numbers, is_other=st.booleans())
    def delete_message(self, room: int, actor: int, seq: int, is_other: bool) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation) if is_other else None
        self.change(conversation, seq, by, actions.delete_message, "sender")

    @rule(room=rooms, actor=people, seq=numbers, is_other=st.booleans())
    def restore_message(self, room: int, actor: int, seq: int, is_other: bool) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation) if is_other else None
        self.change(conversation, seq, by, actions.restore_message, "deleted_by", is_deleted=True)

    @rule(room=rooms, actor=people, seq=numbers, emoji=st.sampled_from("👍🎉"), is_removing=st.booleans())
    def react(self, room: int, actor: int, seq: int, emoji: str, is_removing: bool) -> None:
        conversation = self.room(room)
        action = actions.remove_reaction if is_removing else actions.add_reaction
        self.change(conversation, seq, self.person(actor, conversation), action, emoji=emoji)

    @rule(room=rooms, actor=people, seq=numbers, is_unpinning=st.booleans())
    def pin(self, room: int, actor: int, seq: int, is_unpinning: bool) -> None:
        conversation = self.room(room)
        action = actions.unpin_message if is_unpinning else actions.pin_message
        self.change(conversation, seq, self.person(actor, conversation), action)

    @rule(room=rooms, actor=people, seq=numbers, is_deleting=st.booleans())
    def report(self, room: int, actor: int, seq: int, is_deleting: bool) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation)
        made = self.change(conversation, seq, by, actions.report_message, reason="spam")
        if made is not None:
            review = {"report": made[0], "status": "resolved", "delete_message": is_deleting}
            self.attempt(conversation, actions.review_report, actor=self.admin if actor % 2 else None, **review)

    def change(
        self,
        room: Any,
        seq: int,
        by: Any,
        action: Any,
        whose: str | None = None,
        is_deleted: bool = False,
        **arguments: Any,
    ) -> Any:
        """Do something to a message of the room, if it has any; where nobody is named, as whose it is."""
        message = self.message(room, seq, is_deleted=is_deleted)
        if message is None:
            return None
        actor = getattr(message, whose) if by is None and whose else by
        return self.attempt(room, action, actor=actor, message=message, **arguments)

    def files_of(self, message: Any) -> list[Any]:
        return list(Attachment.objects.filter(message=message.pk).values_list("pk", flat=True))
