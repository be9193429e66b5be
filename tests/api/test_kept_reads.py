"""The hot reads go by statements that are kept where the policy is ours; a host's policy is asked each time.

Both ways have to give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.models import Participant, get_message_model
from django_convo.policy import Policy
from django_convo.selectors.kept import Statement
from tests.people import make_direct, make_group, make_user

pytestmark = pytest.mark.django_db


class SameSight(Policy):
    """A host's policy that shows what ours does, which nobody can know beforehand."""

    def visible_conversations(self, actor: Any) -> Any:
        return super().visible_conversations(actor)

    def visible_messages(self, actor: Any) -> Any:
        return super().visible_messages(actor)


@pytest.fixture
def talk(settings: Any, ada: Any, bob: Any, cyd: Any, stranger: Any, site_admin: Any) -> dict[str, Any]:
    """A little of everything that decides what is shown to whom."""
    group = make_group(ada, bob, title="group", roles={bob.pk: "moderator"})
    said = [actions.send_message(actor=ada, conversation=group, body=f"said {number}") for number in range(4)]
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    actions.add_participant(actor=ada, conversation=group, user=cyd)
    # Cyd sees the answer, and not what it answers.
    reply = actions.send_message(actor=bob, conversation=group, body="answer", reply_to=said[1].pk)
    actions.send_message(actor=cyd, conversation=group, body="second answer", reply_to=reply.pk, mentions=[ada.pk])
    actions.add_reaction(actor=ada, message=reply, emoji="👍")
    actions.pin_message(actor=bob, message=reply)
    actions.delete_message(actor=ada, message=said[2])
    channel = make_group(ada, kind="channel", title="channel")
    actions.send_message(actor=ada, conversation=channel, body="announced")
    direct = make_direct(ada, bob)
    actions.send_message(actor=bob, conversation=direct, body="between us")
    actions.save_draft(actor=ada, conversation=direct, body="begun")
    closed = actions.close(actor=ada, conversation=make_group(ada, bob, title="closed"))
    actions.update_membership(actor=bob, conversation=closed, archived=True)
    actions.update_membership(actor=bob, conversation=group, pinned=True)
    gone = make_group(ada, bob, title="gone")
    actions.delete_conversation(actor=ada, conversation=gone)
    actions.block_user(actor=bob, user=ada)
    banned = make_user("banned")
    actions.add_participant(actor=ada, conversation=channel, user=banned)
    actions.impose_sanction(actor=site_admin, user=banned, kind="ban")
    actions.impose_sanction(actor=bob, user=cyd, kind="mute", conversation=group)
    crowd = make_group(ada, *(make_user("one of many") for _ in range(12)), title="crowd")
    actions.send_message(actor=ada, conversation=crowd, body="to all")
    # Cyd does not see the last message either.
    actions.add_participant(actor=ada, conversation=crowd, user=cyd)
    return {
        "ids": [item.pk for item in (group, channel, direct, closed, gone, crowd)],
        "messages": [said[0].pk, said[2].pk, reply.pk],
        "actors": {"ada": ada, "bob": bob, "cyd": cyd, "stranger": stranger, "admin": site_admin, "banned": banned},
    }


def read_everything(client: APIClient, talk: dict[str, Any]) -> list[tuple[str, int, bytes]]:
    addresses = ["/unread/", "/search/?q=answer", "/search/?q=said&limit=2", "/messages/?limit=3"]
    addresses += [
        f"/conversations/?{query}"
        for query in (
            "limit=20",
            "archived=true",
            "unread=true",
            "unread=false",
            "pinned=true",
            "kind=direct",
            f"participant={talk['actors']['bob'].pk}",
            "joined=false",
        )
    ]
    for key in talk["ids"]:
        addresses.append(f"/conversations/{key}/")
        addresses.append(f"/conversations/{key}/messages/")
    windows = ("limit=2", "before=4", "after=2&limit=2", "around=3&limit=2", "after=1&before=5", "anchor=first_unread")
    addresses += [f"/conversations/{talk['ids'][0]}/messages/?{window}" for window in windows]
    group, messages = talk["ids"][0], talk["messages"]
    addresses += [f"/conversations/{group}/messages/{message}/" for message in messages]
    addresses += [f"/messages/{message}/" for message in messages]
    answers = [(address, client.get(f"/api{address}")) for address in addresses]
    found = [(address, answer.status_code, answer.content) for address, answer in answers]
    heads = {str(key): 0 for key in talk["ids"]}
    synced = client.post("/api/sync/", {"heads": heads}).json()
    later = client.post("/api/sync/", {"heads": heads, "cursor": synced["cursor"]}).json()
    for answer in (synced, later):
        del answer["cursor"]
    return [*found, ("sync", 200, repr(synced).encode()), ("later", 200, repr(later).encode())]


SHOWN = {"ada", "bob"}
VIEW_ANY = {"admin": ["conversation.view_any"]}
NO_JOIN = {role: ["-conversation.join"] for role in ("guest", "member")}
VIEWERS = [
    *(pytest.param(name, {}, id=name) for name in ("ada", "bob", "cyd", "stranger", "admin", "banned")),
    pytest.param("admin", VIEW_ANY, id="admin-who-views-any"),
    pytest.param("cyd", NO_JOIN, id="cyd-who-cannot-join"),
    pytest.param("stranger", NO_JOIN, id="stranger-who-cannot-join"),
]


@pytest.mark.parametrize(("name", "roles"), VIEWERS)
def test_kept_reads_answer_as_those_that_are_built(
    name: str, roles: Any, settings: Any, talk: dict[str, Any], client_of: Callable[[Any], APIClient]
) -> None:
    settings.CONVO_ROLES = roles
    client = client_of(talk["actors"][name])
    kept = read_everything(client, talk)
    settings.CONVO_POLICY = f"{__name__}.SameSight"
    built = read_everything(client, talk)

    assert kept == built
    # Who is shown something is shown more than its absence.
    assert any(status == 200 and b"said" in body for _, status, body in kept) is (name in SHOWN or roles is VIEW_ANY)


def pages_of(client: APIClient, address: str) -> list[str]:
    titles: list[str] = []
    following: str | None = address
    while following is not None:
        answer = client.get(following).json()
        titles += [row["title"] for row in answer["results"]]
        following, previous = answer["next"], answer["previous"]
    back: list[str] = [row["title"] for row in answer["results"]]
    while previous is not None:
        answer = client.get(previous).json()
        back = [row["title"] for row in answer["results"]] + back
        previous = answer["previous"]
    assert back == titles
    return titles


def test_kept_inbox_is_paged_there_and_back(settings: Any, ada: Any, bob: Any, as_ada: APIClient) -> None:
    groups = [make_group(ada, bob, title=f"{number}") for number in range(7)]
    for group in groups[1:3]:
        actions.update_membership(actor=ada, conversation=group, pinned=True)
    kept = pages_of(as_ada, "/api/conversations/?limit=2")
    settings.CONVO_POLICY = f"{__name__}.SameSight"

    assert kept == pages_of(as_ada, "/api/conversations/?limit=2") == ["2", "1", "6", "5", "4", "3", "0"]


def test_statements_are_built_once(
    monkeypatch: pytest.MonkeyPatch, talk: dict[str, Any], ada: Any, bob: Any, client_of: Callable[[Any], APIClient]
) -> None:
    read_everything(client_of(ada), talk)
    built: list[Any] = []
    monkeypatch.setattr(Statement, "__init__", lambda self, rows: built.append(rows))
    read_everything(client_of(ada), talk)

    assert built == []


def test_a_moment_is_not_kept(
    monkeypatch: pytest.MonkeyPatch, ada: Any, bob: Any, site_admin: Any, client_of: Callable[[Any], APIClient]
) -> None:
    address = f"/api/conversations/{make_group(ada, bob).pk}/messages/"
    until = timezone.now() + timedelta(hours=1)
    actions.impose_sanction(actor=site_admin, user=bob, kind="ban", expires_at=until)
    client = client_of(bob)
    assert (client.get(address).status_code, client.get("/api/unread/").json()["conversations"]) == (404, 0)

    monkeypatch.setattr(timezone, "now", lambda: until + timedelta(seconds=1))
    assert client.get(address).status_code == 200


def test_roles_and_policy_are_asked_each_time(
    settings: Any, ada: Any, stranger: Any, channel: Any, client_of: Callable[[Any], APIClient]
) -> None:
    address, client = f"/api/conversations/{channel.pk}/", client_of(stranger)
    assert client.get(address).status_code == 200

    settings.CONVO_ROLES = {role: ["-conversation.join"] for role in ("guest", "member")}
    assert client.get(address).status_code == 404

    settings.CONVO_ROLES = {}
    settings.CONVO_POLICY = f"{__name__}.Nothing"
    assert client.get(address).status_code == 404


class Nothing(Policy):
    """A host that shows nothing."""

    def visible_conversations(self, actor: Any) -> Any:
        return super().visible_conversations(actor).none()


def test_membership_that_ended_is_not_kept(
    group: Any, ada: Any, bob: Any, client_of: Callable[[Any], APIClient]
) -> None:
    actions.send_message(actor=ada, conversation=group, body="hello")
    address, client = f"/api/conversations/{group.pk}/messages/", client_of(bob)
    assert len(client.get(address).json()["results"]) == 1

    Participant.objects.filter(conversation=group.pk, user=bob).update(visible_from_seq=2)
    assert client.get(address).json()["results"] == []

    actions.remove_participant(actor=ada, conversation=group, user=bob)
    assert client.get(address).status_code == 404


def test_a_manager_of_the_hosts_is_asked_each_time(
    monkeypatch: pytest.MonkeyPatch, group: Any, ada: Any, as_ada: APIClient
) -> None:
    manager = get_message_model()._default_manager
    hidden = ["hidden"]

    class OfOneTenant(type(manager)):  # type: ignore[misc]
        def get_queryset(self) -> Any:
            return super().get_queryset().exclude(message_body__in=hidden)

    monkeypatch.setattr(manager, "__class__", OfOneTenant)
    for body in ("hidden", "shown"):
        actions.send_message(actor=ada, conversation=group, body=body)
    address = f"/api/conversations/{group.pk}/messages/"
    assert [row["message_body"] for row in as_ada.get(address).json()["results"]] == ["shown"]

    hidden.clear()
    assert len(as_ada.get(address).json()["results"]) == 2
