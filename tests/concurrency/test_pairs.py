"""Two things that people do to one conversation, at once: whichever comes first, the other one finds it done.

Every pair of a table, over REST, each many times; `CONVO_RACE_ROUNDS` makes it more.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from typing import Any

import pytest
from django.urls import reverse

from django_convo.models import Event, Participant, get_conversation_model, get_message_model
from django_convo.selectors.differences import find_differences
from tests.concurrency.conftest import Crowd
from tests.people import json_key, make_group, make_user
from tests.recount import assert_counts

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROUNDS = int(os.environ.get("CONVO_RACE_ROUNDS", "3"))
SENDS = 4
# What there is to be said to somebody who came second; 401 to whose account went.
REFUSED = {400, 401, 403, 404, 503}
CODES = {
    "conversation_closed",
    "invalid_reference",
    "last_owner",
    "not_authenticated",
    "not_found",
    "permission_denied",
    "role_too_high",
    "try_again",
}


@dataclass
class Scene:
    """A group of two owners, one of whom does most of it, and a member to whom it is done; an outsider."""

    ada: Any = field(default_factory=lambda: make_user("ada"))
    bob: Any = field(default_factory=lambda: make_user("bob"))
    cyd: Any = field(default_factory=lambda: make_user("cyd"))
    dan: Any = field(default_factory=lambda: make_user("dan"))

    def __post_init__(self) -> None:
        self.group = make_group(self.ada, self.bob, self.cyd, roles={self.bob.pk: "owner"})
        self.people = {json_key(user): user for user in (self.ada, self.bob, self.cyd, self.dan)}

    def asks(
        self, user: Any, method: str, route: str, body: dict[str, Any] | None = None, times: int = 1, **key: Any
    ) -> dict[str, Any]:
        """Return the task of a request about the group."""
        path = reverse(f"django_convo:{route}", kwargs={"conversation_id": self.group.pk, **key})
        task = {"job": "request", "actor": json_key(user), "method": method, "path": path, "times": times}
        return task if body is None else task | {"body": body}

    def moves(self, actor: Any, verb: str, user: Any) -> dict[str, Any]:
        """Return the task of adding or removing somebody."""
        return self.asks(actor, "post", f"conversation-{verb}-participant", {"user_id": json_key(user)})

    def sends(self, user: Any) -> dict[str, Any]:
        body = {"message_body": "{turn}", "client_id": "{turn}"}
        return self.asks(user, "post", "conversation-message-list", body, times=SENDS)


# Who does what. Of a pair of the same thing, the second is done by, or to, somebody else where there is somebody.
Act = Callable[[Scene], dict[str, Any]]
ACTS: dict[str, tuple[Act, Act]] = {
    "add": (
        lambda scene: scene.moves(scene.ada, "add", scene.dan),
        lambda scene: scene.moves(scene.bob, "add", scene.dan),
    ),
    "remove": (
        lambda scene: scene.asks(
            scene.ada, "post", "conversation-remove-participant", {"user_id": json_key(scene.cyd)}
        ),
        lambda scene: scene.asks(
            scene.bob, "post", "conversation-remove-participant", {"user_id": json_key(scene.cyd)}
        ),
    ),
    "leave": (
        lambda scene: scene.asks(scene.cyd, "post", "conversation-leave"),
        lambda scene: scene.asks(scene.cyd, "post", "conversation-leave"),
    ),
    "owner leaves": (
        lambda scene: scene.asks(scene.ada, "post", "conversation-leave"),
        lambda scene: scene.asks(scene.bob, "post", "conversation-leave"),
    ),
    "promote": (
        lambda scene: scene.asks(
            scene.ada, "patch", "participant-detail", {"role": "owner"}, user_id=json_key(scene.cyd)
        ),
        lambda scene: scene.asks(
            scene.bob, "patch", "participant-detail", {"role": "moderator"}, user_id=json_key(scene.cyd)
        ),
    ),
    "send": (lambda scene: scene.sends(scene.cyd), lambda scene: scene.sends(scene.ada)),
    "close": (
        lambda scene: scene.asks(scene.ada, "post", "conversation-close"),
        lambda scene: scene.asks(scene.bob, "post", "conversation-close"),
    ),
    "delete": (
        lambda scene: scene.asks(scene.ada, "delete", "conversation-detail"),
        lambda scene: scene.asks(scene.bob, "delete", "conversation-detail"),
    ),
    "erase": (
        lambda scene: {"job": "erase_account", "user": json_key(scene.cyd)},
        lambda scene: {"job": "erase_account", "user": json_key(scene.cyd)},
    ),
    "owner is erased": (
        lambda scene: {"job": "erase_account", "user": json_key(scene.ada)},
        lambda scene: {"job": "erase_account", "user": json_key(scene.bob)},
    ),
}
PAIRS = list(combinations_with_replacement(ACTS, 2))


@pytest.mark.parametrize("first", ACTS)
def test_pairs_at_once_leave_the_conversation_right(crowd: Crowd, first: str) -> None:
    for one, other in PAIRS:
        if one == first:
            _race(crowd, one, other)


def _race(crowd: Crowd, one: str, other: str) -> None:
    scenes = [Scene() for _ in range(ROUNDS)]
    tasks = [task for scene in scenes for task in (ACTS[one][0](scene), ACTS[other][1 if one == other else 0](scene))]
    answers = crowd.run(tasks)
    for number, scene in enumerate(scenes):
        pair = answers[2 * number : 2 * number + 2]
        for task, turns in zip(tasks[2 * number : 2 * number + 2], pair, strict=True):
            for answer in turns:
                _judge_answer(task, answer, (one, other))
        _judge(scene, tasks[2 * number : 2 * number + 2], pair, (one, other))


def _judge_answer(task: dict[str, Any], answer: Any, where: tuple[str, str]) -> None:
    assert "error" not in answer, (where, task, answer)
    if "status" in answer and answer["status"] not in (200, 201, 204):
        assert answer["status"] in REFUSED, (where, task, answer)
        assert answer["code"] in CODES, (where, task, answer)


def _judge(scene: Scene, tasks: list[dict[str, Any]], answers: list[list[Any]], where: tuple[str, str]) -> None:
    row = get_conversation_model()._default_manager.get(pk=scene.group.pk)
    log = list(Event.objects.filter(conversation=row.pk).order_by("event_seq"))
    messages = list(get_message_model()._default_manager.filter(conversation=row.pk).order_by("seq"))
    assert [event.event_seq for event in log] == list(range(1, row.event_seq + 1)), where
    assert [message.seq for message in messages] == list(range(1, row.last_seq + 1)), where
    if row.deleted_at is None:
        assert find_differences([row.pk]) == [], where
        assert_counts(row.pk)
    _judge_log(scene, log, _senders(tasks, answers, messages), where)
    roles = Counter(Participant.objects.filter(conversation=row.pk).values_list("role", flat=True))
    assert row.participant_count == roles.total(), where
    if roles:
        assert roles["owner"] >= 1, where
    elif row.deleted_at is None:
        assert row.closed_at is not None, where


def _senders(tasks: list[dict[str, Any]], answers: list[list[Any]], messages: list[Any]) -> dict[str, Any]:
    """Return who sent which message, as they were told: rows forget a sender whose account has gone."""
    told = {
        answer["message_id"]: task["actor"]
        for task, turns in zip(tasks, answers, strict=True)
        for answer in turns
        if task.get("path", "").endswith("/messages/") and answer["status"] in (200, 201)
    }
    # What was accepted is there, once; nothing else is.
    assert sorted(told) == sorted(str(message.pk) for message in messages)
    return told


def _judge_log(scene: Scene, log: list[Event], senders: dict[str, Any], where: tuple[str, str]) -> None:
    """Walk through the log: nobody acts before they came or after they went, and nothing follows the end."""
    inside = {json_key(user) for user in (scene.ada, scene.bob, scene.cyd)}
    is_closed = is_deleted = False
    for event in log:
        assert not is_deleted or event.type == "participant.removed" or _is_handing_on(event), (where, event.type)
        if event.type == "participant.added":
            assert event.payload["user"] not in inside, where
            assert not is_closed, where
            inside.add(event.payload["user"])
        elif event.type == "participant.removed":
            assert event.payload["user"] in inside, where
            inside.remove(event.payload["user"])
        elif event.type == "participant.updated":
            assert event.payload["user"] in inside, where
        elif event.type == "message.created":
            assert senders[event.payload["message_id"]] in inside, where
            assert not is_closed, where
        is_closed = is_closed or event.type == "conversation.closed"
        is_deleted = is_deleted or event.type == "conversation.deleted"
    members = Participant.objects.filter(conversation=scene.group.pk).select_related("user")
    assert inside == {json_key(member.user) for member in members}, where


def _is_handing_on(event: Event) -> bool:
    """Say whether the event is what the going of an account brings along, in a tombstone too."""
    return event.type in ("participant.updated", "conversation.closed") and event.actor_id is None
