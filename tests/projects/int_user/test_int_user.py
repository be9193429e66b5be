"""Django's own users, ATOMIC_REQUESTS, and the host's own exception handler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.actions import base as actions_base
from django_convo.models import Event, get_conversation_model, get_message_model
from django_convo.policy import Policy, capabilities
from tests.people import log_of
from tests.projects.bookings.models import Booking

pytestmark = pytest.mark.django_db(transaction=True)


class BusyPolicy(Policy):
    """Meets another writer's lock as often as it is told to, after the action has written."""

    times: ClassVar[int] = 0
    asked: ClassVar[int] = 0

    def can(self, actor: Any, capability: str, **about: Any) -> bool:
        if capability == capabilities.MESSAGE_SEND:
            type(self).asked += 1
            if type(self).asked <= type(self).times:
                raise OperationalError("database is locked")
        return super().can(actor, capability, **about)


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna", "anna@example.com", "secret")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben@example.com", "ben@example.com", "secret")


@pytest.fixture
def direct(anna: User, ben: User) -> Any:
    return actions.create_conversation(actor=anna, participants=[ben])[0]


@pytest.fixture
def as_anna(anna: User) -> APIClient:
    client = APIClient()
    client.default_format = "json"
    assert client.login(username="anna", password="secret")
    return client


@pytest.fixture
def busy(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[BusyPolicy]:
    settings.CONVO_POLICY = f"{__name__}.BusyPolicy"
    monkeypatch.setattr(actions_base, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(BusyPolicy, "asked", 0)
    monkeypatch.setattr(BusyPolicy, "times", 1)
    return BusyPolicy


def patterns(found: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in found:
        if isinstance(entry, URLPattern):
            yield f"{prefix}{entry.pattern}", entry
        else:
            yield from patterns(entry.url_patterns, f"{prefix}{entry.pattern}")


def test_requests_of_the_host_are_transactions(as_anna: APIClient) -> None:
    as_anna.raise_request_exception = False
    assert as_anna.post("/fail/").status_code == 500
    assert not Booking.objects.exists()


def test_requests_of_ours_are_not() -> None:
    ours = [(path, entry) for path, entry in patterns(get_resolver().url_patterns) if path.startswith("api/")]
    assert len(ours) > 20
    assert [path for path, entry in ours if entry.callback._non_atomic_requests != {"default"}] == []


def test_send_is_retried_under_atomic_requests(as_anna: APIClient, direct: Any, busy: type[BusyPolicy]) -> None:
    response = as_anna.post(
        reverse("django_convo:message-list"), {"conversation": str(direct.pk), "message_body": "second time lucky"}
    )
    assert (response.status_code, busy.asked) == (201, 2)
    assert list(get_message_model()._default_manager.values_list("seq", "message_body")) == [(1, "second time lucky")]
    assert [event[0] for event in log_of(direct)] == ["conversation.created", "message.created"]


def test_send_that_stays_refused_leaves_nothing(as_anna: APIClient, direct: Any, busy: type[BusyPolicy]) -> None:
    busy.times = actions_base.ATTEMPTS
    response = as_anna.post(
        reverse("django_convo:message-list"), {"conversation": str(direct.pk), "message_body": "never"}
    )
    assert (response.status_code, response.json()["code"]) == (503, "try_again")
    assert int(response["Retry-After"]) > 0
    assert busy.asked == actions_base.ATTEMPTS
    direct.refresh_from_db()
    assert (direct.last_seq, direct.event_seq) == (0, 1)
    assert not get_message_model()._default_manager.exists()


def test_creation_whose_first_message_is_refused_leaves_nothing(as_anna: APIClient, anna: User, ben: User) -> None:
    actions.create_conversation(actor=None, participants=[anna, ben], kind="group")
    body = {"participants": [ben.pk], "message_body": "x" * 10_000, "client_id": "\x00"}
    response = as_anna.post(reverse("django_convo:conversation-list"), body)
    assert response.status_code == 400
    assert get_conversation_model()._default_manager.filter(kind="direct").count() == 0
    assert Event.objects.count() == 1
    assert not connection.in_atomic_block


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        (
            "message-list",
            {"conversation": "018f0000-0000-7000-8000-000000000000", "message_body": "?"},
            404,
            "not_found",
        ),
        ("conversation-list", {"participants": [987654]}, 400, "invalid_reference"),
    ],
)
def test_handler_of_the_host_sees_api_exceptions(
    as_anna: APIClient, name: str, body: dict[str, Any], status: int, code: str
) -> None:
    data = as_anna.post(reverse(f"django_convo:{name}"), body).json()
    assert set(data) == {"detail", "code", "status", "is_api_exception"}
    assert (data["code"], data["status"], data["is_api_exception"]) == (code, status, True)


def test_handler_of_the_host_sees_refusals(as_anna: APIClient, direct: Any) -> None:
    data = as_anna.post(reverse("django_convo:conversation-leave", args=[direct.pk])).json()
    assert (data["code"], data["status"], data["is_api_exception"]) == ("direct_is_fixed", 403, True)


def test_handler_of_the_host_sees_field_errors(as_anna: APIClient, direct: Any) -> None:
    data = as_anna.post(reverse("django_convo:conversation-message-list", args=[direct.pk]), {}).json()
    assert set(data) == {"message_body", "status", "is_api_exception"}


def test_handler_of_the_host_sees_anonymous_requests() -> None:
    response = APIClient().get(reverse("django_convo:user-me"))
    data = response.json()
    assert (data["code"], data["status"]) == ("not_authenticated", response.status_code)


def test_users_are_named_by_number_and_username(as_anna: APIClient, anna: User, ben: User, direct: Any) -> None:
    data = as_anna.get(reverse("django_convo:conversation-detail", args=[direct.pk])).json()
    cards = {row["user"]["user_id"]: row["user"]["name"] for row in data["participants"]}
    assert cards == {anna.pk: "anna", ben.pk: f"User {ben.pk}"}
    created = Event.objects.get(conversation=direct.pk, event_seq=1)
    assert created.actor_id == anna.pk


@pytest.mark.parametrize("key", ["0", "-1", "1.5", "x", "9" * 30, "٣"])
def test_user_key_that_is_none_is_not_found(as_anna: APIClient, key: str) -> None:
    assert as_anna.get(reverse("django_convo:user-detail", args=[key])).status_code == 404
