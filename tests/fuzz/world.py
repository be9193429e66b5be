"""What there is to ask about: people, conversations of each kind, and something of all that can be in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.authtoken.models import Token

from django_convo import actions
from tests.people import make_direct, make_group, make_user
from tests.pictures import picture, upload
from tests.projects.bookings.models import Booking

# Whose tokens are sent: somebody who is everything that one can be in a conversation, and an administrator.
ACTORS = ("ada", "admin")
# What conversations of the world are about.
SUBJECT = "test_bookings.booking"


@dataclass(frozen=True, kw_only=True)
class World:
    """Tokens by actor, ids by what they are of, and the messages of each conversation."""

    tokens: Mapping[str, str]
    ids: Mapping[str, list[str]]
    messages: Mapping[str, list[str]]


def make_world() -> World:
    """Fill the database: what is there is owned by Ada, moderated by her, or none of her business."""
    people = {name: make_user(name) for name in ("ada", "bob", "cyd", "dan", "eve")}
    people["admin"] = make_user("admin", is_admin=True)
    people["gone"] = make_user("gone")
    ada, bob, cyd, eve, admin = (people[name] for name in ("ada", "bob", "cyd", "eve", "admin"))
    booking = Booking.objects.create(guest=ada, host=bob)
    conversations = {
        "owned": make_group(ada, bob, cyd, admin, people["gone"], title="Lighthouse", metadata={"a": [1, None]}),
        "moderated": make_group(bob, ada, cyd, title="Harbour", roles={ada.pk: "moderator"}),
        "observed": make_group(cyd, ada, bob, title="Pier", roles={ada.pk: "observer"}),
        "joined": make_group(cyd, ada, kind="channel", title="Weather"),
        "open": make_group(bob, cyd, kind="channel", title="Tides"),
        "direct": make_direct(ada, bob),
        "booking": make_direct(ada, bob, subject=booking),
        "others": make_direct(bob, cyd),
        "left": make_group(ada, bob, cyd, title="Left"),
        "closed": make_group(ada, bob, title="Closed"),
    }
    messages: dict[str, list[str]] = {}
    for name, conversation in conversations.items():
        sender = bob if name in ("owned", "direct", "others", "closed") else conversation.created_by
        sent = _talk(conversation, sender=sender, ada=ada if name not in ("open", "others", "observed") else cyd)
        messages[str(conversation.pk)] = [str(message.pk) for message in sent]
    owned, observed = conversations["owned"], conversations["observed"]
    seen = actions.send_message(actor=bob, conversation=owned, body="Is the lamp lit?", mentions=[ada])
    own = actions.send_message(actor=ada, conversation=owned, body="It is.", client_id="known", reply_to=seen)
    actions.edit_message(actor=ada, message=own, body="It is lit.")
    actions.pin_message(actor=ada, message=seen)
    actions.save_message(actor=ada, message=seen)
    actions.save_draft(actor=ada, conversation=owned, body="And the", reply_to=seen)
    deleted = actions.send_message(actor=ada, conversation=owned, body="Oops")
    actions.delete_message(actor=ada, message=deleted)
    files = [upload(ada, picture(), "lamp.jpg"), upload(ada), upload(cyd)]
    sent_files = [upload(bob, picture(), "sea.jpg"), upload(bob)]
    with_files = actions.send_message(actor=bob, conversation=owned, attachments=sent_files)
    hidden = upload(cyd)
    actions.send_message(actor=cyd, conversation=conversations["others"], attachments=[hidden])
    messages[str(owned.pk)] += [str(message.pk) for message in (seen, own, deleted, with_files)]
    tomorrow = timezone.now() + timedelta(days=1)
    later: dict[str, Any] = {"conversation": owned, "body": "Still lit", "send_at": tomorrow, "client_id": "later"}
    scheduled = [actions.schedule_message(actor=actor, **later) for actor in (ada, bob)]
    reports = [
        actions.report_message(actor=actor, message=message, reason="other", comment="?")[0]
        for actor, message in ((ada, seen), (cyd, own), (ada, with_files))
    ]
    actions.review_report(actor=admin, report=reports[1], status="resolved", resolution="fine")
    sanctions = [
        actions.impose_sanction(actor=admin, user=eve, kind="ban")[0],
        actions.impose_sanction(actor=ada, user=eve, kind="mute", conversation=owned)[0],
        actions.impose_sanction(actor=cyd, user=bob, kind="mute", conversation=observed)[0],
    ]
    actions.lift_sanction(actor=ada, sanction=sanctions[1])
    actions.block_user(actor=ada, user=people["dan"])
    actions.update_membership(actor=ada, conversation=conversations["moderated"], pinned=True)
    actions.update_membership(actor=ada, conversation=conversations["booking"], archived=True)
    actions.leave(actor=ada, conversation=conversations["left"])
    actions.close(actor=ada, conversation=conversations["closed"])
    people["dan"].is_active = False
    people["dan"].save(update_fields=["is_active"])
    # Their messages stay, without a name.
    actions.send_message(actor=people["gone"], conversation=owned, body="Farewell")
    actions.delete_user(actor=None, user=people.pop("gone"))
    return World(
        tokens={name: Token.objects.create(user=people[name]).key for name in ACTORS},
        messages=messages,
        ids={
            "attachment": [str(row.pk) for row in (*files, *sent_files, hidden)],
            "booking": [str(booking.pk)],
            "conversation": [str(row.pk) for row in conversations.values()],
            "report": [str(row.pk) for row in reports],
            "sanction": [str(row.pk) for row in sanctions],
            "scheduled": [str(row.pk) for row in scheduled],
            "user": [str(user.pk) for user in people.values()],
        },
    )


def _talk(conversation: Any, *, sender: Any, ada: Any) -> list[Any]:
    """Say something, answer it in a thread, and react."""
    first = actions.send_message(actor=sender, conversation=conversation, body="Good evening, lighthouse")
    answer = actions.send_message(actor=ada, conversation=conversation, body="Good evening", thread_root=first)
    actions.add_reaction(actor=ada, message=first, emoji="👍")
    system = actions.send_message(actor=None, conversation=conversation, body="The tide turns")
    return [first, answer, system]
