from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import Http404
from django.urls import include, path, resolve
from rest_framework import exceptions as drf
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import exception_handler

from django_convo import exceptions as domain
from django_convo.api.base import ConvoViewSet, to_api_exception
from django_convo.api.conversations import ConversationSerializer, ConversationViewSet
from django_convo.api.messages import MessageSerializer
from django_convo.api.permissions import REQUIREMENTS
from django_convo.api.routes import build_urlpatterns
from django_convo.urls import urlpatterns as served
from tests.people import make_group


class Frozen(BasePermission):
    """A host's own permission: reading only."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return request.method == "GET"


class LoudMessageSerializer(MessageSerializer):
    """A host's own shape of a message."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return super().to_representation(instance) | {"loud": instance.message_body.upper()}


class TitledSerializer(ConversationSerializer):
    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {"only": super().to_representation(instance)["title"]}


class HostConversationViewSet(ConversationViewSet):
    """A host's own viewset in the place of ours."""

    def list(self, request: Any, **kwargs: Any) -> Response:
        return Response({"own": True})


urlpatterns = [
    path("whole/", include("django_convo.urls")),
    path(
        "part/",
        include(
            (build_urlpatterns({"conversations": HostConversationViewSet, "messages": None}), "django_convo"),
            namespace="part",
        ),
    ),
]


def host_handler(error: Exception, context: Any) -> Response:
    """What a host may set as EXCEPTION_HANDLER: its own envelope around DRF's answer."""
    response = exception_handler(error, context)
    assert response is not None, f"{error!r} is no APIException"
    return Response({"error": response.data}, status=response.status_code)


def post_raw(client: Any, body: bytes, address: str = "/api/messages/", **extra: Any) -> Any:
    return client.generic("POST", address, body, content_type=extra.pop("content_type", "application/json"), **extra)


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (domain.NotFound(), 404, {"detail": "Not found.", "code": "not_found"}),
        (domain.Denied("too_late", "Too late."), 403, {"detail": "Too late.", "code": "too_late"}),
        (domain.Invalid("odd", "Odd."), 400, {"detail": "Odd.", "code": "odd"}),
        (domain.Invalid("odd", "Odd.", field="title"), 400, {"title": ["Odd."]}),
        (domain.Conflict("client_id_reused", "Used."), 409, {"detail": "Used.", "code": "client_id_reused"}),
        (Http404("No Conversation matches"), 404, {"detail": "Not found.", "code": "not_found"}),
        (drf.ValidationError("odd", code="odd"), 400, {"detail": "odd", "code": "odd"}),
        (drf.ValidationError({"title": ["odd"]}), 400, {"title": ["odd"]}),
        (drf.ValidationError({"non_field_errors": ["odd"]}), 400, {"detail": "odd", "code": "invalid"}),
    ],
)
def test_errors_become_drfs_own(error: Exception, status: int, body: Any) -> None:
    translated = to_api_exception(error)
    assert isinstance(translated, drf.APIException)
    assert (translated.status_code, json.loads(json.dumps(translated.detail))) == (status, body)


def test_reference_errors_read_alike_whatever_the_field() -> None:
    details = [
        to_api_exception(error).detail  # type: ignore[attr-defined]
        for error in (domain.InvalidReference(), domain.InvalidReference(field="reply_to"))
    ]
    assert details[0] == details[1]
    assert details[0]["code"] == "invalid_reference"


def test_unknown_errors_are_left_alone() -> None:
    error = RuntimeError()
    assert to_api_exception(error) is error


def test_busy_is_503_with_retry_after(as_ada: Any, group: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*arguments: Any, **content: Any) -> None:
        raise domain.TryAgain

    monkeypatch.setattr("django_convo.api.messages.views.send_to", busy)
    response = as_ada.post(f"/api/conversations/{group.pk}/messages/", {"message_body": "hello"})
    assert (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "try_again", "1")


def test_hosts_exception_handler_sees_drfs_errors_only(as_ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConvoViewSet, "get_exception_handler", lambda self: host_handler)
    for response in (
        as_ada.get(f"/api/conversations/{uuid4()}/"),
        as_ada.get("/api/messages/?kind=x"),
        as_ada.post("/api/messages/", {}),
        post_raw(as_ada, b"{"),
    ):
        assert response.status_code in (400, 404)
        assert set(response.json()) == {"error"}


def test_hosts_exception_handler_cannot_lose_retry_after(
    as_ada: Any, group: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONVO_THROTTLE_RATES = {"send": "0/hour"}
    monkeypatch.setattr(ConvoViewSet, "get_exception_handler", lambda self: host_handler)
    response = as_ada.post(f"/api/conversations/{group.pk}/messages/", {"message_body": "hello"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


def test_answers_are_private(as_ada: Any, client_of: Any, group: Any) -> None:
    for response in (
        as_ada.get("/api/conversations/"),
        as_ada.get("/api/conversations/nonsense/"),
        as_ada.delete("/api/conversations/"),
        client_of(None).get("/api/conversations/"),
    ):
        assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "address", ["conversations/", "messages/", "messages/by_conversation/", "conversations/nonsense/messages/"]
)
def test_nobody_gets_in_without_signing_in(client_of: Any, ada: Any, address: str) -> None:
    ada.is_active = False
    for client in (client_of(None), client_of(ada)):
        response = client.get(f"/api/{address}")
        assert response.status_code in (401, 403)
        assert response.json()["code"] in ("not_authenticated", "permission_denied")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "parse_error"),
        (b"", 400, None),
        (b"null", 400, "null"),
        (b'"text"', 400, "invalid"),
        (b"[]", 400, "invalid"),
        (b'{"message_body": NaN}', 400, "parse_error"),
        (b'{"message_body": -Infinity}', 400, "parse_error"),
        (b'{"metadata": {"a": 1e999}}', 400, "parse_error"),
        (b'{"metadata": ' + b"9" * 5000 + b"}", 400, "parse_error"),
        (b'{"message_body": "\xff"}', 400, "parse_error"),
        (b'{"message_body": "\xed\xa0\x80"}', 400, "parse_error"),
        (b'{"message_body": "a\x00b"}', 400, "parse_error"),
        (b'{"message_body": "a\\u0000b"}', 400, "invalid_input"),
        (b'{"message_body": "\\ud800"}', 400, "invalid_input"),
        (b'{"metadata": {"a": [{"\\udfff": 1}]}}', 400, "invalid_input"),
        (b"[" * 40 + b"]" * 40, 400, "parse_error"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "parse_error"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, "parse_error"),
    ],
)
def test_hostile_bodies(as_ada: Any, body: bytes, status: int, code: str | None) -> None:
    response = post_raw(as_ada, body)
    assert response.status_code == status
    assert response.json().get("code") == code


def test_escaped_pairs_are_text(as_ada: Any, group: Any) -> None:
    body = json.dumps({"conversation": str(group.pk), "message_body": "🙂"}).encode()
    assert b"\\ud83d\\ude42" in body
    assert post_raw(as_ada, body).json()["message_body"] == "🙂"


def test_body_is_bounded(as_ada: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    for content_type in ("application/json", "application/json; charset=utf-16"):
        response = post_raw(as_ada, b'{"message_body": "' + b"x" * 1000 + b'"}', content_type=content_type)
        assert (response.status_code, response.json()["code"]) == (413, "payload_too_large")


def test_other_media_types_are_refused(as_ada: Any) -> None:
    response = post_raw(as_ada, b"message_body=hello", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    response = as_ada.get("/api/messages/", HTTP_ACCEPT="application/x-nonsense")
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


def test_charset_of_the_content_type_decodes_nothing(as_ada: Any, group: Any) -> None:
    for charset in ("unicode_escape", "utf-7"):
        response = as_ada.generic(
            "GET", "/api/messages/?kind=user&x=%5Cud800", content_type=f"application/json; charset={charset}"
        )
        assert response.status_code == 200


@pytest.mark.parametrize("query", ["x=%00", "%00=x", "sender=a%00"])
def test_query_holds_nothing_that_cannot_be_stored(as_ada: Any, query: str) -> None:
    response = as_ada.get(f"/api/messages/?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")


def test_view_action_outside_the_table_raises(ada: Any) -> None:
    class Forgotten(ConvoViewSet):
        noun = "conversations"

        def forgotten(self, request: Any) -> Response:
            return Response()

    request = APIRequestFactory().get("/")
    request._force_auth_user = ada
    with pytest.raises(ImproperlyConfigured, match=r"Forgotten\.forgotten"):
        Forgotten.as_view({"get": "forgotten"})(request)


def test_every_route_is_in_the_table_and_the_table_names_no_other() -> None:
    routed = {
        (pattern.callback.cls.noun, action) for pattern in served for action in pattern.callback.actions.values()
    }
    assert routed == set(REQUIREMENTS)


def test_hosts_permissions_are_added_to_ours(as_ada: Any, client_of: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PERMISSION_CLASSES = ["tests.api.test_errors.Frozen"]
    assert as_ada.get("/api/conversations/").status_code == 200
    assert as_ada.post(f"/api/conversations/{group.pk}/close/").status_code == 403
    assert client_of(None).get("/api/conversations/").status_code in (401, 403)


def test_hosts_serializers_take_the_place_of_ours(as_ada: Any, ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_SERIALIZERS = {"message": "tests.api.test_errors.LoudMessageSerializer"}
    sent = as_ada.post(f"/api/conversations/{group.pk}/messages/", {"message_body": "hello"})
    assert sent.json()["loud"] == "HELLO"
    assert as_ada.get("/api/messages/").json()["results"][0]["loud"] == "HELLO"
    assert as_ada.get("/api/conversations/").json()["results"][0]["last_message"]["loud"] == "HELLO"
    settings.CONVO_SERIALIZERS = {"conversation": "tests.api.test_errors.TitledSerializer"}
    assert as_ada.get("/api/conversations/").json()["results"] == [{"only": ""}]


@pytest.mark.urls("tests.api.test_errors")
def test_host_replaces_a_viewset_or_leaves_one_out(as_ada: Any, group: Any) -> None:
    assert as_ada.get("/part/conversations/").json() == {"own": True}
    assert as_ada.get(f"/part/conversations/{group.pk}/messages/").status_code == 200
    assert as_ada.get("/part/messages/").status_code == 404
    assert as_ada.get("/whole/messages/").status_code == 200


@pytest.mark.parametrize("address", ["/api/messages/", "/api/conversations/", "/api/users/me/"])
def test_views_are_outside_atomic_requests(address: str) -> None:
    assert connection.alias in resolve(address).func._non_atomic_requests  # type: ignore[attr-defined]


def test_creating_is_limited(as_ada: Any, ada: Any, bob: Any, settings: Any) -> None:
    make_group(ada, bob)
    settings.CONVO_THROTTLE_RATES = {"create": "1/hour"}
    body = {"participants": [str(bob.pk)], "kind": "group"}
    assert as_ada.post("/api/conversations/", body).status_code == 201
    refused = as_ada.post("/api/conversations/", body)
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert as_ada.get("/api/conversations/").status_code == 200


def test_limits_count_each_user_alone_and_have_defaults(as_ada: Any, as_bob: Any, group: Any, settings: Any) -> None:
    address = f"/api/conversations/{group.pk}/messages/"
    settings.CONVO_THROTTLE_RATES = {"send": "1/hour"}
    assert [client.post(address, {"message_body": "hello"}).status_code for client in (as_ada, as_bob, as_ada)] == [
        201,
        201,
        429,
    ]
    settings.CONVO_THROTTLE_RATES = {}
    codes = [as_ada.post(address, {"message_body": "hello"}).status_code for _ in range(120)]
    assert codes[0] == 201
    assert codes[-1] == 429


def test_options_describe_without_looking_anything_up(as_ada: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = as_ada.options(f"/api/conversations/{uuid4()}/")
    assert response.status_code == 200
    assert "actions" not in response.json()


def test_browsable_pages_render(as_ada: Any, group: Any) -> None:
    if BrowsableAPIRenderer not in ConvoViewSet.renderer_classes or not apps.is_installed("django.contrib.sessions"):
        pytest.skip("This host answers JSON alone.")
    for address in ("conversations/", f"conversations/{group.pk}/", f"conversations/{group.pk}/messages/"):
        response = as_ada.get(f"/api/{address}", HTTP_ACCEPT="text/html")
        assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
