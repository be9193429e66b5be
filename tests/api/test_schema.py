from __future__ import annotations

import os
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="the document is YAML")
pytest.importorskip("drf_spectacular", reason="needs django-convo[openapi]")

from drf_spectacular.settings import spectacular_settings  # noqa: E402

from django_convo.urls import urlpatterns  # noqa: E402
from tests import openapi  # noqa: E402

METHODS = {"get", "post", "put", "patch", "delete"}

pytestmark = pytest.mark.skipif(
    os.environ["DJANGO_SETTINGS_MODULE"] != "tests.projects.default.settings",
    reason="the golden file is the default project's",
)


@pytest.fixture(scope="module")
def text() -> Any:
    yield openapi.generate()
    spectacular_settings.clear_patches()


@pytest.fixture(scope="module")
def document(text: str) -> Any:
    return yaml.safe_load(text)


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_document_is_the_golden_file(text: str) -> None:
    assert text == openapi.GOLDEN.read_text(), "run python -m tests.openapi --write, and read what changed"


def test_document_is_of_the_newest_version(document: Any) -> None:
    assert document["openapi"] == "3.1.0"


def test_document_holds_every_route(document: Any) -> None:
    described = {(path, method) for path, method, _operation in operations(document)}
    served = set()
    for pattern in urlpatterns:
        path = "/api/" + str(pattern.pattern).replace("<str:", "{").replace(">", "}")
        # DRF adds `head` to a view at its first request.
        served |= {(path, method) for method in pattern.callback.actions if method != "head"}

    assert described == served


def test_every_call_names_its_errors(document: Any) -> None:
    for path, method, operation in operations(document):
        statuses = set(operation["responses"])
        assert {"400", "401", "403"} <= statuses, (path, method)
        assert ("404" in statuses) >= ("{" in path), (path, method)
        if method != "get" and path != "/api/sync/":
            assert "503" in statuses, (path, method)
        # Searching is counted against a limit, wherever it is done.
        if {"q", "search"} & {parameter["name"] for parameter in operation.get("parameters", ())}:
            assert "429" in statuses, (path, method)
        assert operation["description"], (path, method)
        assert any(status.startswith("2") for status in statuses)


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/api/messages/", "post", {"200", "201", "409", "429"}),
        ("/api/conversations/", "post", {"200", "201", "409", "429"}),
        ("/api/users/", "post", {"201", "405", "429"}),
        ("/api/users/{user_id}/", "delete", {"204", "405", "409"}),
        ("/api/sync/", "post", {"200"}),
        # What is read by a power alone is written down first, or not shown.
        ("/api/conversations/{conversation_id}/messages/", "get", {"200", "503"}),
        ("/api/search/", "get", {"200", "429", "503"}),
    ],
)
def test_calls_name_what_is_special_about_them(document: Any, path: str, method: str, statuses: set[str]) -> None:
    assert statuses <= set(document["paths"][path][method]["responses"])


def test_windows_and_pages_are_two_shapes(document: Any) -> None:
    schemas = document["components"]["schemas"]

    assert "oldest_seq" in schemas["MessageWindow"]["properties"]
    assert "oldest_seq" not in schemas["PaginatedMessageList"]["properties"]


def test_choices_have_names(document: Any) -> None:
    schemas = document["components"]["schemas"]

    assert schemas["ConversationKind"]["enum"] == ["direct", "group", "channel"]
    assert schemas["UserRole"]["enum"] == ["guest", "host", "admin"]
    assert not [name for name in schemas if name.endswith("Enum")]


def test_bodies_say_what_they_take(document: Any) -> None:
    """A generated client is only as good: a file is bytes, the id of a user that of one, metadata an object."""
    schemas = document["components"]["schemas"]
    key = {"type": "string", "format": "uuid"}
    anything = {"type": "object", "additionalProperties": {}}
    send, creation = schemas["Send"]["properties"], schemas["ConversationCreation"]["properties"]

    assert schemas["Upload"]["properties"]["file"] == {"type": "string", "format": "binary"}
    assert schemas["Add"]["properties"]["user_id"] == creation["participants"]["items"] == key
    assert send["mentions"]["items"] == {"anyOf": [key, {"type": "string", "enum": ["everyone"]}]}
    assert send["metadata"] == creation["metadata"] == anything


def test_users_in_a_query_are_as_in_a_path(document: Any) -> None:
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in ("user_id", "user", "actor", "sender", "participant"):
                assert parameter["schema"] == {"type": "string", "format": "uuid"}, (path, method)


def test_numbers_end_where_they_are_refused(document: Any) -> None:
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["schema"].get("type") == "integer":
                assert parameter["schema"]["maximum"] == 2**63 - 1, (path, method, parameter["name"])


def test_file_comes_in_whatever_type_it_is(document: Any) -> None:
    answer = document["paths"]["/api/attachments/{attachment_id}/download/"]["get"]["responses"]["200"]

    assert set(answer["content"]) == {"application/octet-stream", "*/*"}


def test_field_errors_have_one_shape(document: Any) -> None:
    names = {"#/components/schemas/Error", "#/components/schemas/FieldErrors"}
    for path, method, operation in operations(document):
        shape = operation["responses"]["400"]["content"]["application/json"]["schema"]
        assert {item["$ref"] for item in shape["anyOf"]} == names, (path, method)


def test_registering_needs_no_login(document: Any) -> None:
    assert {} in document["paths"]["/api/users/"]["post"]["security"]
    assert {} not in document["paths"]["/api/users/"]["get"]["security"]
