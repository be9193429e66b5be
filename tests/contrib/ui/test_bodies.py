"""What somebody wrote, as HTML."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from django_convo.contrib.ui.shapes import Person, render_body, render_found

ADA = SimpleNamespace(pk=1, get_full_name=lambda: "Ada Byron", get_username=lambda: "ada", nickname="ada.b")
BOB = SimpleNamespace(pk=2, get_full_name=lambda: "Bob (B.)", get_username=lambda: "bob", nickname="")


def link(address: str) -> str:
    return f'<a href="{address}" rel="nofollow noopener ugc" target="_blank">{address}</a>'


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("plain <b>text</b> & more", "plain &lt;b&gt;text&lt;/b&gt; &amp; more"),
        ("two\nlines", "two\nlines"),
        ("see https://example.com/a?b=1.", f"see {link('https://example.com/a?b=1')}."),
        ("(http://example.com)", f"({link('http://example.com')})"),
        ("https://example.com/?a=1&b=2", link("https://example.com/?a=1&amp;b=2")),
        ("javascript:alert(1) ftp://example.com", "javascript:alert(1) ftp://example.com"),
        ("xhttps://example.com", "xhttps://example.com"),
        ("https:// and http://", "https:// and http://"),
        ("https://a.example https://b.example", f"{link('https://a.example')} {link('https://b.example')}"),
        ("", ""),
    ],
)
def test_addresses_are_links(body: str, shown: str) -> None:
    assert render_body(body) == shown


def test_those_who_are_named_are_marked() -> None:
    shown = render_body("@Ada Byron and @bob (b.), @everyone; @Ada Byrons", mentioned=[ADA, BOB, None], viewer=ADA)

    assert shown == (
        '<span class="convo-mention" data-me>@Ada Byron</span> and <span class="convo-mention">@bob (b.)</span>, '
        '<span class="convo-mention" data-me>@everyone</span>; @Ada Byrons'
    )


def test_nobody_is_marked_who_is_not_named() -> None:
    assert render_body("@Ada Byron @everyone", mentioned=[BOB]) == "@Ada Byron @everyone"


def test_a_login_is_marked_where_it_names_people(settings: Any) -> None:
    settings.CONVO_MENTION_FIELD = "nickname"

    assert render_body("@ada.b!", mentioned=[ADA, BOB]) == '<span class="convo-mention">@ada.b</span>!'


def test_found_words_are_marked_and_the_rest_is_cut() -> None:
    body = "<" * 100 + "needle" + ">" * 500

    shown = render_found(body, [(100, 106)])

    assert shown.startswith("…&lt;")
    assert "<mark>needle</mark>&gt;" in shown
    assert shown.endswith("&gt;…")


def test_what_is_found_far_apart_is_not_shown_twice() -> None:
    body = "a needle " + "x" * 1000 + " a needle"

    assert render_found(body, [(2, 8), (1011, 1017)]).count("<mark>") == 1


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada Byron", "AB"), ("ada", "A"), ("Ada de la Cruz", "AC"), ("", ""), ("  ", "")]
)
def test_initials(name: str, initials: str) -> None:
    assert Person(user_id="1", name=name).initials == initials


def test_colour_of_a_face_is_that_of_the_script() -> None:
    assert Person(user_id="12", name="").hue == (ord("1") + ord("2")) % 8
