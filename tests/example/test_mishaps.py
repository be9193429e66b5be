"""What a visitor sees where something is not there, not allowed or broken: a page of the site, nothing within."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.example.site import Site

# As on a site that others can reach, but for HTTPS.
DEPLOYED = {"DEBUG": "off", "SECRET_KEY": "of-this-test", "HTTPS": "off"}
# Runs in the example's process, and prints what each visitor was answered.
VISITS = """
import json
from unittest.mock import patch
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.test import Client
maya = get_user_model().objects.get(email="maya@lantern.example")
def visit(path, *, error=None, language="en", who=None, method="get"):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"host": "localhost"})
    if who is not None:
        client.force_login(who)
    with patch("stays.views.render", side_effect=error) if error else patch("stays.views.settings.DEBUG", False):
        answer = getattr(client, method)(path, headers={"accept-language": language})
    return answer.status_code, answer.content.decode()
broken, closed = RuntimeError("inner words"), PermissionDenied("inner words")
print(json.dumps({
    "nowhere": visit("/nowhere/?a=inner+words"),
    "nowhere to whoever is logged in": visit("/nowhere/", who=maya),
    "no such booking": visit("/bookings/999999/", who=maya),
    "no such conversation": visit("/chat/c/00000000-0000-0000-0000-000000000000/", who=maya),
    "nowhere in Arabic": visit("/nowhere/", language="ar"),
    "closed": visit("/", error=closed),
    "a form without a token": visit("/accounts/logout/", who=maya, method="post"),
    "broken": visit("/", error=broken),
    "broken to whoever is logged in": visit("/", error=broken, who=maya),
    "broken in Arabic": visit("/", error=broken, language="ar"),
}))
"""
NOWHERE, CLOSED, BROKEN = "No light is on here.", "This door stays closed.", "Our lantern has gone out."
SEEN = {
    "nowhere": (404, NOWHERE, "en", "ltr"),
    "nowhere to whoever is logged in": (404, NOWHERE, "en", "ltr"),
    "no such booking": (404, NOWHERE, "en", "ltr"),
    "no such conversation": (404, NOWHERE, "en", "ltr"),
    "nowhere in Arabic": (404, "لا ضوء مشتعل هنا.", "ar", "rtl"),
    "closed": (403, CLOSED, "en", "ltr"),
    "a form without a token": (403, CLOSED, "en", "ltr"),
    "broken": (500, BROKEN, "en", "ltr"),
    "broken to whoever is logged in": (500, BROKEN, "en", "ltr"),
    "broken in Arabic": (500, "انطفأ فانوسنا.", "ar", "rtl"),
}
# Without its list of hashed names, a storage that has one raises.
ALONE = """
from django.db import connection
from django.template.loader import get_template
from django.test import override_settings
hashed = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
with connection.execute_wrapper(None), override_settings(STORAGES={"staticfiles": hashed}):
    print(get_template("500.html").render())
"""


class _Page(HTMLParser):
    """What is said of a page here: its language, its direction and its heading."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.html: dict[str, str | None] = {}
        self.heading = ""
        self.is_in_heading = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_in_heading = tag == "h1"
        if tag == "html":
            self.html = dict(attrs)

    def handle_data(self, data: str) -> None:
        self.heading += data.strip() if self.is_in_heading else ""


@pytest.fixture(scope="module")
def visits(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.python(VISITS, **DEPLOYED))
    return found


def test_each_visit_is_looked_at(visits: dict[str, Any]) -> None:
    assert set(visits) == set(SEEN)


@pytest.mark.parametrize("name", SEEN)
def test_what_goes_wrong_has_a_page_of_the_site(name: str, visits: dict[str, Any]) -> None:
    status, text = visits[name]
    page = _Page(text)

    assert (status, page.heading, page.html["lang"], page.html["dir"]) == SEEN[name]
    assert "Lantern Stays" in text
    assert "example/site.css" in text
    # Neither what was asked for, nor what broke, nor how the site is made.
    for inside in ("inner words", "Traceback", "DEBUG", "URLconf", "RuntimeError", "stays.views"):
        assert inside not in text


def test_whoever_is_logged_in_stays_so_where_nothing_is(visits: dict[str, Any]) -> None:
    assert "Log out" in visits["nowhere to whoever is logged in"][1]
    assert "Log in" in visits["nowhere"][1]


def test_what_is_shown_when_all_is_broken_asks_for_nothing(site: Site) -> None:
    """Neither the database nor the list of static files may be what broke."""
    assert BROKEN in site.python(ALONE, **DEPLOYED)
