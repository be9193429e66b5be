from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from rest_framework import serializers

from django_convo import actions
from django_convo.actions.users import registration_fields
from django_convo.api.users import card, name_of
from django_convo.exceptions import Denied, Invalid
from django_convo.models import Event, get_message_model
from django_convo.policy import Policy, capabilities
from tests.people import json_key, make_group, make_user

PASSWORD = "correct horse battery"
COLUMNS = ["user_id", "first_name", "last_name", "email", "phone_number", "role", "created_at"]
PRIVATE = {"email", "phone_number", "role"}


def columns() -> set[str]:
    return {field.name for field in get_user_model()._meta.concrete_fields}


needs_account = pytest.mark.skipif(
    "not set(COLUMNS) - {'user_id'} <= columns()",
    reason="this user model has other columns",
)
needs_names = pytest.mark.skipif("'first_name' not in columns()", reason="this user model has no names")


def registration(**fields: Any) -> dict[str, Any]:
    """Return a body that registers, whatever the user model asks for."""
    login = f"new-{uuid4().hex[:8]}@example.com"
    body = {"first_name": "Nina", "last_name": "Nord", "email": login, get_user_model().USERNAME_FIELD: login}
    known = {name: value for name, value in body.items() if name in registration_fields()}
    return {**known, "password": PASSWORD, **fields}


class HostSerializer(serializers.BaseSerializer[Any]):
    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {"user_id": json_key(instance), "by": "the host"}


class PickyValidator:
    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and str(user.get_username()) in password:
            raise ValidationError("It holds the login.", code="password_holds_login")

    def get_help_text(self) -> str:
        return ""


@pytest.fixture
def full(settings: Any) -> None:
    settings.CONVO_USERS_API = "full"


@pytest.fixture
def open_to_all(settings: Any, db: None) -> None:
    settings.CONVO_REGISTRATION = "open"


class Named(SimpleNamespace):
    def get_full_name(self) -> str:
        return self.full_name

    def get_username(self) -> str:
        return self.username


@pytest.mark.parametrize(
    ("full_name", "username", "expected"),
    [
        ("Ada Lovelace", "ada", "Ada Lovelace"),
        ("", "ada", "ada"),
        ("  ", "ada", "ada"),
        ("", "ada@example.com", "User 99"),
        ("ada@example.com", "ada", "ada"),
        ("ada@example.com", "ada@example.com", "User 99"),
        ("Ada @ work", "x", "Ada @ work"),
    ],
)
def test_name_is_never_an_address(full_name: str, username: str, expected: str) -> None:
    assert name_of(Named(pk=99, full_name=full_name, username=username)) == expected


def test_card_has_the_hosts_key_and_picture(ada: Any) -> None:
    assert card(ada) == {"user_id": json_key(ada), "name": name_of(ada), "avatar": None}
    ada.convo_avatar = "https://example.com/ada.png"
    assert card(ada)["avatar"] == "https://example.com/ada.png"
    assert card(None) is None


@needs_account
def test_me_shows_every_column(as_ada: Any, ada: Any) -> None:
    data = as_ada.get("/api/users/me/").json()

    assert list(data) == COLUMNS
    assert data["user_id"] == str(ada.pk)
    assert data["email"] == ada.email
    assert data["role"] == "guest"
    assert data["created_at"].endswith("Z")


class Number:
    """What a field of a host's own might give: a telephone number that is no text."""

    def __str__(self) -> str:
        return "+49 30 1234"


@needs_account
def test_columns_of_any_type_are_shown(as_ada: Any, ada: Any) -> None:
    ada.phone_number, ada.created_at = Number(), date(2026, 5, 4)

    data = as_ada.get("/api/users/me/").json()

    assert (data["phone_number"], data["created_at"]) == ("+49 30 1234", "2026-05-04")


class NobodyAdministers(Policy):
    """A host that lets no role touch or see through other people's accounts and conversations."""

    def can(self, actor: Any, capability: str, **about: Any) -> bool:
        if capability in (capabilities.USER_ADMINISTER, capabilities.MODERATE_ANY):
            raise Denied("nobody", "Nobody does.")
        return super().can(actor, capability, **about)


def test_a_hosts_policy_decides_who_administers(
    as_admin: Any, ada: Any, group: Any, full: None, settings: Any
) -> None:
    settings.CONVO_POLICY = f"{__name__}.NobodyAdministers"
    url = f"/api/users/{ada.pk}/"

    assert not PRIVATE & set(as_admin.get(url).json())
    assert as_admin.patch(url, {}).status_code == 403
    assert as_admin.delete(url).status_code == 403
    assert as_admin.get(f"/api/conversations/{group.pk}/").json()["participants"] == []


def test_private_columns_are_for_oneself_and_administrators(
    as_ada: Any, as_bob: Any, as_admin: Any, ada: Any, bob: Any, group: Any
) -> None:
    url = f"/api/users/{ada.pk}/"
    private = PRIVATE & columns()

    everything = set(as_ada.get(url).json())
    assert everything >= private
    assert set(as_bob.get(url).json()) == everything - private
    assert set(as_admin.get(url).json()) == everything
    rows = {row["user_id"]: row for row in as_bob.get("/api/users/").json()["results"]}
    assert not PRIVATE & set(rows[json_key(ada)])
    assert set(rows[json_key(bob)]) >= private


def test_users_of_any_model_have_key_and_name(as_ada: Any, ada: Any) -> None:
    data = as_ada.get("/api/users/me/").json()

    assert data["user_id"] == json_key(ada)
    if not set(COLUMNS) - {"user_id"} <= columns():
        assert data["name"] == name_of(ada)
        assert data["avatar"] is None
    assert set(data) - {"user_id", "name", "avatar"} <= columns()
    assert "password" not in data


def test_list_shows_whom_the_policy_shows(as_ada: Any, ada: Any, bob: Any, cyd: Any, stranger: Any) -> None:
    make_group(ada, bob)

    shown = {row["user_id"] for row in as_ada.get("/api/users/").json()["results"]}

    assert shown == {json_key(ada), json_key(bob)}
    assert as_ada.get(f"/api/users/{bob.pk}/").status_code == 200
    assert as_ada.get(f"/api/users/{stranger.pk}/").status_code == 404


@pytest.mark.parametrize("size", [2, 20])
def test_list_is_one_query_at_any_size(as_ada: Any, ada: Any, size: int, django_assert_num_queries: Any) -> None:
    make_group(ada, *(make_user(f"user{number}") for number in range(size)))

    with django_assert_num_queries(1):
        rows = as_ada.get("/api/users/").json()["results"]
    assert len(rows) == size + 1


def test_list_pages_to_its_end(as_ada: Any, ada: Any) -> None:
    make_group(ada, *(make_user(f"user{number}") for number in range(6)))
    url: str | None = "/api/users/?limit=3"
    seen = []
    while url:
        page = as_ada.get(url).json()
        assert len(page["results"]) <= 3
        seen += [row["user_id"] for row in page["results"]]
        url = page["next"]

    assert len(seen) == len(set(seen)) == 7


@needs_names
def test_search_looks_for_every_word_in_the_names(as_ada: Any, ada: Any) -> None:
    make_group(
        ada,
        make_user("x", first_name="Nina", last_name="Nord"),
        make_user("y", first_name="Nina", last_name="Sund"),
        make_user("z", first_name="Ole", last_name="Nordby"),
    )

    def found(text: str) -> list[str]:
        rows = as_ada.get("/api/users/", {"search": text}).json()["results"]
        return sorted(f"{row['first_name']} {row['last_name']}" for row in rows)

    assert found("nina") == ["Nina Nord", "Nina Sund"]
    assert found("nord nina") == ["Nina Nord"]
    assert found("NORD") == ["Nina Nord", "Ole Nordby"]
    assert found("nobody") == []


def test_search_never_finds_by_address(as_ada: Any, ada: Any, bob: Any) -> None:
    make_group(ada, bob)

    assert as_ada.get("/api/users/", {"search": "example.com"}).json()["results"] == []
    assert as_ada.get("/api/users/", {"search": "%%"}).json()["results"] == []


@pytest.mark.parametrize("text", ["n", " n ", "   "])
def test_search_that_is_too_short_is_refused(as_ada: Any, text: str) -> None:
    answer = as_ada.get("/api/users/", {"search": text})

    assert answer.status_code == 400
    assert answer.json()["code"] == "search_too_short"


def test_search_is_throttled_and_the_list_is_not(as_ada: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"user_search": "1/hour"}

    assert as_ada.get("/api/users/", {"search": "nina"}).status_code == 200
    refused = as_ada.get("/api/users/", {"search": "nina"})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert as_ada.get("/api/users/").status_code == 200


@pytest.mark.parametrize(
    "key",
    ["0", "-1", "nobody", "9" * 30, "1e3", "%00", "%ED%A0%80", "None", str(UUID(int=7)), "2147483648", "1.0"],
)
def test_ids_that_cannot_be_are_not_found(as_ada: Any, full: None, key: str) -> None:
    for method in ("get", "patch", "delete"):
        answer = getattr(as_ada, method)(f"/api/users/{key}/")
        assert (answer.status_code, answer.json()["code"]) in {(404, "not_found"), (400, "invalid_input")}


def test_nobody_is_refused_without_a_login(client_of: Any, ada: Any) -> None:
    for path in ("/api/users/", "/api/users/me/", f"/api/users/{ada.pk}/"):
        assert client_of(None).get(path).status_code in (401, 403)


def test_registration_is_off_by_default(client_of: Any, as_admin: Any) -> None:
    assert as_admin.post("/api/users/", registration()).status_code == 405
    assert client_of(None).post("/api/users/", registration()).status_code == 405


def test_register_creates_a_user_who_can_log_in(client_of: Any, open_to_all: None) -> None:
    body = registration()

    answer = client_of(None).post("/api/users/", body)

    assert answer.status_code == 201, answer.json()
    data = answer.json()
    assert "password" not in data
    user: Any = get_user_model()._default_manager.get(pk=data["user_id"])
    assert user.check_password(PASSWORD)
    assert user.get_username() == body[get_user_model().USERNAME_FIELD]
    if "role" in columns():
        assert (user.role, user.is_staff, user.is_superuser) == ("guest", False, False)
        assert data["email"] == body["email"]


@pytest.mark.parametrize(
    "field", ["is_staff", "is_superuser", "user_permissions", "groups", "is_active", "user_id", "pk"]
)
def test_register_ignores_what_is_not_on_the_list(client_of: Any, open_to_all: None, field: str) -> None:
    answer = client_of(None).post("/api/users/", registration(**{field: True}))

    assert answer.status_code == 201
    user: Any = get_user_model()._default_manager.get(pk=answer.json()["user_id"])
    assert not getattr(user, "is_superuser", False)
    assert not getattr(user, "is_staff", False)
    assert user.pk is not True


def test_register_asks_the_password_validators_about_this_user(
    client_of: Any, open_to_all: None, settings: Any
) -> None:
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": "tests.api.test_users.PickyValidator"}]
    body = registration()
    body["password"] = f"my {body[get_user_model().USERNAME_FIELD]}"

    answer = client_of(None).post("/api/users/", body)

    assert answer.status_code == 400
    assert answer.json() == {"password": ["It holds the login."]}


@pytest.mark.parametrize("password", ["", None, "x" * 5000, ["list"], {"a": 1}])
def test_register_refuses_what_is_no_password(client_of: Any, open_to_all: None, password: Any) -> None:
    answer = client_of(None).post("/api/users/", registration(password=password))

    assert answer.status_code == 400
    assert list(answer.json()) == ["password"]


def test_register_refuses_a_login_that_is_taken(client_of: Any, open_to_all: None) -> None:
    body = registration()
    login = get_user_model().USERNAME_FIELD
    assert client_of(None).post("/api/users/", body).status_code == 201

    again = client_of(None).post("/api/users/", body)

    assert again.status_code == 400
    assert list(again.json()) == [login]


@needs_account
def test_register_knows_an_address_whatever_its_case(client_of: Any, open_to_all: None) -> None:
    assert client_of(None).post("/api/users/", registration(email="Nina@Example.com")).status_code == 201

    again = client_of(None).post("/api/users/", registration(email="nina@example.COM"))

    assert again.status_code == 400
    assert list(again.json()) == ["email"]


@needs_account
@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", ""), ("first_name", "   "), ("first_name", "x" * 151), ("email", "no address"), ("email", None)],
)
def test_register_names_the_field_that_is_wrong(client_of: Any, open_to_all: None, field: str, value: Any) -> None:
    answer = client_of(None).post("/api/users/", registration(**{field: value}))

    assert answer.status_code == 400
    assert list(answer.json()) == [field]


@needs_account
@pytest.mark.parametrize(("role", "status"), [("guest", 201), ("host", 201), ("admin", 400), ("king", 400)])
def test_register_lets_one_choose_guest_or_host(client_of: Any, open_to_all: None, role: str, status: int) -> None:
    answer = client_of(None).post("/api/users/", registration(role=role))

    assert answer.status_code == status
    assert answer.json()["role"] == (role if status == 201 else answer.json()["role"])
    if status == 400:
        assert list(answer.json()) == ["role"]


@needs_account
def test_register_by_an_administrator_gives_any_role(
    as_admin: Any, as_ada: Any, client_of: Any, settings: Any
) -> None:
    settings.CONVO_REGISTRATION = "admin"

    assert as_admin.post("/api/users/", registration(role="admin")).json()["role"] == "admin"
    assert as_ada.post("/api/users/", registration()).status_code == 403
    assert client_of(None).post("/api/users/", registration()).status_code in (401, 403)


def test_register_is_throttled_by_address(client_of: Any, open_to_all: None, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"register": "1/hour"}

    assert client_of(None).post("/api/users/", registration()).status_code == 201
    assert client_of(None).post("/api/users/", registration()).status_code == 429


def test_writes_are_off_by_default(as_ada: Any, as_admin: Any, ada: Any) -> None:
    for client in (as_ada, as_admin):
        for method in ("put", "patch", "delete"):
            answer = getattr(client, method)(f"/api/users/{ada.pk}/", {})
            assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert get_user_model()._default_manager.filter(pk=ada.pk).exists()


@needs_account
def test_update_changes_oneself(as_ada: Any, ada: Any, full: None) -> None:
    url = f"/api/users/{ada.pk}/"

    patched = as_ada.patch(url, {"first_name": "Augusta"})
    assert patched.status_code == 200
    assert patched.json()["first_name"] == "Augusta"
    replaced = as_ada.put(url, {"first_name": "Ada", "last_name": "King", "phone_number": "+44 1"})
    assert replaced.status_code == 200

    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, ada.phone_number) == ("Ada", "King", "+44 1")
    assert ada.email.startswith("ada-")


@needs_account
def test_put_takes_back_what_get_gave(as_ada: Any, as_admin: Any, ada: Any, full: None) -> None:
    url = f"/api/users/{ada.pk}/"
    before = as_ada.get(url).json()

    for client in (as_ada, as_admin):
        answer = client.put(url, {**before, "created_at": "2001-01-01T00:00:00Z"})
        assert answer.status_code == 200
        assert answer.json() == before


@needs_account
def test_put_needs_all_that_is_required(as_ada: Any, ada: Any, full: None) -> None:
    answer = as_ada.put(f"/api/users/{ada.pk}/", {"first_name": "Ada"})

    assert answer.status_code == 400
    assert list(answer.json()) == ["last_name"]


@needs_account
def test_update_of_another_is_the_administrators(
    as_bob: Any, as_admin: Any, as_stranger: Any, ada: Any, group: Any, full: None
) -> None:
    url = f"/api/users/{ada.pk}/"
    body = {"first_name": "Changed"}

    assert as_stranger.patch(url, body).status_code == 404
    assert as_bob.patch(url, body).status_code == 403
    assert as_admin.patch(url, body).json()["first_name"] == "Changed"


@needs_account
@pytest.mark.parametrize("body", [{"password": PASSWORD}, {"email": "taken.over@example.com"}])
def test_nobody_sets_anothers_address_or_password(as_admin: Any, ada: Any, full: None, body: Any) -> None:
    before = (ada.email, ada.password)

    answer = as_admin.patch(f"/api/users/{ada.pk}/", body)

    assert (answer.status_code, answer.json()["code"]) == (403, "only_oneself")
    ada.refresh_from_db()
    assert (ada.email, ada.password) == before


@needs_account
def test_update_sets_ones_own_address_and_password(as_ada: Any, ada: Any, bob: Any, full: None) -> None:
    url = f"/api/users/{ada.pk}/"

    assert as_ada.patch(url, {"email": "New@Example.com", "password": PASSWORD}).status_code == 200
    ada.refresh_from_db()
    assert ada.email == "new@example.com"
    assert ada.check_password(PASSWORD)
    assert list(as_ada.patch(url, {"password": "short"}).json()) == ["password"]
    assert list(as_ada.patch(url, {"email": bob.email}).json()) == ["email"]


@needs_account
def test_a_session_outlives_its_users_new_password(client: Any, ada: Any, full: None) -> None:
    client.force_login(ada)
    url = f"/api/users/{ada.pk}/"

    answer = client.patch(url, {"password": PASSWORD}, content_type="application/json")

    assert answer.status_code == 200, answer.content
    assert client.get("/api/users/me/").status_code == 200


@needs_account
def test_roles_are_an_administrators_to_give(as_ada: Any, as_admin: Any, ada: Any, full: None) -> None:
    url = f"/api/users/{ada.pk}/"

    refused = as_ada.patch(url, {"role": "host"})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_not_chosen")
    assert as_ada.patch(url, {"role": "guest"}).status_code == 200
    assert as_admin.patch(url, {"role": "host"}).json()["role"] == "host"
    assert list(as_admin.patch(url, {"role": "king"}).json()) == ["role"]


@needs_account
def test_update_writes_only_what_differs(as_ada: Any, ada: Any, full: None) -> None:
    get_user_model()._default_manager.filter(pk=ada.pk).update(is_staff=True)

    as_ada.patch(f"/api/users/{ada.pk}/", {"first_name": "Augusta", "is_staff": False, "is_superuser": True})

    ada.refresh_from_db()
    assert (ada.first_name, ada.is_staff, ada.is_superuser) == ("Augusta", True, False)


def test_delete_takes_the_user_out_of_everything(as_ada: Any, as_bob: Any, ada: Any, bob: Any, full: None) -> None:
    conversation = make_group(ada, bob)
    message = actions.send_message(actor=ada, conversation=conversation, body="stays")
    assert as_bob.delete(f"/api/users/{ada.pk}/").status_code == 403

    answer = as_ada.delete(f"/api/users/{ada.pk}/")

    assert answer.status_code == 204
    assert not get_user_model()._default_manager.filter(pk=ada.pk).exists()
    stays = get_message_model()._default_manager.get(pk=message.pk)
    assert (stays.message_body, stays.sender_id) == ("stays", None)
    events = Event.objects.filter(conversation=conversation.pk).order_by("event_seq")
    types = list(events.values_list("type", flat=True))
    assert types[2:] == ["participant.removed", "participant.updated"]


def test_delete_of_another_is_the_administrators(as_admin: Any, ada: Any, full: None) -> None:
    assert as_admin.delete(f"/api/users/{ada.pk}/").status_code == 204
    assert as_admin.delete(f"/api/users/{ada.pk}/").status_code == 404


def test_delete_of_one_whom_the_host_needs_is_a_conflict(
    as_ada: Any, ada: Any, full: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protect(*args: Any, **kwargs: Any) -> None:
        raise ProtectedError("A booking needs them.", {ada})

    monkeypatch.setattr(get_user_model(), "delete", protect)

    answer = as_ada.delete(f"/api/users/{ada.pk}/")

    assert (answer.status_code, answer.json()["code"]) == (409, "user_in_use")


def test_a_host_may_shape_users(as_ada: Any, ada: Any, settings: Any) -> None:
    settings.CONVO_USER_SERIALIZER = "tests.api.test_users.HostSerializer"
    expected = {"user_id": json_key(ada), "by": "the host"}

    assert as_ada.get("/api/users/me/").json() == expected
    assert as_ada.get("/api/users/").json()["results"] == [expected]


def test_the_host_itself_registers_whatever_the_setting(db: None) -> None:
    body = registration()
    password = body.pop("password")

    user = actions.register_user(actor=None, fields=body, password=password)

    assert user.check_password(password)
    with pytest.raises(Invalid, match="unknown_field"):
        actions.register_user(actor=None, fields={**registration(), "is_staff": True}, password=password)
    with pytest.raises(Denied, match="registration_closed"):
        actions.register_user(actor=user, fields=body, password=password)
