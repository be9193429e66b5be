"""Who gets which status at every door: each method of each route, for each kind of actor.

A route or method that is not in the table fails the suite. What an actor may not see is the 404 of what is not there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.models import (
    AbstractConversation,
    AbstractMessage,
    Attachment,
    Report,
    Sanction,
    ScheduledMessage,
)
from django_convo.urls import urlpatterns
from tests.people import make_direct, make_group, make_user
from tests.pictures import upload

ACTORS = (
    "owner",
    "moderator",
    "member",
    "observer",
    "ex_participant",
    "stranger",
    "site_admin",
    "deactivated",
    "anonymous",
)

pytestmark = pytest.mark.django_db


@dataclass(kw_only=True)
class World:
    """A group, a channel and a direct, and everybody who might knock."""

    actors: dict[str, Any]
    bystander: Any
    group: AbstractConversation
    channel: AbstractConversation
    direct: AbstractConversation
    messages: dict[str, AbstractMessage]
    scheduled: ScheduledMessage
    attachments: dict[str, Attachment]
    report: Report
    sanction: Sanction


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Make the world once: each test undoes what it did to it, and making it takes far longer than a request."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made: World, settings: Any) -> World:
    settings.CONVO_USERS_API = "full"
    settings.CONVO_REGISTRATION = "open"
    return made


def make_world() -> World:
    actors = {name: make_user(name) for name in ACTORS if name not in ("site_admin", "anonymous")}
    actors["site_admin"] = make_user("admin", is_admin=True)
    actors["anonymous"] = None
    bystander = make_user("bystander")

    def populated(kind: str) -> AbstractConversation:
        conversation = make_group(actors["owner"], bystander, kind=kind, title=kind)
        for name in ("moderator", "member", "observer"):
            actions.add_participant(actor=None, conversation=conversation, user=actors[name], role=name)
        for name in ("ex_participant", "deactivated"):
            actions.add_participant(actor=None, conversation=conversation, user=actors[name])
        return conversation

    group, channel = populated("group"), populated("channel")
    direct = make_direct(actors["member"], actors["owner"])
    messages = {
        kind: actions.send_message(actor=actors["owner"], conversation=conversation, body="secret")
        for kind, conversation in (("group", group), ("channel", channel), ("direct", direct))
    }
    attachments = {kind: upload(actors["owner"], b"secret") for kind in messages}
    for kind, conversation in (("group", group), ("channel", channel), ("direct", direct)):
        actions.send_message(actor=actors["owner"], conversation=conversation, attachments=[attachments[kind]])
    scheduled = actions.schedule_message(
        actor=actors["owner"], conversation=group, body="secret", send_at=timezone.now() + timedelta(days=1)
    )
    rude = actions.send_message(actor=actors["moderator"], conversation=group, body="rude")
    report, _ = actions.report_message(actor=bystander, message=rude, reason="abuse")
    sanction, _ = actions.impose_sanction(actor=actors["owner"], user=bystander, kind="mute", conversation=group)
    for conversation in (group, channel):
        actions.leave(actor=actors["ex_participant"], conversation=conversation)
    actors["deactivated"].is_active = False
    actors["deactivated"].save()
    return World(
        actors=actors,
        bystander=bystander,
        group=group,
        channel=channel,
        direct=direct,
        messages=messages,
        scheduled=scheduled,
        attachments=attachments,
        report=report,
        sanction=sanction,
    )


Body = Callable[[World], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One door and what each actor gets there; actors in the order of ACTORS, less the last two, who get 403."""

    route: str
    method: str
    statuses: tuple[int, ...]
    kind: str = "group"
    body: Body = lambda world: {}
    query: str = ""
    format: str = "json"


def row(route: str, method: str, statuses: str, **options: Any) -> Row:
    return Row(route=route, method=method, statuses=tuple(map(int, statuses.split())), **options)


def below_a_message(name: str, method: str, statuses: str, **options: Any) -> list[Row]:
    """Return the rows of both addresses below a message, in a group, a channel and a direct.

    `statuses` are those of a group by the canonical address. The flat one knows nothing of a conversation that is seen
    and not read; in a direct, `owner` and `member` are the two, and both are members there.
    """
    owner, moderator, member, observer, ex, stranger, admin = statuses.split()
    flat = " ".join([owner, moderator, member, observer, ex, stranger, "404"])
    in_channel = " ".join([owner, moderator, member, observer, "403", "403", admin])
    options_of_direct = {**options, "kind": "direct"}
    in_direct = " ".join([owner, "404", member, "404", "404", "404", admin])
    return [
        row(f"conversation-message-{name}", method, statuses, **options),
        row(f"message-{name}", method, flat, **options),
        row(f"conversation-message-{name}", method, in_channel, kind="channel", **options),
        row(f"message-{name}", method, flat, kind="channel", **options),
        row(f"conversation-message-{name}", method, in_direct, **options_of_direct),
        row(f"message-{name}", method, " ".join([*in_direct.split()[:6], "404"]), **options_of_direct),
    ]


EVERYONE = "200 200 200 200 200 200 200"
MEMBERS = "200 200 200 200 404 404 403"


def adding(world: World) -> dict[str, Any]:
    return {"user_id": str(world.bystander.pk)}


def sanctioning(kind: str | None) -> Body:
    """Return what bans the bystander from the conversation of that kind, or the site; a direct has mutes alone."""
    return lambda world: {
        "user_id": str(world.bystander.pk),
        "kind": "ban" if kind != "direct" else "mute",
        **({} if kind is None else {"conversation": str(getattr(world, kind).pk)}),
    }


# owner moderator member observer | ex-participant stranger | site admin
TABLE = [
    # The message is the owner's.
    *below_a_message("report", "post", "403 201 201 201 404 404 403", body=lambda world: {"reason": "spam"}),
    row("report-list", "get", "403 403 403 403 403 403 200"),
    row("report-detail", "get", "404 404 404 404 404 404 200"),
    row("report-detail", "patch", "404 404 404 404 404 404 200", body=lambda world: {"status": "resolved"}),
    row("sanction-list", "get", "403 403 403 403 403 403 200"),
    row("sanction-list", "get", "200 200 403 403 404 404 200", query="conversation_id"),
    row("sanction-list", "get", "200 200 403 403 403 403 200", query="conversation_id", kind="channel"),
    row("sanction-list", "get", "403 404 403 404 404 404 200", query="conversation_id", kind="direct"),
    row("sanction-list", "post", "403 403 403 403 403 403 201", body=sanctioning(None)),
    row("sanction-list", "post", "201 201 403 403 404 404 201", body=sanctioning("group")),
    row("sanction-list", "post", "201 201 403 403 403 403 201", body=sanctioning("channel"), kind="channel"),
    row("sanction-list", "post", "403 404 403 404 404 404 201", body=sanctioning("direct"), kind="direct"),
    row("sanction-detail", "delete", "204 204 404 404 404 404 204"),
    row("audit-list", "get", "403 403 403 403 403 403 200"),
    row("block-list", "get", EVERYONE),
    row("user-block", "put", "204 204 204 204 404 404 204"),
    row("user-block", "delete", "204 204 204 204 404 404 204"),
    row("config", "get", EVERYONE),
    row("conversation-list", "get", EVERYONE),
    row(
        "conversation-list",
        "post",
        "201 201 201 201 400 400 201",  # a user whom one does not see is an invalid reference
        body=lambda world: {"participants": [str(world.bystander.pk)], "kind": "group"},
    ),
    row("conversation-detail", "get", "200 200 200 200 404 404 200"),
    row("conversation-detail", "patch", "200 200 403 403 404 404 403", body=lambda world: {"title": "new"}),
    row("conversation-detail", "delete", "204 403 403 403 404 404 204"),
    row("conversation-close", "post", "200 200 403 403 404 404 200"),
    row("conversation-reopen", "post", "200 200 403 403 404 404 200"),
    row("conversation-add-participant", "post", "200 200 403 403 404 404 200", body=adding),
    row("conversation-remove-participant", "post", "200 200 403 403 404 404 200", body=adding),
    row("conversation-join", "post", "403 403 403 403 404 404 403"),  # only channels can be joined
    row("conversation-leave", "post", "200 200 200 200 404 404 200"),
    row("participant-list", "get", "200 200 200 200 404 404 200"),
    row("participant-detail", "patch", "200 200 403 403 404 404 200", body=lambda world: {"role": "observer"}),
    row("membership", "get", MEMBERS),
    row("membership", "patch", MEMBERS, body=lambda world: {"pinned": True}),
    row("conversation-read", "post", MEMBERS),
    row("conversation-unread", "post", MEMBERS, body=lambda world: {"seq": 1}),
    row("conversation-message-list", "get", MEMBERS),
    row("conversation-message-list", "post", "201 201 201 403 404 404 403", body=lambda world: {"message_body": "x"}),
    row("conversation-message-detail", "get", MEMBERS),
    # The message is the owner's; who moderates may delete it, and nobody but whoever deleted restores it.
    *below_a_message("detail", "patch", "200 403 403 403 404 404 403", body=lambda world: {"message_body": "new"}),
    *below_a_message("detail", "delete", "204 204 403 403 404 404 403"),
    *below_a_message("restore", "post", "200 200 403 403 404 404 403"),
    *below_a_message("revisions", "get", "200 200 200 403 404 404 403"),
    *below_a_message("replies", "get", "200 200 200 200 404 404 403"),
    *below_a_message(
        "forward", "post", "201 201 201 403 404 404 403", body=lambda world: {"conversation": str(world.group.pk)}
    ),
    # What the owner has scheduled is the owner's alone.
    row("scheduled-list", "get", EVERYONE),
    row("scheduled-detail", "get", "200 404 404 404 404 404 404"),
    row("scheduled-detail", "patch", "200 404 404 404 404 404 404", body=lambda world: {"message_body": "new"}),
    row("scheduled-detail", "delete", "204 404 404 404 404 404 404"),
    row("message-list", "get", EVERYONE),
    row(
        "message-list",
        "post",
        "201 201 201 403 404 404 403",
        body=lambda world: {"conversation": str(world.group.pk), "message_body": "x"},
    ),
    row("message-by-conversation", "get", MEMBERS, query="conversation_id"),
    row("message-detail", "get", "200 200 200 200 404 404 404"),
    row("event-list", "get", MEMBERS),
    row(
        "attachment-list",
        "post",
        "201 201 201 201 201 201 201",  # whoever may send somewhere
        body=lambda world: {"file": SimpleUploadedFile("notes.txt", b"words")},
        format="multipart",
    ),
    row("attachment-detail", "get", "200 200 200 200 404 404 404"),
    row("attachment-download", "get", "200 200 200 200 404 404 404"),
    row("conversation-attachment-list", "get", MEMBERS),
    row("sync", "post", EVERYONE),
    row("ticket", "post", "201 201 201 201 201 201 201"),
    # By WSGI, as tests are, to whoever may have it by ASGI.
    row("stream", "get", "501 501 501 501 501 501 501"),
    row("typing", "post", "204 204 204 403 404 404 403"),
    row("typing", "post", "204 204 204 403 403 403 403", kind="channel"),
    row("typing", "post", "204 404 204 404 404 404 403", kind="direct"),
    row("unread", "get", EVERYONE),
    row("search", "get", EVERYONE, query="q"),
    *(
        row(f"{prefix}message-{name}", method, statuses)
        for prefix, admin in (("conversation-", "403"), ("", "404"))
        for name, statuses in (
            ("reactions", f"200 200 200 403 404 404 {admin}"),
            ("pin", f"200 200 200 403 404 404 {admin}"),
            ("save", f"200 200 200 200 404 404 {admin}"),
        )
        for method in ("put", "delete")
    ),
    row("conversation-message-readers", "get", MEMBERS),
    row("message-readers", "get", "200 200 200 200 404 404 404"),
    row("pin-list", "get", MEMBERS),
    row("receipt-list", "get", MEMBERS),
    row("draft", "put", MEMBERS, body=lambda world: {"message_body": "x"}),
    row("draft", "delete", MEMBERS),
    row("user-list", "get", EVERYONE),
    row("user-me", "get", EVERYONE),
    row("user-detail", "get", "200 200 200 200 404 404 200"),
    row("user-detail", "put", "403 403 403 403 404 404 200", body=lambda world: {"first_name": "A", "last_name": "B"}),
    row("user-detail", "patch", "403 403 403 403 404 404 200", body=lambda world: {"first_name": "A"}),
    row("user-detail", "delete", "403 403 403 403 404 404 204"),
    # A channel is seen by those who may join it, but not its messages.
    row("conversation-detail", "get", "200 200 200 200 200 200 200", kind="channel"),
    row("conversation-join", "post", EVERYONE, kind="channel"),
    row("conversation-leave", "post", EVERYONE, kind="channel"),
    row(
        "conversation-detail",
        "patch",
        "200 200 403 403 403 403 403",
        kind="channel",
        body=lambda world: {"title": "n"},
    ),
    row("conversation-detail", "delete", "204 403 403 403 403 403 204", kind="channel"),
    row("conversation-close", "post", "200 200 403 403 403 403 200", kind="channel"),
    row("conversation-reopen", "post", "200 200 403 403 403 403 200", kind="channel"),
    row("participant-list", "get", "200 200 200 200 403 403 200", kind="channel"),
    row("membership", "get", "200 200 200 200 403 403 403", kind="channel"),
    row("membership", "patch", "200 200 200 200 403 403 403", kind="channel", body=lambda world: {"pinned": True}),
    row("conversation-read", "post", "200 200 200 200 403 403 403", kind="channel"),
    row("conversation-unread", "post", "200 200 200 200 403 403 403", kind="channel", body=lambda world: {"seq": 1}),
    row("conversation-message-list", "get", "200 200 200 200 403 403 403", kind="channel"),
    row(
        "conversation-message-list",
        "post",
        "201 201 201 403 403 403 403",
        kind="channel",
        body=lambda world: {"message_body": "x"},
    ),
    row("conversation-message-detail", "get", "200 200 200 200 403 403 403", kind="channel"),
    row("message-detail", "get", "200 200 200 200 404 404 404", kind="channel"),
    row("message-by-conversation", "get", "200 200 200 200 403 403 403", kind="channel", query="conversation_id"),
    row("event-list", "get", "200 200 200 200 403 403 403", kind="channel"),
    row("attachment-detail", "get", "200 200 200 200 404 404 404", kind="channel"),
    row("attachment-download", "get", "200 200 200 200 404 404 404", kind="channel"),
    row("conversation-attachment-list", "get", "200 200 200 200 403 403 403", kind="channel"),
    *(
        row(f"conversation-message-{name}", "put", f"200 200 200 {observer} 403 403 403", kind="channel")
        for name, observer in (("reactions", "403"), ("pin", "403"), ("save", "200"))
    ),
    *(
        row(f"message-{name}", "put", f"200 200 200 {observer} 404 404 404", kind="channel")
        for name, observer in (("reactions", "403"), ("pin", "403"), ("save", "200"))
    ),
    row("conversation-message-readers", "get", "200 200 200 200 403 403 403", kind="channel"),
    row("message-readers", "get", "200 200 200 200 404 404 404", kind="channel"),
    row("pin-list", "get", "200 200 200 200 403 403 403", kind="channel"),
    row("receipt-list", "get", "200 200 200 200 403 403 403", kind="channel"),
    row("draft", "put", "200 200 200 200 403 403 403", kind="channel", body=lambda world: {"message_body": "x"}),
    # A direct is fixed; the two are `owner` and `member` here.
    row("conversation-detail", "get", "200 404 200 404 404 404 200", kind="direct"),
    row(
        "conversation-detail", "patch", "403 404 403 404 404 404 403", kind="direct", body=lambda world: {"title": "n"}
    ),
    row("conversation-detail", "delete", "403 404 403 404 404 404 403", kind="direct"),
    row("conversation-add-participant", "post", "403 404 403 404 404 404 403", kind="direct", body=adding),
    row("conversation-remove-participant", "post", "403 404 403 404 404 404 403", kind="direct", body=adding),
    row("conversation-join", "post", "403 404 403 404 404 404 403", kind="direct"),
    row("conversation-leave", "post", "403 404 403 404 404 404 403", kind="direct"),
    row("conversation-message-list", "get", "200 404 200 404 404 404 403", kind="direct"),
    row(
        "conversation-message-list",
        "post",
        "201 404 201 404 404 404 403",
        kind="direct",
        body=lambda world: {"message_body": "x"},
    ),
    row("conversation-message-detail", "get", "200 404 200 404 404 404 403", kind="direct"),
    *(
        row(f"conversation-message-{name}", "put", "200 404 200 404 404 404 403", kind="direct")
        for name in ("reactions", "pin", "save")
    ),
    row("conversation-message-readers", "get", "200 404 200 404 404 404 403", kind="direct"),
    row("pin-list", "get", "200 404 200 404 404 404 403", kind="direct"),
    row("receipt-list", "get", "200 404 200 404 404 404 403", kind="direct"),
    row("draft", "put", "200 404 200 404 404 404 403", kind="direct", body=lambda world: {"message_body": "x"}),
    row("event-list", "get", "200 404 200 404 404 404 403", kind="direct"),
    row("attachment-detail", "get", "200 404 200 404 404 404 404", kind="direct"),
    row("attachment-download", "get", "200 404 200 404 404 404 404", kind="direct"),
    row("conversation-attachment-list", "get", "200 404 200 404 404 404 403", kind="direct"),
]
# Registering is open to those who are not logged in too; its own tests say to whom by each setting.
OWN_TESTS = {("user-list", "post")}


def doors() -> Iterator[tuple[str, str]]:
    """Yield each route and method that the package serves."""
    for pattern in urlpatterns:
        # DRF adds `head` to a view at its first request.
        for method in set(pattern.callback.actions) - {"head"}:
            yield str(pattern.name), method


def test_every_door_is_in_the_table() -> None:
    assert set(doors()) == {(row.route, row.method) for row in TABLE} | OWN_TESTS


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method}-{row.route}-{row.kind}")
def test_status(world: World, row: Row) -> None:
    found, leaking = {}, []
    for actor in ACTORS:
        # Each finds the world as it was made: making it takes far longer than the request.
        with transaction.atomic():
            response = knock(world, row, actor)
            transaction.set_rollback(True)
        found[actor] = response.status_code
        is_member = actor in ("owner", "moderator", "member", "observer") or row.route == "conversation-join"
        if not is_member and b"secret" in b"".join(response):
            leaking.append(actor)

    assert found == dict(zip(ACTORS, (*row.statuses, 403, 403), strict=True))
    assert leaking == []


@pytest.mark.parametrize(
    "row", [row for row in TABLE if 404 in row.statuses], ids=lambda row: f"{row.method}-{row.route}-{row.kind}"
)
def test_what_is_not_seen_answers_as_what_is_not_there(world: World, row: Row) -> None:
    unseen, statements = counted(world, row, set())
    missing, as_many = counted(
        world,
        row,
        {
            "attachment_id",
            "conversation_id",
            "message_id",
            "report_id",
            "sanction_id",
            "scheduled_id",
            "user_id",
            "conversation",
        },
    )

    assert unseen.status_code == missing.status_code == 404
    assert unseen.json() == missing.json() == {"detail": "Not found.", "code": "not_found"}
    assert statements == as_many


def counted(world: World, row: Row, unknown: set[str]) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as queries:
        response = knock(world, row, "stranger", unknown=unknown)
    return response, len(queries)


def knock(world: World, row: Row, actor: str, *, unknown: set[str] | None = None, more: str = "") -> Any:
    """Make the request of the row as the actor; the ids named in `unknown` are replaced by ones that do not exist.

    `more` is a query beside the row's own.
    """
    conversation = getattr(world, row.kind)
    ids = {
        "conversation_id": str(conversation.pk),
        "message_id": str(world.messages[row.kind].pk),
        "user_id": str(world.bystander.pk),
        "q": "secret",
        "scheduled_id": str(world.scheduled.pk),
        "report_id": str(world.report.pk),
        "sanction_id": str(world.sanction.pk),
        "attachment_id": str(world.attachments[row.kind].pk),
        "emoji": "👍",
    }
    body = row.body(world)
    for name in unknown or ():
        if name in ids:
            ids[name] = str(uuid.uuid4()) if name != "user_id" else unknown_user_key(world.bystander.pk)
        if name in body:
            body[name] = str(uuid.uuid4()) if name != "user_id" else unknown_user_key(world.bystander.pk)
    arguments = next(pattern for pattern in urlpatterns if pattern.name == row.route).pattern.converters
    url = reverse(f"django_convo:{row.route}", kwargs={name: ids[name] for name in arguments})
    if row.query:
        url = f"{url}?{row.query}={ids[row.query]}"
    if more:
        url = f"{url}{'&' if row.query else '?'}{more}"
    client = APIClient()
    user = world.actors[actor]
    if user is not None:
        client.force_authenticate(user)
    return getattr(client, row.method)(url, body if row.method != "get" else None, format=row.format)


def unknown_user_key(known: Any) -> str:
    return str(uuid.uuid4()) if isinstance(known, uuid.UUID) else str(2**31 - 1)
