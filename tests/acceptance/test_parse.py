from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.parse import Entry, parse_answers, parse_line, parse_lines, read_logs


@pytest.mark.parametrize(
    ("line", "kind", "nick", "text"),
    [
        ("[09:15] <mira> the kettle is on", "speech", "mira", "the kettle is on"),
        ("[09:15] <mira>   three spaces, two of them mine", "speech", "mira", "  three spaces, two of them mine"),
        ("[09:15] <mira> a > b <c> : d", "speech", "mira", "a > b <c> : d"),
        ("[09:15] <mira>", "speech", "mira", ""),
        ("[09:15] <mira> ", "speech", "mira", ""),
        ("[09:15] <o[_^{}|`]> hm", "speech", "o[_^{}|`]", "hm"),
        ("[09:15] <o[] > padded", "speech", "o[]", "padded"),
        ("[09:15]  * tobin waves", "action", "tobin", "waves"),
        ("[09:15]  * tobin", "action", "tobin", ""),
        ("=== tobin hides behind the sofa", "action", "tobin", "hides behind the sofa"),
        ("=== tobin is now hungry", "action", "tobin", "is now hungry"),
        ("=== tobin  has joined #kitchen", "join", "tobin", ""),
        ("=== tobin  has left #kitchen []", "leave", "tobin", ""),
        ('=== tobin  has left #kitchen ["off to bed"]', "leave", "tobin", ""),
        ("=== tobin has quit [timeout]", "leave", "tobin", ""),
        ("=== tobin is now known as tobin|away", "rename", "tobin", "tobin|away"),
        ("=== mode/#kitchen  by mira", "notice", "", "=== mode/#kitchen  by mira"),
        ("=== ..[topic/#kitchen:mira] : soup", "notice", "", "=== ..[topic/#kitchen:mira] : soup"),
        ("no clock at all", "notice", "", "no clock at all"),
    ],
)
def test_parse_line_of_each_shape(line: str, kind: str, nick: str, text: str) -> None:
    entry = parse_line(7, line)
    assert (entry.number, entry.kind, entry.nick, entry.text) == (7, kind, nick, text)
    assert entry.is_message == (kind in ("speech", "action"))


def test_parse_lines_keeps_control_characters_and_odd_bytes() -> None:
    raw = b"[10:00] <mira> tab\there \x08\x0b\x1c\r\n[10:01] <mira> caf\xc3\xa9\n[10:02] <mira> caf\xe9\xff\n"
    assert [entry.text for entry in parse_lines(raw)] == ["tab\there \x08\x0b\x1c\r", "café", "caféÿ"]


def test_parse_lines_numbers_from_zero_and_needs_no_last_line_feed() -> None:
    assert [entry.number for entry in parse_lines(b"[10:00] <a> x\n\n[10:00] <b> y")] == [0, 1, 2]


def test_parse_answers_puts_the_nearest_first_and_drops_a_line_paired_with_itself() -> None:
    assert parse_answers(["3 9 -", "7 9 -", "9 9 -", "", "5 4 -", "8 8 -"]) == {9: (7, 3), 5: (4,)}


def test_read_logs_pairs_each_log_with_its_annotation(tmp_path: Path) -> None:
    (tmp_path / "b.raw.txt").write_bytes(b"[10:00] <mira> one\n[10:00] <tobin> two\n")
    (tmp_path / "b.annotation.txt").write_text("0 1 -\n")
    (tmp_path / "a.raw.txt").write_bytes(b"[10:00] <mira> alone\n")
    first, second = read_logs(tmp_path)
    assert (first.name, first.answers, second.name, second.answers) == ("a", {}, "b", {1: (0,)})
    (only,) = read_logs(tmp_path, lines=1)[1].entries
    assert only == Entry(number=0, kind="speech", nick="mira", text="one")
