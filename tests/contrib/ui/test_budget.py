"""What a browser loads of us."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from django_convo.contrib import ui

STATIC = Path(ui.__file__).parent / "static" / "convo_ui"
STYLE = (STATIC / "convo.css").read_text(encoding="utf-8")


def test_style_sheet_is_small() -> None:
    assert len(gzip.compress(STYLE.encode())) <= 6 * 1024


def test_style_sheet_loads_nothing() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_style_sheet_touches_nothing_of_the_hosts() -> None:
    """Each rule is below one of our classes, elements or attributes; and in our layer, all but the one that resets."""
    without_comments = re.sub(r"/\*.*?\*/", "", STYLE, flags=re.DOTALL).strip()
    reset, layer, layered = without_comments.partition("@layer convo {")
    assert layer
    assert reset.count("{") == 1
    assert "all: revert-layer" in reset
    assert layered.endswith("}")
    for selectors in re.findall(r"([^{};]+)\{", reset + layered):
        if selectors.strip().startswith("@") or re.fullmatch(r"\s*(from|to)\s*", selectors):
            continue
        for selector in re.split(r",(?![^()]*\))", selectors):
            assert re.search(r"\.convo|convo-(inbox|thread|badge)|\[data-", selector), selector


def test_direction_of_writing_is_nowhere_taken_for_granted() -> None:
    sided = (
        r"(?<![-\w])(margin|padding|border|inset)-(left|right)|(?<![-\w.])(left|right)\s*:|text-align:\s*(left|right)"
    )

    assert not re.search(sided, STYLE)
