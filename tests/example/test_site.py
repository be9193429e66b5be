"""What is served: the pages, three ways to log in, the API with its schema, the admin with its style sheets."""

from __future__ import annotations

import httpx
import pytest

from tests.example.conftest import PASSWORD, Browser, Caller

MAYA, ADMIN = "maya@lantern.example", "admin@lantern.example"


def test_start_page_says_who_can_log_in(address: str) -> None:
    page = httpx.get(f"{address}/", trust_env=False)
    assert page.status_code == 200
    for text in (MAYA, "tomas@lantern.example", ADMIN, PASSWORD, "/api/schema/", "/admin/", "/api/conversations/"):
        assert text in page.text


def test_start_page_shows_bookings_after_login(browser: Browser) -> None:
    page = browser(MAYA).get("/")
    assert "Good to see you, Maya." in page.text
    assert "Attic with the round window" in page.text
    assert "unread message" in page.text
    assert PASSWORD not in page.text


def test_a_session_opens_the_browsable_api(browser: Browser) -> None:
    page = browser(MAYA).get("/api/conversations/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Maya Lindqvist" in page.text


def test_logging_out_ends_the_session(browser: Browser) -> None:
    client = browser(MAYA)
    client.post("/accounts/logout/")
    assert client.get("/api/conversations/").status_code == 401


def test_basic_authentication(address: str) -> None:
    answer = httpx.get(f"{address}/api/users/me/", auth=(MAYA, PASSWORD), trust_env=False)
    assert answer.json()["email"] == MAYA
    assert httpx.get(f"{address}/api/users/me/", auth=(MAYA, "wrong"), trust_env=False).status_code == 401


def test_token_by_email_address_whatever_its_case(caller: Caller) -> None:
    assert caller("Maya@Lantern.Example").get("/users/me/").json()["email"] == MAYA


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"username": "maya@lantern.example", "password": "wrong"}', "authorization"),
        (b'{"username": "\\ud800", "password": "x"}', "invalid_input"),
        (b'{"username": "maya@lantern.example", "password": "\\u0000"}', "invalid_input"),
        (b"{", "parse_error"),
    ],
)
def test_token_refused(address: str, body: bytes, code: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": "Token of-yesterday"}
    answer = httpx.post(f"{address}/api/token/", content=body, headers=headers, trust_env=False)
    assert answer.status_code == 400
    assert answer.json()["code"] == code


def test_anybody_registers_and_finds_everybody(address: str, caller: Caller) -> None:
    person = {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "password": PASSWORD}
    answer = httpx.post(f"{address}/api/users/", json=person, trust_env=False)
    assert answer.status_code == 201, answer.text
    client = caller("ada@example.com")
    me = client.get("/users/me/").json()
    assert me["role"] == "guest"
    listed = client.get("/users/", params={"limit": 200}).json()["results"]
    assert len(listed) > 30, "the example shows everybody to everybody"
    assert client.patch(f"/users/{me['user_id']}/", json={"first_name": "Augusta"}).json()["first_name"] == "Augusta"
    assert client.delete(f"/users/{me['user_id']}/").status_code == 204
    assert client.get("/users/me/").status_code == 401


def test_schema_is_openapi_31(address: str) -> None:
    schema = httpx.get(f"{address}/api/schema/", params={"format": "json"}, trust_env=False).json()
    assert schema["openapi"].startswith("3.1")
    assert {"/api/conversations/", "/api/messages/", "/api/users/", "/api/token/"} <= set(schema["paths"])


def test_admin_looks_as_it_should(address: str, browser: Browser) -> None:
    client = browser(ADMIN)
    for path in ("accounts/user/", "stays/booking/", "stays/listing/"):
        assert client.get(f"/admin/{path}").status_code == 200
    for path in ("admin/css/base.css", "example/site.css", "rest_framework/css/bootstrap.min.css"):
        assert httpx.get(f"{address}/static/{path}", trust_env=False).status_code == 200
    assert browser(MAYA).get("/admin/").url.path == "/admin/login/"
