"""Our emoji against those of a package that keeps Unicode's list."""

from __future__ import annotations

import sys
from typing import Any

import emoji
import pytest

from django_convo.actions.emoji import normalize_emoji

KNOWN: dict[str, dict[str, Any]] = emoji.EMOJI_DATA
QUALIFIED = {text for text, facts in KNOWN.items() if facts["status"] == emoji.STATUS["fully_qualified"]}
COMPONENTS = {text for text, facts in KNOWN.items() if facts["status"] == emoji.STATUS["component"]}
BARE = {text.replace("\ufe0f", ""): text for text in QUALIFIED}
# Kept by Unicode for emoji that are still to come.
KEPT_FREE = {chr(number) for number in range(0x1FA70, 0x1FB00)}


def test_every_emoji_is_one_in_its_own_spelling() -> None:
    assert [text for text in QUALIFIED if normalize_emoji(text) != text] == []


def test_every_other_spelling_is_the_same_emoji() -> None:
    others = KNOWN.keys() - QUALIFIED - COMPONENTS
    assert len(others) > 1000
    assert [text for text in others if normalize_emoji(text) != BARE[text.replace("\ufe0f", "")]] == []


def test_no_other_character_is_an_emoji() -> None:
    found = {chr(number) for number in range(sys.maxunicode + 1) if normalize_emoji(chr(number)) is not None}
    # Parts that are emoji only together with others, as the sign of a man is, are characters all the same.
    parts = {text[0] for text in KNOWN} | {part[0] for text in KNOWN for part in text.split("\u200d")}
    assert found - KEPT_FREE <= parts
    assert {text for text in BARE if len(text) == 1} <= found


def test_no_two_emoji_become_one() -> None:
    assert len({normalize_emoji(text) for text in QUALIFIED}) == len(QUALIFIED)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(" ", id="blank"),
        pytest.param("a", id="letter"),
        pytest.param("1", id="digit"),
        pytest.param("#\ufe0f", id="half_a_keycap"),
        pytest.param("a\u20e3", id="keycap_of_a_letter"),
        pytest.param("👍👍", id="two"),
        pytest.param("👍 ", id="blank_after"),
        pytest.param("👍\n", id="line_end"),
        pytest.param("👍🏽🏽", id="two_tones"),
        pytest.param("🚗🏽", id="tone_of_a_car"),
        pytest.param("☝\ufe0f🏽", id="variation_before_a_tone"),
        pytest.param("👍\ufe0f\ufe0f", id="two_variations"),
        pytest.param("❤\ufe0e", id="as_text"),
        pytest.param("\ufe0f", id="variation_alone"),
        pytest.param("\u200d", id="joiner_alone"),
        pytest.param("👩\u200d", id="open_end"),
        pytest.param("\u200d👩", id="open_beginning"),
        pytest.param("👩\u200d\u200d👧", id="two_joiners"),
        pytest.param("\u200d".join("👩" * 5), id="five_parts"),
        pytest.param("🇩", id="half_a_flag"),
        pytest.param("🇦🇦", id="flag_of_nowhere"),
        pytest.param("🇩🇪🇫🇷", id="two_flags"),
        pytest.param("🏴\U000e0067\U000e0062\U000e007f", id="flag_of_no_subdivision"),
        pytest.param("👍\u202e", id="bidi"),
        pytest.param("👍\x00", id="nul"),
        pytest.param("👍\ud800", id="surrogate"),
        pytest.param("👍\u0301", id="combining"),
    ],
)
def test_what_is_no_emoji(text: str) -> None:
    assert normalize_emoji(text) is None


def test_joined_as_the_sender_likes() -> None:
    assert normalize_emoji("👩\u200d❤\u200d🐈") == "👩\u200d❤\ufe0f\u200d🐈"
