"""Each action of `django_convo.actions` with something to do: a row of the table sets it up, and returns the call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from django_convo import actions
from django_convo.actions import maintenance
from django_convo.models import ScheduledMessage, get_conversation_model, get_message_model
from tests.people import make_direct, make_group, make_user
from tests.pictures import picture, upload

Deed = Callable[[], Any]

# Names on the face of the package that write nothing.
READS = {
    "EVERYONE",
    "UNSET",
    "OutgoingMessage",
    "find_direct",
    "find_repeated",
    "find_repeated_forward",
    "find_repeated_schedule",
}
# Several transactions: what was stopped halfway is half done, and goes on when it is called again.
IN_STEPS = {"erase_user", "send_due", "send_due_message"}
# Nobody's row is written; others are told.
WRITES_NO_ROW = {"show_typing"}
# Carried out again with the same `client_id`, these answer with what there is.
REPEATABLE = {"create_conversation", "forward_message", "schedule_message", "send_message"}


@dataclass(kw_only=True)
class World:
    """People, a group in which something was said, and somebody who is not in it."""

    ada: Any = field(default_factory=lambda: make_user("ada"))
    bob: Any = field(default_factory=lambda: make_user("bob"))
    cyd: Any = field(default_factory=lambda: make_user("cyd"))
    dan: Any = field(default_factory=lambda: make_user("dan"))

    def __post_init__(self) -> None:
        self.group = make_group(self.ada, self.bob, self.cyd, roles={self.bob.pk: "moderator"})
        self.first = self.say("hello", mentions=[self.cyd])
        self.group = self.first.conversation

    def say(self, body: str, *, actor: Any = None, **options: Any) -> Any:
        """Send to the group, as Ada unless somebody else is named."""
        return actions.send_message(actor=actor or self.ada, conversation=self.group, body=body, **options)

    def scheduled(self, *, is_due: bool = False) -> ScheduledMessage:
        """Schedule a message of Ada's; one that is due was so a minute ago."""
        now = timezone.now()
        row = actions.schedule_message(
            actor=self.ada,
            conversation=self.group,
            body="later",
            client_id="later",
            send_at=now + timedelta(hours=1),
            mentions=[self.cyd],
        )
        if is_due:
            ScheduledMessage.objects.filter(pk=row.pk).update(due_at=now - timedelta(minutes=1))
        return row

    def report(self) -> Any:
        return actions.report_message(actor=self.cyd, message=self.first, reason="spam")[0]


def _in_group(name: str, **options: Any) -> Callable[[World], Deed]:
    def prepare(world: World) -> Deed:
        return partial(getattr(actions, name), actor=world.ada, conversation=world.group, **options)

    return prepare


def _of_first(name: str, **options: Any) -> Callable[[World], Deed]:
    """Prepare an action of Bob's on what Ada said."""

    def prepare(world: World) -> Deed:
        return partial(getattr(actions, name), actor=world.bob, message=world.first, **options)

    return prepare


def _about(name: str, person: str, **options: Any) -> Callable[[World], Deed]:
    """Prepare an action of Ada's on somebody in the group."""

    def prepare(world: World) -> Deed:
        user = getattr(world, person)
        return partial(getattr(actions, name), actor=world.ada, conversation=world.group, user=user, **options)

    return prepare


def add_reaction(world: World) -> Deed:
    return _of_first("add_reaction", emoji="👍")(world)


def block_user(world: World) -> Deed:
    return partial(actions.block_user, actor=world.ada, user=world.bob)


def cancel_scheduled(world: World) -> Deed:
    return partial(actions.cancel_scheduled, actor=world.ada, scheduled=world.scheduled())


def create_attachment(world: World) -> Deed:
    # A file of its own each time: one that was read is at its end.
    return lambda: actions.create_attachment(actor=world.ada, file=ContentFile(picture(), "sea.jpg"))


def create_conversation(world: World) -> Deed:
    return partial(
        actions.create_conversation, actor=world.ada, participants=[world.dan], body="hello", client_id="first"
    )


def delete_attachment(world: World) -> Deed:
    file = upload(world.ada, picture(), "sea.jpg")
    world.say("look", attachments=[file])
    return partial(actions.delete_attachment, actor=world.bob, attachment=file)


def delete_draft(world: World) -> Deed:
    actions.save_draft(actor=world.ada, conversation=world.group, body="I wanted to")
    return _in_group("delete_draft")(world)


def delete_message(world: World) -> Deed:
    reply = world.say("yes @everyone", thread_root=world.first, mentions=[world.cyd])
    actions.pin_message(actor=world.ada, message=reply)
    return partial(actions.delete_message, actor=world.bob, message=reply)


def delete_user(world: World) -> Deed:
    return partial(actions.delete_user, actor=world.ada, user=world.ada)


def edit_message(world: World) -> Deed:
    return partial(actions.edit_message, actor=world.ada, message=world.first, body="hello, Bob", mentions=[world.bob])


def erase_user(world: World) -> Deed:
    file = upload(world.ada)
    world.say("look", attachments=[file])
    actions.add_reaction(actor=world.ada, message=world.first, emoji="👍")
    actions.save_draft(actor=world.ada, conversation=world.group, body="I wanted to")
    upload(world.ada)
    world.scheduled()
    world.report()
    return partial(actions.erase_user, actor=None, user=world.ada)


def forget_user(world: World) -> Deed:
    make_direct(world.ada, world.bob)
    return partial(actions.forget_user, user=world.ada)


def forward_message(world: World) -> Deed:
    message = world.say("look", attachments=[upload(world.ada, picture(), "sea.jpg")])
    other = make_direct(world.ada, world.bob)
    return partial(
        actions.forward_message, actor=world.ada, message=message, conversation=other, client_id="forwarded"
    )


def impose_sanction(world: World) -> Deed:
    return partial(
        actions.impose_sanction, actor=world.ada, user=world.cyd, kind="ban", conversation=world.group, reason="spam"
    )


def issue_ticket(world: World) -> Deed:
    return partial(actions.issue_ticket, actor=world.ada)


def join(world: World) -> Deed:
    channel = make_group(world.ada, kind="channel")
    return partial(actions.join, actor=world.dan, conversation=channel)


def lift_sanction(world: World) -> Deed:
    sanction, _ = actions.impose_sanction(actor=None, user=world.cyd, kind="mute", conversation=world.group)
    return partial(actions.lift_sanction, actor=world.ada, sanction=sanction)


def mark_delivered(world: World) -> Deed:
    return partial(actions.mark_delivered, actor=world.bob, conversation=world.group, seq=1)


def mark_read(world: World) -> Deed:
    return partial(actions.mark_read, actor=world.bob, conversation=world.group)


def mark_read_where_mentioned(world: World) -> Deed:
    """The conversation is locked, after one transaction that has written nothing."""
    return partial(actions.mark_read, actor=world.cyd, conversation=world.group)


def record_view(world: World) -> Deed:
    viewer = make_user("viewer", is_admin=True)
    return partial(actions.record_view, actor=viewer, conversations=[world.group], messages=[world.first])


def redeem_ticket(world: World) -> Deed:
    return partial(actions.redeem_ticket, ticket=actions.issue_ticket(actor=world.ada))


def refresh_access(world: World) -> Deed:
    return partial(actions.refresh_access, world.group)


def register_user(world: World) -> Deed:
    # Once for each world.
    fields = {"email": f"new-of-{world.group.pk}@example.com", "first_name": "New", "last_name": "Person"}
    return partial(actions.register_user, actor=None, fields=fields, password="a long password")


def remove_reaction(world: World) -> Deed:
    actions.add_reaction(actor=world.bob, message=world.first, emoji="👍")
    return _of_first("remove_reaction", emoji="👍")(world)


def reopen(world: World) -> Deed:
    actions.close(actor=world.ada, conversation=world.group)
    return _in_group("reopen")(world)


def restore_message(world: World) -> Deed:
    actions.delete_message(actor=world.ada, message=world.first)
    return partial(actions.restore_message, actor=world.ada, message=world.first)


def review_report(world: World) -> Deed:
    report = world.report()
    reviewer = make_user("reviewer", is_admin=True)
    return partial(actions.review_report, actor=reviewer, report=report, status="resolved", delete_message=True)


def schedule_message(world: World) -> Deed:
    send_at = timezone.now() + timedelta(hours=1)
    return _in_group("schedule_message", body="later", client_id="1", send_at=send_at, mentions=[world.cyd])(world)


def send_due(world: World) -> Deed:
    world.scheduled(is_due=True)
    return actions.send_due


def send_due_message(world: World) -> Deed:
    return partial(actions.send_due_message, scheduled=world.scheduled(is_due=True))


def send_message(world: World) -> Deed:
    file = upload(world.bob)
    return partial(
        actions.send_message,
        actor=world.bob,
        conversation=world.group,
        body="yes",
        client_id="1",
        reply_to=world.first,
        thread_root=world.first,
        attachments=[file],
        mentions=[world.cyd],
    )


def send_words(world: World) -> Deed:
    """Words alone: one statement where the database can."""
    return partial(
        actions.send_message, actor=world.bob, conversation=world.group, body="yes", client_id="1", metadata={"a": 1}
    )


def sanction_on_the_site(world: World) -> Deed:
    admin = make_user("admin", is_admin=True)
    return partial(actions.impose_sanction, actor=admin, user=world.cyd, kind="ban")


def unblock_user(world: World) -> Deed:
    actions.block_user(actor=world.ada, user=world.bob)
    return partial(actions.unblock_user, actor=world.ada, user=world.bob)


def unpin_message(world: World) -> Deed:
    actions.pin_message(actor=world.ada, message=world.first)
    return _of_first("unpin_message")(world)


def unsave_message(world: World) -> Deed:
    actions.save_message(actor=world.bob, message=world.first)
    return _of_first("unsave_message")(world)


def update_scheduled(world: World) -> Deed:
    return partial(actions.update_scheduled, actor=world.ada, scheduled=world.scheduled(), body="sooner")


def update_user(world: World) -> Deed:
    admin = make_user("admin", is_admin=True)
    return partial(actions.update_user, actor=admin, user=world.bob, fields={"first_name": "Robert"})


def empty_tombstones(world: World) -> Deed:
    message = world.say("look", attachments=[upload(world.ada)])
    actions.delete_message(actor=world.ada, message=message)
    return partial(maintenance.empty_tombstones, before=_soon(), after=0, limit=100)


def prune_conversation(world: World) -> Deed:
    actions.delete_conversation(actor=world.ada, conversation=world.group)
    return partial(maintenance.prune_conversation, conversation_id=world.group.pk, limit=100)


def prune_departures(world: World) -> Deed:
    actions.leave(actor=world.cyd, conversation=world.group)
    return partial(maintenance.prune_departures, before=_soon(), limit=100)


def prune_events(world: World) -> Deed:
    return partial(maintenance.prune_events, before=_soon(), after=None, limit=100)


def prune_messages(world: World) -> Deed:
    world.say("look", attachments=[upload(world.ada)])
    world.say("and so on")
    return partial(maintenance.prune_messages, conversation_id=world.group.pk, before=_soon(), limit=2)


def repair_conversation(world: World) -> Deed:
    """Set right what only somebody else's hand can have set wrong; that alone is not whole before it."""
    get_conversation_model()._default_manager.filter(pk=world.group.pk).update(count_seq=0, participant_count=7)
    get_message_model()._default_manager.filter(pk=world.first.pk).update(reply_count=7)
    return partial(maintenance.repair_conversation, conversation=world.group)


def _soon() -> Any:
    return timezone.now() + timedelta(minutes=1)


# By the name of the action; where one action goes several ways, the way follows its name.
DEEDS: dict[str, Callable[[World], Deed]] = {
    "add_participant": _about("add_participant", "dan"),
    "add_reaction": add_reaction,
    "block_user": block_user,
    "cancel_scheduled": cancel_scheduled,
    "change_role": _about("change_role", "cyd", role="moderator"),
    "close": _in_group("close"),
    "create_attachment": create_attachment,
    "create_conversation": create_conversation,
    "delete_attachment": delete_attachment,
    "delete_conversation": _in_group("delete_conversation"),
    "delete_draft": delete_draft,
    "delete_message": delete_message,
    "delete_user": delete_user,
    "edit_message": edit_message,
    "erase_user": erase_user,
    "forget_user": forget_user,
    "forward_message": forward_message,
    "impose_sanction": impose_sanction,
    "impose_sanction on the site": sanction_on_the_site,
    "issue_ticket": issue_ticket,
    "join": join,
    # The owner's: ownership is handed on.
    "leave": _in_group("leave"),
    "lift_sanction": lift_sanction,
    "mark_delivered": mark_delivered,
    "mark_read": mark_read,
    "mark_read where mentioned": mark_read_where_mentioned,
    "mark_unread": _in_group("mark_unread", seq=1),
    "pin_message": _of_first("pin_message"),
    "record_view": record_view,
    "redeem_ticket": redeem_ticket,
    "refresh_access": refresh_access,
    "register_user": register_user,
    "remove_participant": _about("remove_participant", "bob"),
    "remove_reaction": remove_reaction,
    "reopen": reopen,
    "report_message": _of_first("report_message", reason="abuse", comment="this"),
    "restore_message": restore_message,
    "review_report": review_report,
    "save_draft": _in_group("save_draft", body="I wanted to"),
    "save_message": _of_first("save_message"),
    "schedule_message": schedule_message,
    "send_due": send_due,
    "send_due_message": send_due_message,
    "send_message": send_message,
    "send_message words": send_words,
    "show_typing": _in_group("show_typing"),
    "unblock_user": unblock_user,
    "unpin_message": unpin_message,
    "unsave_message": unsave_message,
    "update_conversation": _in_group("update_conversation", title="sailing", slow_mode_seconds=5),
    "update_membership": _in_group("update_membership", pinned=True),
    "update_scheduled": update_scheduled,
    "update_user": update_user,
}


MAINTENANCE: dict[str, Callable[[World], Deed]] = {
    "empty_tombstones": empty_tombstones,
    "prune_conversation": prune_conversation,
    "prune_departures": prune_departures,
    "prune_events": prune_events,
    "prune_messages": prune_messages,
    "repair_conversation": repair_conversation,
}
# Names on that face that write nothing, and what is one statement.
MAINTENANCE_READS = {
    "MAX_FILLED_EVENTS",
    "Position",
    "repair_misplaced",
    "walk_conversations_with_expired",
    "walk_expired_conversations",
}


def action_of(name: str) -> str:
    """Return which action a row of the table is about."""
    return name.partition(" ")[0]
