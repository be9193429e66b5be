"""What the rules stand on: choosing whom and what, acting, and what has to hold after each step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from django_convo import actions
from django_convo.exceptions import ConvoError, Denied
from django_convo.models import (
    Attachment,
    Block,
    Draft,
    Event,
    Participant,
    Sanction,
    SavedMessage,
    ScheduledMessage,
    get_conversation_model,
    get_message_model,
)
from django_convo.policy import authorize, capabilities, get_policy
from django_convo.selectors.attachments import attachments_of
from tests.people import make_user
from tests.recount import assert_counts, assert_has_owner
from tests.replay import Client, assert_caught_up

MOST_CONVERSATIONS = 4
MOST_USERS = 6
FEWEST_USERS = 3
# Who stands for the host itself, where a rule lets it act.
HOST = 2 * MOST_USERS - 1
# As long as slow mode lasts, no run does.
SLOW = 3_600

numbers = st.integers(min_value=0, max_value=11)
people = st.integers(min_value=0, max_value=2 * MOST_USERS - 1)
rooms = st.integers(min_value=0, max_value=MOST_CONVERSATIONS - 1)
kinds = st.sampled_from(["group", "channel"])
roles = st.sampled_from(["owner", "moderator", "member", "observer"])
bodies = st.sampled_from(["hello", "again", "👋 x", "line\nbreak"])

# One's own, for which no capability is asked: what finds the conversation for the caller asks the policy.
OF_ONES_OWN = {
    actions.delete_draft,
    actions.leave,
    actions.mark_delivered,
    actions.mark_read,
    actions.mark_unread,
    actions.save_draft,
    actions.update_membership,
}


class Base(RuleBasedStateMachine):
    """Five users at first, one of them a site administrator, and up to four conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        # At the end, so that each run begins with nothing.
        self.stack.callback(transaction.set_rollback, True)
        self.users = [make_user(f"user{number}", is_admin=number == 4) for number in range(5)]
        self.admin_key = self.users[4].pk
        self.rooms: list[Any] = []
        self.with_owner: set[Any] = set()
        self.clients: dict[tuple[Any, Any], Client] = {}
        self.oldest: dict[Any, int] = {}
        self.refreshed: dict[Any, datetime] = {}
        self.gone: set[str] = set()
        self.touched: set[Any] = set()
        self.turn = 0
        self.refusal: ConvoError | None = None
        # What each `client_id` has sent; a body of None is known to nobody any more.
        self.sent: dict[tuple[Any, Any, str], tuple[Any, str | None]] = {}
        # What people keep for themselves: drafts by conversation and user, saved messages by user and message.
        self.drafts: dict[tuple[Any, Any], str] = {}
        self.saved: set[tuple[Any, Any]] = set()
        # Who uploaded what was not sent, and which message has what was.
        self.uploads: dict[Any, Any] = {}
        self.files: dict[Any, Any] = {}
        # What waits to be sent, or has failed: status, conversation and sender, body, files.
        self.waiting: dict[Any, tuple[str, tuple[Any, Any], str, list[Any]]] = {}
        self.scheduled_as: dict[tuple[Any, Any], Any] = {}
        self.due = timezone.now() + timedelta(hours=1)
        self.blocks: set[tuple[Any, Any]] = set()
        # Whom, how and where.
        self.sanctions: dict[Any, tuple[Any, str, Any]] = {}

    def teardown(self) -> None:
        self.stack.close()

    @initialize(history=st.sampled_from(["all", "none"]), kind=kinds, is_slow=st.booleans())
    def begin(self, history: str, kind: str, is_slow: bool) -> None:
        """Choose what newcomers see, and make what most steps begin with: without it, they would do nothing."""
        self.history = history
        self.stack.enter_context(override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS=history))
        first, *others = self.users[:4]
        room = actions.create_conversation(actor=first, participants=others, kind=kind, body="first")[0]
        self.started(room)
        if is_slow:
            actions.update_conversation(actor=first, conversation=room, slow_mode_seconds=SLOW)
        for user in others[:2]:
            upload = actions.create_attachment(actor=user, file=ContentFile(b"words", "notes.txt"))
            self.uploads[upload.pk] = user.pk
        waiting, sent = self.uploads
        by, body = others[0], "later"
        row = actions.schedule_message(actor=by, conversation=room, body=body, attachments=[waiting], send_at=self.due)
        self.waiting[row.pk] = ("pending", (room.pk, by.pk), body, [waiting])
        message = actions.send_message(actor=others[1], conversation=room, attachments=[sent])
        self.files[sent] = message.pk
        del self.uploads[sent]
        actions.save_message(actor=first, message=message)
        self.saved.add((first.pk, message.pk))
        sanction, _ = actions.impose_sanction(actor=None, user=others[1], kind="mute")
        self.sanctions[sanction.pk] = (others[1].pk, "mute", None)

    # Whom and what, so that most steps are allowed and some are not; small numbers, and False, come most often.

    def person(self, number: int, room: Any = None) -> Any:
        """Return one of the users, for even numbers one of those in the room."""
        if room is not None and number % 2 == 0:
            rows = Participant.objects.filter(conversation=room.pk).select_related("user").order_by("pk")
            if inside := [row.user for row in rows]:
                return self.pick(inside, number // 2)
        return self.pick(self.users, number // 2)

    def person_or_host(self, number: int, room: Any = None) -> Any:
        return None if number == HOST else self.person(number, room)

    def leader(self, number: int, room: Any) -> Any:
        """Return the host, or, for two numbers of three, one of those who lead the room, else anybody."""
        rows = Participant.objects.filter(conversation=room.pk, role__in=["owner", "moderator"])
        leaders = [row.user for row in rows.select_related("user").order_by("pk")]
        is_leading = number % 3 < 2 and number != HOST and leaders
        return self.pick(leaders, number // 3) if is_leading else self.person_or_host(number, room)

    @property
    def admin(self) -> Any:
        """Return the site administrator, or None once there is none."""
        return next((user for user in self.users if user.pk == self.admin_key), None)

    def room(self, number: int) -> Any:
        return get_conversation_model()._default_manager.get(pk=self.pick(self.rooms, number))

    def message(self, room: Any, number: int, *, is_deleted: bool = False) -> Any:
        """Return one of the room's messages, if it has any; mostly one that is deleted, or is not."""
        found = list(self.messages.filter(conversation=room.pk).order_by("seq"))
        wanted = [message for message in found if message.is_deleted == is_deleted]
        return self.pick(wanted if wanted and number % 4 < 3 else found, number)

    def pick(self, items: Any, number: int) -> Any:
        """Return one of the items, or None where there are none."""
        return items[number % len(items)] if items else None

    @property
    def messages(self) -> Any:
        return get_message_model()._default_manager

    def key_of(self, actor: Any) -> Any:
        return None if actor is None else actor.pk

    # Acting, and what is remembered of it.

    def attempt(self, room: Any, action: Callable[..., Any], **arguments: Any) -> Any:
        """Act. Refused, everything in the room stays as it was, and so it does for whoever is banned from the site.

        `refusal` is what was said then, or None.
        """
        before = self.footprint(room)
        self.refusal, done = None, None
        try:
            with transaction.atomic():
                done = action(**arguments)
        except ConvoError as error:
            self.refusal = error
        by = arguments.get("actor")
        is_own = action in OF_ONES_OWN or arguments.get("user") == by
        if self.refusal is not None or (self.is_banned(by) and not is_own):
            assert self.footprint(room) == before
        elif room is not None:
            self.touched.add(room.pk)
        return done

    def footprint(self, room: Any) -> Any:
        if room is None:
            return None
        row = get_conversation_model()._default_manager.filter(pk=room.pk).values().first()
        return row, list(Participant.objects.filter(conversation=room.pk).order_by("pk").values())

    @property
    def code(self) -> str | None:
        """What the last attempt was refused with."""
        return None if self.refusal is None else self.refusal.code

    def started(self, room: Any) -> None:
        if room.pk not in self.rooms:
            self.rooms.append(room.pk)
        self.touched.add(room.pk)

    def forget(self, key: Any) -> None:
        """Forget a user who is gone, with what goes with them; what they have uploaded is nobody's."""
        self.users = [user for user in self.users if user.pk not in {key, None}]
        self.gone.add(str(key))
        self.clients = {pair: client for pair, client in self.clients.items() if pair[1] != key}
        self.sent = {pair: sent for pair, sent in self.sent.items() if pair[1] != key}
        self.forget_own(key)
        self.uploads = {upload: None if user == key else user for upload, user in self.uploads.items()}
        self.blocks = {pair for pair in self.blocks if key not in pair}
        self.sanctions = {item: found for item, found in self.sanctions.items() if found[0] != key}
        self.touched.update(self.rooms)

    def forget_own(self, key: Any) -> None:
        """Forget what a user has kept for themselves."""
        self.drafts = {pair: body for pair, body in self.drafts.items() if pair[1] != key}
        self.saved = {pair for pair in self.saved if pair[0] != key}
        self.waiting = {item: found for item, found in self.waiting.items() if found[1][1] != key}
        self.scheduled_as = {pair: item for pair, item in self.scheduled_as.items() if pair[1] != key}

    # What is expected.

    def is_banned(self, user: Any) -> bool:
        """Say whether the user is banned from the site."""
        return user is not None and (user.pk, "ban", None) in self.sanctions.values()

    def refusal_on_the_site(self, user: Any) -> str | None:
        """Return what somebody is refused with who speaks anywhere, or None."""
        if user is None:
            return None
        kinds = {kind for who, kind, where in self.sanctions.values() if (who, where) == (user.pk, None)}
        return "banned" if "ban" in kinds else "muted" if kinds else None

    def refusal_of_sending(self, actor: Any, room: Any) -> str | None:
        """Return what somebody is refused with who sends to the room, or None."""
        if room.deleted_at is not None:
            return "not_found"
        try:
            authorize(actor, capabilities.MESSAGE_SEND, conversation=room)
        except Denied as refusal:
            return refusal.code
        return "slow_mode" if self.has_to_wait(actor, room) else None

    def has_to_wait(self, actor: Any, room: Any) -> bool:
        """Say whether slow mode holds the actor: whoever has spoken, unless they moderate."""
        if actor is None or not room.slow_mode_seconds:
            return False
        is_slowed = Participant.objects.filter(conversation=room.pk, user=actor, role__in=["member", "observer"])
        return is_slowed.exists() and self.messages.filter(conversation=room.pk, sender=actor).exists()

    # What holds after each step.

    @invariant()
    def everything_adds_up(self) -> None:
        for key in sorted(self.touched):
            assert_counts(key, oldest=self.oldest.get(key, 1), refreshed_at=self.refreshed.get(key))
            self.check_ownership(key)
            self.check_clients(key)
            self.check_files(key)
        self.touched.clear()

    def check_ownership(self, key: Any) -> None:
        if Participant.objects.filter(conversation=key, role="owner").exists():
            self.with_owner.add(key)
        if key in self.with_owner:
            assert_has_owner(key)

    def check_clients(self, key: Any) -> None:
        row = get_conversation_model()._default_manager.get(pk=key)
        members = set(Participant.objects.filter(conversation=key).values_list("user", flat=True))
        # Who is banned loads nothing, and catches up when that is over.
        able = [item for pair, item in self.clients.items() if pair[0] == key and not self.is_banned(item.viewer)]
        if all(client.event_seq == row.event_seq for client in able):
            # Nothing was logged: one of them stands for all.
            able = able[row.event_seq % len(able) :][:1] if able else []
        assert_caught_up(able, gone=self.gone)
        self.clients = {pair: item for pair, item in self.clients.items() if pair[0] != key or pair[1] in members}
        if row.deleted_at is not None:
            assert Event.objects.filter(conversation=key).latest("event_seq").type in {
                "conversation.deleted",
                "participant.removed",
                "participant.updated",
                "conversation.closed",
            }
            return
        for user in get_user_model()._default_manager.filter(pk__in=members):
            client = self.clients.get((key, user.pk))
            # Those who left and came back load anew.
            if not self.is_banned(user) and (client is None or client.event_seq != row.event_seq):
                self.clients[key, user.pk] = Client(user, key)

    def check_files(self, key: Any) -> None:
        """Whoever reads a message opens its files, and nobody else; those of a deleted one nobody does."""
        if not Attachment.objects.filter(conversation=key).exists():
            return
        found = dict(
            Attachment.objects.filter(conversation=key, message__deleted_at=None).values_list("pk", "message__seq")
        )
        row = get_conversation_model()._default_manager.get(pk=key)
        begins = dict(Participant.objects.filter(conversation=key).values_list("user", "visible_from_seq"))
        for user in self.users:
            is_able = row.deleted_at is None and user.pk in begins and not self.is_banned(user)
            expected = {pk for pk, seq in found.items() if is_able and seq >= begins[user.pk]}
            assert set(attachments_of(user, row).values_list("pk", flat=True)) == expected

    @invariant()
    def what_people_keep_is_there(self) -> None:
        drafts = Draft.objects.values_list("conversation", "user", "message_body")
        assert {(room, user): body for room, user, body in drafts} == self.drafts
        waiting = ScheduledMessage.objects.exclude(status="sent")
        assert {row.pk: (row.status, (row.conversation_id, row.sender_id), row.message_body) for row in waiting} == {
            key: found[:3] for key, found in self.waiting.items()
        }
        # What a deleted message had comes back with it, or goes for good.
        live = self.live_messages()
        saved = SavedMessage.objects.filter(message__deleted_at=None).values_list("user", "message")
        assert set(saved) == {pair for pair in self.saved if pair[1] in live}
        files = Attachment.objects.filter(message__deleted_at=None).exclude(message=None)
        assert dict(files.values_list("pk", "message")) == {
            key: message for key, message in self.files.items() if message in live
        }

    def live_messages(self) -> set[Any]:
        keys = {message for _, message in self.saved} | set(self.files.values())
        return set(self.messages.filter(pk__in=keys, deleted_at=None).values_list("pk", flat=True)) if keys else set()

    @invariant()
    def what_stands_between_people_is_there(self) -> None:
        assert dict(Attachment.objects.filter(message=None).values_list("pk", "uploader")) == self.uploads
        assert set(Block.objects.values_list("blocker", "blocked")) == self.blocks
        assert {row.pk: (row.user_id, row.kind, row.conversation_id) for row in Sanction.objects.active()} == (
            self.sanctions
        )
        policy = get_policy()
        for user in filter(self.is_banned, self.users):
            for rows in (
                policy.visible_conversations(user),
                policy.visible_messages(user),
                policy.visible_users(user),
            ):
                assert not rows.exists()
