from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from django_convo.api.base import stamp
from django_convo.api.users import card
from django_convo.models import AuditEntry, Sanction
from tests.people import make_group, make_user

SANCTIONS = "/api/sanctions/"


def body(user: Any, conversation: Any = None, kind: str = "mute", **more: Any) -> dict[str, Any]:
    place = {} if conversation is None else {"conversation": str(conversation.pk)}
    return {"user_id": str(user.pk), "kind": kind, **place, **more}


def test_impose_answers_the_sanction(as_ada: Any, ada: Any, cyd: Any, group: Any) -> None:
    wanted = body(cyd, group, reason="noise", expires_at="2100-01-01T00:00:00Z")
    first, again = as_ada.post(SANCTIONS, wanted), as_ada.post(SANCTIONS, wanted)

    row = Sanction.objects.get()
    assert (first.status_code, again.status_code) == (201, 200)
    assert (
        first.json()
        == again.json()
        == {
            "sanction_id": str(row.pk),
            "user": card(cyd),
            "kind": "mute",
            "conversation": str(group.pk),
            "reason": "noise",
            "created_by": card(ada),
            "created_at": stamp(row.created_at),
            "expires_at": "2100-01-01T00:00:00Z",
            "lifted_at": None,
            "lifted_by": None,
        }
    )


def test_again_moves_the_end(as_ada: Any, cyd: Any, group: Any) -> None:
    as_ada.post(SANCTIONS, body(cyd, group, expires_at="2100-01-01T00:00:00Z"))
    moved = as_ada.post(SANCTIONS, body(cyd, group, expires_at="2101-01-01T00:00:00Z"))

    assert (moved.status_code, moved.json()["expires_at"]) == (200, "2101-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "flog"}, "kind"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"user_id": None}, "user_id"),
        ({"conversation": "here"}, "conversation"),
    ],
    ids=["kind", "past", "soon", "nobody", "nowhere"],
)
def test_impose_refuses_a_bad_field(as_ada: Any, cyd: Any, group: Any, more: dict[str, Any], field: str) -> None:
    response = as_ada.post(SANCTIONS, body(cyd, group) | more)

    assert (response.status_code, list(response.json())) == (400, [field])


def test_impose_refuses_people_who_are_unknown_and_unseen_alike(as_ada: Any, group: Any, stranger: Any) -> None:
    unknown = str(2**31 - 1) if isinstance(stranger.pk, int) else "019a0000-0000-7000-8000-000000000000"
    answers = {
        as_ada.post(SANCTIONS, {**body(stranger, group), "user_id": key}).content
        for key in (str(stranger.pk), unknown, "nonsense")
    }

    assert len(answers) == 1
    assert b"invalid_reference" in answers.pop()


def test_who_has_left_can_be_kept_out(as_ada: Any, cyd: Any, group: Any) -> None:
    actions.leave(actor=cyd, conversation=group)

    assert as_ada.post(SANCTIONS, body(cyd, group, "ban")).status_code == 201


def test_sanctions_of_oneself_and_of_equals_are_refused(as_bob: Any, ada: Any, bob: Any, group: Any) -> None:
    for user, code in ((bob, "not_oneself"), (ada, "role_too_high")):
        response = as_bob.post(SANCTIONS, body(user, group))
        assert (response.status_code, response.json()["code"]) == (403, code)


def test_capabilities_shrink_as_long_as_it_lasts(as_ada: Any, as_cyd: Any, cyd: Any, group: Any) -> None:
    address = f"/api/conversations/{group.pk}/"
    before = as_cyd.get(address).json()["capabilities"]
    assert "message.send" in before
    sanction = as_ada.post(SANCTIONS, body(cyd, group)).json()

    during = as_cyd.get(address).json()["capabilities"]
    assert "message.delete" in during
    assert not {"message.send", "message.edit", "message.react", "message.pin"} & set(during)
    assert as_cyd.get("/api/conversations/").json()["results"][0]["capabilities"] == during
    refused = as_cyd.post(f"{address}messages/", {"message_body": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "muted")

    assert as_ada.delete(f"{SANCTIONS}{sanction['sanction_id']}/").status_code == 204
    assert as_cyd.get(address).json()["capabilities"] == before


def test_who_is_banned_from_a_channel_is_not_offered_to_join(as_ada: Any, as_bob: Any, ada: Any, bob: Any) -> None:
    channel = make_group(ada, kind="channel")
    actions.join(actor=bob, conversation=channel)
    as_ada.post(SANCTIONS, body(bob, channel, "ban"))

    shown = as_bob.get("/api/conversations/", {"kind": "channel", "joined": "false"}).json()["results"][0]
    assert shown["capabilities"] == as_bob.get(f"/api/conversations/{channel.pk}/").json()["capabilities"] == []
    refused = as_bob.post(f"/api/conversations/{channel.pk}/join/")
    assert (refused.status_code, refused.json()["code"]) == (403, "banned")
    refused = as_ada.post(f"/api/conversations/{channel.pk}/add_participant/", {"user_id": str(bob.pk)})
    assert refused.status_code in (400, 403)


def test_banned_from_the_site_reads_nothing_and_writes_nothing(
    as_admin: Any, as_bob: Any, ada: Any, bob: Any, group: Any, direct: Any
) -> None:
    message = actions.send_message(actor=bob, conversation=group, body="hello")
    response = as_admin.post(SANCTIONS, body(bob, kind="ban"))
    assert (response.status_code, response.json()["conversation"]) == (201, None)

    for address in ("/api/conversations/", "/api/messages/", "/api/users/"):
        assert as_bob.get(address).json()["results"] == []
    for address in (f"/api/conversations/{group.pk}/", f"/api/messages/{message.pk}/", f"/api/users/{ada.pk}/"):
        assert as_bob.get(address).status_code == 404
    assert as_bob.get("/api/unread/").json() == {"conversations": 0, "messages": 0, "mentions": 0}
    for method, address, data in (
        ("post", f"/api/conversations/{group.pk}/messages/", {"message_body": "x"}),
        ("post", "/api/messages/", {"conversation": str(group.pk), "message_body": "x"}),
        ("patch", f"/api/messages/{message.pk}/", {"message_body": "x"}),
        ("delete", f"/api/messages/{message.pk}/", None),
        ("post", "/api/conversations/", {"participants": [str(ada.pk)]}),
        ("post", "/api/conversations/", {"participants": [], "kind": "group"}),
        ("post", f"/api/conversations/{group.pk}/read/", {}),
        ("post", f"/api/conversations/{group.pk}/leave/", {}),
        ("put", f"/api/users/{ada.pk}/block/", None),
    ):
        refused = getattr(as_bob, method)(address, data)
        assert (refused.status_code, refused.json()["code"]) == (403, "banned"), (method, address)

    as_admin.delete(f"{SANCTIONS}{response.json()['sanction_id']}/")
    assert len(as_bob.get("/api/conversations/").json()["results"]) == 2


def test_list_of_a_conversation(as_ada: Any, as_cyd: Any, ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    other = make_group(ada, cyd)
    actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=other)
    first, _ = actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=group)
    second, _ = actions.impose_sanction(actor=ada, user=bob, kind="mute", conversation=group)
    actions.lift_sanction(actor=ada, sanction=first)
    here = {"conversation_id": str(group.pk)}

    def listed(**filters: str) -> list[str]:
        return [row["sanction_id"] for row in as_ada.get(SANCTIONS, here | filters).json()["results"]]

    assert listed() == [str(second.pk), str(first.pk)]
    assert listed(active="true") == [str(second.pk)]
    assert listed(active="false") == [str(first.pk)]
    assert listed(user=str(cyd.pk)) == [str(first.pk)]
    page = as_ada.get(SANCTIONS, here | {"limit": "1"}).json()
    assert [row["sanction_id"] for row in as_ada.get(page["next"]).json()["results"]] == [str(first.pk)]
    assert as_cyd.get(SANCTIONS, here).status_code == 403
    assert as_ada.get(SANCTIONS).status_code == 403


def test_list_of_the_site(as_admin: Any, ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=group)
    actions.impose_sanction(actor=None, user=bob, kind="mute")

    rows = as_admin.get(SANCTIONS).json()["results"]
    assert [(row["user"], row["conversation"]) for row in rows] == [(card(bob), None), (card(cyd), str(group.pk))]


def test_list_of_who_moderates_no_conversation_is_of_the_site_alone(
    as_stranger: Any, ada: Any, bob: Any, cyd: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_ROLES = {"guest": ["user.sanction"], "member": ["user.sanction"]}
    hidden, _ = actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=group)
    actions.impose_sanction(actor=None, user=bob, kind="mute")

    assert [row["user"] for row in as_stranger.get(SANCTIONS).json()["results"]] == [card(bob)]
    assert as_stranger.delete(f"{SANCTIONS}{hidden.pk}/").status_code == 404


def test_list_takes_two_queries(as_admin: Any, ada: Any, group: Any) -> None:
    counts = []
    for number in range(10):
        user = make_user("noisy")
        actions.add_participant(actor=None, conversation=group, user=user)
        sanction, _ = actions.impose_sanction(actor=ada, user=user, kind="mute", conversation=group)
        actions.lift_sanction(actor=ada, sanction=sanction)
        if number in (1, 9):
            with CaptureQueriesContext(connection) as queries:
                assert len(as_admin.get(SANCTIONS).json()["results"]) == number + 1
            counts.append(len(queries))

    assert counts == [2, 2]


def test_lift_is_idempotent_and_not_for_others(
    as_ada: Any, as_cyd: Any, as_stranger: Any, cyd: Any, group: Any
) -> None:
    sanction = as_ada.post(SANCTIONS, body(cyd, group)).json()
    address = f"{SANCTIONS}{sanction['sanction_id']}/"

    for client in (as_cyd, as_stranger):
        assert client.delete(address).status_code == 404
    assert [as_ada.delete(address).status_code for _ in range(2)] == [204, 204]
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "sanction.imposed",
        "sanction.lifted",
    ]


def test_sync_tells_the_muted(as_ada: Any, as_cyd: Any, cyd: Any, group: Any) -> None:
    cursor = as_cyd.post("/api/sync/", {}).json()["cursor"]
    as_ada.post(SANCTIONS, body(cyd, group))

    told = as_cyd.post("/api/sync/", {"cursor": cursor}).json()["conversations"]
    assert [row["conversation_id"] for row in told] == [str(group.pk)]
    assert "message.send" not in told[0]["capabilities"]


def test_over_by_itself(as_ada: Any, as_cyd: Any, cyd: Any, group: Any) -> None:
    as_ada.post(SANCTIONS, body(cyd, group, expires_at=stamp(timezone.now() + timedelta(hours=1))))
    address = f"/api/conversations/{group.pk}/messages/"
    assert as_cyd.post(address, {"message_body": "x"}).status_code == 403

    Sanction.objects.update(expires_at=timezone.now())

    assert as_cyd.post(address, {"message_body": "x"}).status_code == 201
