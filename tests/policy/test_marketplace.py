"""The policy of docs/howto/marketplace.md, on every door: guests write only to the hosts of their own bookings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.exceptions import Denied, InvalidReference
from django_convo.models import get_conversation_model, get_message_model
from tests.api.conftest import As, client_of
from tests.people import make_group, make_user

__all__ = ["client_of"]

if not hasattr(get_user_model(), "role"):
    pytest.skip("this user model has no guests and hosts", allow_module_level=True)

Booking = apps.get_model("test_bookings", "Booking")
pytestmark = pytest.mark.django_db

# Refused where the pair is a guest and someone with whom there is no booking.
PARTNERS = [("own_host", True), ("other_host", False), ("other_guest", False), ("site_admin", False)]


@pytest.fixture(autouse=True)
def _marketplace(settings: Any) -> None:
    settings.CONVO_POLICY = "tests.projects.bookings.policy.MarketplacePolicy"
    settings.CONVO_SUBJECT_MODELS = ["test_bookings.Booking"]


@pytest.fixture
def guest(db: None) -> Any:
    return make_user("gina", role="guest")


@pytest.fixture
def own_host(guest: Any) -> Any:
    host = make_user("hugo", role="host")
    Booking.objects.create(guest=guest, host=host)
    return host


@pytest.fixture
def other_host(db: None) -> Any:
    return make_user("olga", role="host")


@pytest.fixture
def other_guest(own_host: Any) -> Any:
    """Stays with the same host, and is a stranger all the same."""
    other = make_user("otto", role="guest")
    Booking.objects.create(guest=other, host=own_host)
    return other


@pytest.fixture
def partner(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def forced(*participants: Any, **options: Any) -> Any:
    """Return a conversation that the site itself has made, which asks no policy."""
    options.setdefault("kind", "group")
    return actions.create_conversation(actor=None, participants=participants, **options)[0]


def cancel_bookings() -> None:
    Booking.objects.all().delete()


def direct(guest: Any, own_host: Any, partner: Any) -> None:
    actions.create_conversation(actor=guest, participants=[partner])


def direct_with_first_message(guest: Any, own_host: Any, partner: Any) -> None:
    actions.create_conversation(actor=guest, participants=[partner], body="hello")


def direct_from_the_other_side(guest: Any, own_host: Any, partner: Any) -> None:
    actions.create_conversation(actor=partner, participants=[guest])


def group_of_two(guest: Any, own_host: Any, partner: Any) -> None:
    actions.create_conversation(actor=guest, participants=[partner], kind="group", title="hello")


def group_of_three(guest: Any, own_host: Any, partner: Any) -> None:
    actions.create_conversation(actor=guest, participants=[own_host, partner], kind="group")


def group_of_a_third_person(guest: Any, own_host: Any, partner: Any) -> None:
    """Whoever makes the group: the pair is asked, not only its maker."""
    actions.create_conversation(actor=own_host, participants=[guest, partner], kind="group")


def add_by_the_guest(guest: Any, own_host: Any, partner: Any) -> None:
    actions.add_participant(actor=guest, conversation=make_group(guest), user=partner)


def add_by_a_third_person(guest: Any, own_host: Any, partner: Any) -> None:
    group = forced(own_host, guest, roles={own_host.pk: "owner"})
    actions.add_participant(actor=own_host, conversation=group, user=partner)


def add_of_the_guest(guest: Any, own_host: Any, partner: Any) -> None:
    group = forced(partner, roles={partner.pk: "owner"})
    actions.add_participant(actor=partner, conversation=group, user=guest)


def join_where_the_partner_is(guest: Any, own_host: Any, partner: Any) -> None:
    actions.join(actor=guest, conversation=forced(partner, kind="channel"))


def join_where_the_guest_is(guest: Any, own_host: Any, partner: Any) -> None:
    actions.join(actor=partner, conversation=forced(guest, kind="channel"))


def send_in_a_direct(guest: Any, own_host: Any, partner: Any) -> None:
    actions.send_message(actor=guest, conversation=forced(guest, partner, kind="direct"), body="hello")


def send_in_a_group(guest: Any, own_host: Any, partner: Any) -> None:
    actions.send_message(actor=guest, conversation=forced(guest, own_host, partner), body="hello")


def send_in_a_channel(guest: Any, own_host: Any, partner: Any) -> None:
    actions.send_message(actor=guest, conversation=forced(guest, partner, kind="channel"), body="hello")


def rename(guest: Any, own_host: Any, partner: Any) -> None:
    group = forced(guest, partner, roles={guest.pk: "owner"})
    actions.update_conversation(actor=guest, conversation=group, title="hello")


DOORS: list[Callable[[Any, Any, Any], None]] = [
    direct,
    direct_with_first_message,
    direct_from_the_other_side,
    group_of_two,
    group_of_three,
    group_of_a_third_person,
    add_by_the_guest,
    add_by_a_third_person,
    add_of_the_guest,
    join_where_the_partner_is,
    join_where_the_guest_is,
    send_in_a_direct,
    send_in_a_group,
    send_in_a_channel,
    rename,
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("partner", "is_allowed"), PARTNERS, indirect=["partner"])
def test_every_door_of_python_asks_the_bookings(
    guest: Any, own_host: Any, partner: Any, is_allowed: bool, door: Callable[[Any, Any, Any], None]
) -> None:
    if is_allowed:
        door(guest, own_host, partner)
        return
    with pytest.raises((Denied, InvalidReference)):
        door(guest, own_host, partner)
    assert not get_message_model()._default_manager.exists()


@pytest.mark.parametrize("kind", ["direct", "group"])
@pytest.mark.parametrize(("partner", "is_allowed"), PARTNERS, indirect=["partner"])
def test_creation_over_rest(client_of: As, guest: Any, partner: Any, is_allowed: bool, kind: str) -> None:
    # Known from before, so that the answer is not only that one cannot be found.
    forced(guest, partner)
    body = {"participants": [str(partner.pk)], "kind": kind, "message_body": "hello"}
    response = client_of(guest).post("/api/conversations/", body)
    if is_allowed:
        assert response.status_code == 201
        return
    assert (response.status_code, response.json()["code"]) == (400, "invalid_reference")
    assert get_conversation_model()._default_manager.count() == 1


@pytest.mark.parametrize(("partner", "is_allowed"), PARTNERS, indirect=["partner"])
def test_addition_over_rest(client_of: As, guest: Any, partner: Any, is_allowed: bool) -> None:
    forced(guest, partner)
    group = make_group(guest)
    response = client_of(guest).post(f"/api/conversations/{group.pk}/add_participant/", {"user_id": str(partner.pk)})
    assert response.status_code == (200 if is_allowed else 400)
    assert group.participants.count() == (2 if is_allowed else 1)


@pytest.mark.parametrize(("partner", "is_allowed"), PARTNERS, indirect=["partner"])
def test_joining_over_rest(client_of: As, guest: Any, partner: Any, is_allowed: bool) -> None:
    channel = forced(partner, kind="channel")
    response = client_of(guest).post(f"/api/conversations/{channel.pk}/join/")
    assert response.status_code == (200 if is_allowed else 400)
    assert channel.participants.count() == (2 if is_allowed else 1)


@pytest.mark.parametrize("kind", ["direct", "group"])
@pytest.mark.parametrize(("partner", "is_allowed"), PARTNERS, indirect=["partner"])
def test_sending_over_rest(client_of: As, guest: Any, partner: Any, is_allowed: bool, kind: str) -> None:
    conversation = forced(guest, partner, kind=kind)
    flat = {"conversation": str(conversation.pk), "message_body": "hello"}
    nested = f"/api/conversations/{conversation.pk}/messages/"
    for response in (
        client_of(guest).post("/api/messages/", flat),
        client_of(guest).post(nested, {"message_body": "hello"}),
    ):
        assert response.status_code == (201 if is_allowed else 403)
    assert get_message_model()._default_manager.count() == (2 if is_allowed else 0)


def test_guest_finds_the_host_of_a_booking(client_of: As, guest: Any, own_host: Any, other_host: Any) -> None:
    listed = client_of(guest).get("/api/users/").json()["results"]
    assert {row["user_id"] for row in listed} == {str(guest.pk), str(own_host.pk)}
    assert client_of(guest).get(f"/api/users/{other_host.pk}/").status_code == 404


def test_host_finds_and_writes_to_a_guest(client_of: As, guest: Any, own_host: Any) -> None:
    body = {"participants": [str(guest.pk)], "message_body": "welcome"}
    response = client_of(own_host).post("/api/conversations/", body)
    assert (response.status_code, response.json()["kind"]) == (201, "direct")


def test_deactivated_guest_finds_nobody(guest: Any, own_host: Any) -> None:
    from django_convo.policy import get_policy

    guest.is_active = False
    assert not get_policy().visible_users(guest).exists()


def test_hosts_talk_with_each_other(own_host: Any, other_host: Any) -> None:
    conversation, _ = actions.create_conversation(actor=own_host, participants=[other_host], body="hello")
    assert conversation.last_seq == 1


def test_conversation_about_a_booking(client_of: As, guest: Any, own_host: Any, other_guest: Any) -> None:
    mine, theirs = Booking.objects.get(guest=guest), Booking.objects.get(guest=other_guest)

    def about(booking: Any) -> Any:
        subject = {"type": "test_bookings.Booking", "id": str(booking.pk)}
        return client_of(guest).post("/api/conversations/", {"participants": [str(own_host.pk)], "subject": subject})

    assert about(mine).status_code == 201
    assert (about(theirs).status_code, about(theirs).json()["code"]) == (400, "invalid_reference")


def test_guest_writes_no_more_once_the_booking_is_gone(client_of: As, guest: Any, own_host: Any) -> None:
    conversation, _ = actions.create_conversation(actor=guest, participants=[own_host], body="hello")
    cancel_bookings()
    with pytest.raises(Denied):
        actions.send_message(actor=guest, conversation=conversation, body="still there?")
    again = client_of(guest).post(
        "/api/conversations/", {"participants": [str(own_host.pk)], "message_body": "still there?"}
    )
    assert (again.status_code, again.json()["code"]) == (403, "permission_denied")
    assert client_of(guest).get(f"/api/conversations/{conversation.pk}/messages/").status_code == 200
    assert get_message_model()._default_manager.count() == 1


def test_guest_writes_nothing_that_everybody_reads(guest: Any) -> None:
    with pytest.raises(Denied):
        actions.create_conversation(actor=guest, participants=[], kind="channel", title="cheap rooms")
    channel = forced(guest, kind="channel", roles={guest.pk: "owner"})
    with pytest.raises(Denied):
        actions.update_conversation(actor=guest, conversation=channel, topic="cheap rooms")


def test_site_itself_writes_to_anybody(guest: Any, other_host: Any) -> None:
    conversation = forced(guest, other_host)
    assert actions.send_message(actor=None, conversation=conversation, body="Welcome").seq == 1


def fill_inbox(guest: Any, count: int) -> dict[str, bool]:
    """Give the guest conversations, every second one with a stranger; return in which of them they may write."""
    may_write = {}
    for number in range(count):
        host = make_user(f"host{number}", role="host")
        if number % 2:
            Booking.objects.create(guest=guest, host=host)
        conversation = forced(guest, host)
        actions.send_message(actor=host, conversation=conversation, body="hello")
        may_write[str(conversation.pk)] = bool(number % 2)
    return may_write


@pytest.mark.parametrize("count", [4, 40])
def test_inbox_knows_where_one_may_write_in_three_queries(
    client_of: As, guest: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    may_write = fill_inbox(guest, count)
    client: APIClient = client_of(guest)
    with django_assert_max_num_queries(3):
        rows = client.get("/api/conversations/", {"limit": 50}).json()["results"]
    assert {row["conversation_id"]: "message.send" in row["capabilities"] for row in rows} == may_write


def test_reply_to_a_write_shows_capabilities_of_now(client_of: As, guest: Any, own_host: Any) -> None:
    response = client_of(guest).post("/api/conversations/", {"participants": [str(own_host.pk)]})
    assert "message.send" in response.json()["capabilities"]
    cancel_bookings()
    detail = client_of(guest).get(f"/api/conversations/{response.json()['conversation_id']}/")
    assert "message.send" not in detail.json()["capabilities"]


def test_checks_accept_the_policy() -> None:
    call_command("check", fail_level="WARNING", tags=["django_convo"])
