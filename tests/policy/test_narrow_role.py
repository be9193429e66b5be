"""docs/howto/narrow-a-role.md: what `CONVO_ROLES` takes away is gone on every door."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_convo import actions
from django_convo.exceptions import Denied, InvalidReference
from django_convo.policy import capabilities as c
from django_convo.selectors.messages import revisions
from tests.api.conftest import As, client_of
from tests.people import make_group, make_user

__all__ = ["client_of"]

if not hasattr(get_user_model(), "role"):
    pytest.skip("this user model has no guests and hosts", allow_module_level=True)

pytestmark = pytest.mark.django_db

GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "narrow-a-role.md"
# For each ordinary capability, what it takes: the action, and the request with its answer when it is refused.
Door = tuple[Callable[[Any, "Scene"], object], Callable[[Any, "Scene"], Any], int]


class Scene:
    """A user of the role that is narrowed, someone to talk with, a group that the user owns and an open channel."""

    def __init__(self) -> None:
        self.guest = make_user("gina", role="guest")
        self.other = make_user("olga", role="host")
        self.newcomer = make_user("nora", role="host")
        self.group = make_group(self.guest, self.other)
        make_group(self.other, self.guest, self.newcomer)
        self.channel = make_group(self.other, kind="channel")
        self.own = actions.send_message(actor=self.guest, conversation=self.group, body="mine")
        self.message = actions.send_message(actor=self.other, conversation=self.group, body="theirs")

    @property
    def address(self) -> str:
        return f"/api/conversations/{self.group.pk}/"


def create(kind: str) -> Door:
    def by_action(actor: Any, scene: Scene) -> object:
        return actions.create_conversation(actor=actor, participants=[scene.other], kind=kind)

    def by_request(client: Any, scene: Scene) -> Any:
        return client.post("/api/conversations/", {"participants": [str(scene.other.pk)], "kind": kind})

    return by_action, by_request, 403


DOORS: dict[str, Door] = {
    c.CREATE_DIRECT: create("direct"),
    c.CREATE_GROUP: create("group"),
    c.CREATE_CHANNEL: create("channel"),
    c.CONTACT: (*create("direct")[:2], 400),
    c.JOIN: (
        lambda actor, scene: actions.join(actor=actor, conversation=scene.channel),
        lambda client, scene: client.post(f"/api/conversations/{scene.channel.pk}/join/"),
        404,
    ),
    c.UPDATE: (
        lambda actor, scene: actions.update_conversation(actor=actor, conversation=scene.group, title="new"),
        lambda client, scene: client.patch(scene.address, {"title": "new"}),
        403,
    ),
    c.CLOSE: (
        lambda actor, scene: actions.close(actor=actor, conversation=scene.group),
        lambda client, scene: client.post(f"{scene.address}close/"),
        403,
    ),
    c.DELETE: (
        lambda actor, scene: actions.delete_conversation(actor=actor, conversation=scene.group),
        lambda client, scene: client.delete(scene.address),
        403,
    ),
    c.PARTICIPANT_ADD: (
        lambda actor, scene: actions.add_participant(actor=actor, conversation=scene.group, user=scene.newcomer),
        lambda client, scene: client.post(f"{scene.address}add_participant/", {"user_id": str(scene.newcomer.pk)}),
        403,
    ),
    c.PARTICIPANT_REMOVE: (
        lambda actor, scene: actions.remove_participant(actor=actor, conversation=scene.group, user=scene.other),
        lambda client, scene: client.post(f"{scene.address}remove_participant/", {"user_id": str(scene.other.pk)}),
        403,
    ),
    c.PARTICIPANT_SET_ROLE: (
        lambda actor, scene: actions.change_role(
            actor=actor, conversation=scene.group, user=scene.other, role="moderator"
        ),
        lambda client, scene: client.patch(f"{scene.address}participants/{scene.other.pk}/", {"role": "moderator"}),
        403,
    ),
    c.MESSAGE_SEND: (
        lambda actor, scene: actions.send_message(actor=actor, conversation=scene.group, body="hello"),
        lambda client, scene: client.post(f"{scene.address}messages/", {"message_body": "hello"}),
        403,
    ),
    c.MESSAGE_EDIT: (
        lambda actor, scene: actions.edit_message(actor=actor, message=scene.own, body="edited"),
        lambda client, scene: client.patch(f"{scene.address}messages/{scene.own.pk}/", {"message_body": "edited"}),
        403,
    ),
    c.MESSAGE_DELETE: (
        lambda actor, scene: actions.delete_message(actor=actor, message=scene.own),
        lambda client, scene: client.delete(f"{scene.address}messages/{scene.own.pk}/"),
        403,
    ),
    c.MESSAGE_DELETE_ANY: (
        lambda actor, scene: actions.delete_message(actor=actor, message=scene.message),
        lambda client, scene: client.delete(f"{scene.address}messages/{scene.message.pk}/"),
        403,
    ),
    c.MESSAGE_MENTION_ALL: (
        lambda actor, scene: actions.send_message(
            actor=actor, conversation=scene.group, body="all", mentions=[actions.EVERYONE]
        ),
        lambda client, scene: client.post(
            f"{scene.address}messages/", {"message_body": "all", "mentions": ["everyone"]}
        ),
        403,
    ),
    c.MESSAGE_VIEW_REVISIONS: (
        lambda actor, scene: revisions(actor, scene.message),
        lambda client, scene: client.get(f"{scene.address}messages/{scene.message.pk}/revisions/"),
        403,
    ),
    c.MESSAGE_PIN: (
        lambda actor, scene: actions.pin_message(actor=actor, message=scene.message),
        lambda client, scene: client.put(f"{scene.address}messages/{scene.message.pk}/pin/"),
        403,
    ),
    c.MESSAGE_REACT: (
        lambda actor, scene: actions.add_reaction(actor=actor, message=scene.message, emoji="👍"),
        lambda client, scene: client.put(f"{scene.address}messages/{scene.message.pk}/reactions/👍/"),
        403,
    ),
    c.PARTICIPANT_SANCTION: (
        lambda actor, scene: actions.impose_sanction(
            actor=actor, user=scene.other, kind="mute", conversation=scene.group
        ),
        lambda client, scene: client.post(
            "/api/sanctions/",
            {"user_id": str(scene.other.pk), "kind": "mute", "conversation": str(scene.group.pk)},
        ),
        403,
    ),
}


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def test_table_has_every_ordinary_capability() -> None:
    assert set(DOORS) == c.ORDINARY


@pytest.mark.parametrize("capability", DOORS)
def test_action_obeys(capability: str, scene: Scene, settings: Any) -> None:
    settings.CONVO_ROLES = {"guest": [f"-{capability}"]}
    by_action, _, _ = DOORS[capability]
    with pytest.raises((Denied, InvalidReference)):
        by_action(scene.guest, scene)
    settings.CONVO_ROLES = {"host": [f"-{capability}"]}
    by_action(scene.guest, scene)


@pytest.mark.parametrize("capability", DOORS)
def test_request_obeys(capability: str, scene: Scene, client_of: As, settings: Any) -> None:
    settings.CONVO_ROLES = {"guest": [f"-{capability}"]}
    _, by_request, status = DOORS[capability]
    assert by_request(client_of(scene.guest), scene).status_code == status
    settings.CONVO_ROLES = {}
    assert by_request(client_of(scene.guest), scene).status_code in (200, 201, 204)


@pytest.mark.parametrize("capability", sorted(c.IN_CONVERSATION))
def test_answers_no_longer_list_it(capability: str, scene: Scene, client_of: As, settings: Any) -> None:
    client = client_of(scene.guest)
    assert capability in client.get(scene.address).json()["capabilities"]
    settings.CONVO_ROLES = {"guest": [f"-{capability}"]}
    assert capability not in client.get(scene.address).json()["capabilities"]


def test_site_itself_is_not_asked(scene: Scene, settings: Any) -> None:
    settings.CONVO_ROLES = {"guest": [f"-{c.MESSAGE_SEND}"]}
    assert actions.send_message(actor=None, conversation=scene.group, body="hello").seq == 3


def examples() -> list[dict[str, Any]]:
    """Return the settings of each example in the guide, in order."""
    blocks = re.findall(r"```python\n# settings\.py\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
    found = []
    for block in blocks:
        names: dict[str, Any] = {}
        exec(block, names)
        found.append({name: value for name, value in names.items() if name.startswith("CONVO_")})
    return found


def test_first_example_leaves_guests_directs(scene: Scene, settings: Any) -> None:
    settings.CONVO_ROLES = examples()[0]["CONVO_ROLES"]
    for capability in (c.CREATE_GROUP, c.CREATE_CHANNEL, c.JOIN, c.PARTICIPANT_ADD):
        with pytest.raises(Denied):
            DOORS[capability][0](scene.guest, scene)
    for capability in (c.CREATE_DIRECT, c.MESSAGE_SEND):
        DOORS[capability][0](scene.guest, scene)


def resolve_auditor(user: Any) -> str:
    return "auditor" if user.first_name == "Audit" else "member"


def test_second_example_reads_everything_and_writes_nothing(scene: Scene, client_of: As, settings: Any) -> None:
    settings.CONVO_ROLES = examples()[1]["CONVO_ROLES"]
    settings.CONVO_ROLE_RESOLVER = f"{__name__}.resolve_auditor"
    actions.send_message(actor=scene.guest, conversation=scene.group, body="hello")
    auditor = client_of(make_user("audit"))
    assert auditor.get(scene.address).status_code == 200
    bodies = auditor.get(f"{scene.address}messages/").json()["results"]
    assert [message["message_body"] for message in bodies] == ["hello", "theirs", "mine"]
    assert auditor.post(f"{scene.address}messages/", {"message_body": "hello"}).status_code == 403


def test_third_example_moves_capabilities_between_roles(scene: Scene, settings: Any) -> None:
    settings.CONVO_CONVERSATION_ROLES = examples()[2]["CONVO_CONVERSATION_ROLES"]
    actions.add_participant(actor=scene.other, conversation=scene.group, user=scene.newcomer)
    actions.change_role(actor=scene.guest, conversation=scene.group, user=scene.other, role="moderator")
    with pytest.raises(Denied):
        actions.update_conversation(actor=scene.other, conversation=scene.group, title="new")
