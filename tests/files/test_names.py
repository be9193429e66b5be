"""Names are shown and told to browsers; they are no paths, and hide nothing."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from django_convo.files import disposition, shown_name

NAMES = {
    "plan.pdf": "plan.pdf",
    "": "file",
    "...": "file",
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "/": "file",
    "C:\\holiday\\a.png": "a.png",
    "a\r\nSet-Cookie: x=1.txt": "a Set-Cookie: x=1.txt",
    "a\x00b\x1b[2J.txt": "ab[2J.txt",
    "\u202egnp.exe": "gnp.exe",
    "a\u2066b\u200fc": "abc",
    'quo"te\\.txt': ".txt".strip("."),
    "  blanks   within  .txt ": "blanks within .txt",
    ".htaccess": "htaccess",
    "灯 Zoe\u0301.txt": "灯 Zoé.txt",
    "\ud800.txt": "txt",
    "page.HTML": "page.HTML.txt",
    "drawing.svg": "drawing.svg.txt",
    "notes.md": "notes.md",
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_name_is_shown_without_what_deceives(name: str) -> None:
    assert shown_name(name, "text/plain") == NAMES[name]


@pytest.mark.parametrize("name", ["x" * 1000, "x" * 1000 + ".txt", "x." + "y" * 1000, "x" * 1000 + ".html"])
def test_long_name_keeps_its_ending(name: str) -> None:
    shown = shown_name(name, "text/plain")

    assert len(shown) == 255
    assert shown.endswith(".txt") is name.endswith((".txt", ".html"))


@pytest.mark.parametrize("name", [*NAMES.values(), "a;b=c.txt", "100%.txt", "'; x\".txt", "灯.txt", "Zoé", "👩‍👩‍👧"])
def test_disposition_is_one_line_of_ascii_that_says_the_name(name: str) -> None:
    header = disposition(name)

    found = re.fullmatch(r"""attachment; filename="([A-Za-z0-9 ._()+,=@-]+)"; filename\*=UTF-8''([!-~]+)""", header)
    assert found is not None, header
    assert unquote(found[2]) == name
    if name.isascii() and re.fullmatch(r"[\w .()+,=@-]+", name):
        assert found[1] == name
