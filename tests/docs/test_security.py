"""What the security pages say is so: each test that they name is there, each requirement and each limit too."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from django_convo.api.throttles import DEFAULT_RATES
from django_convo.conf import all_settings

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "security"
NAMED = re.compile(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`")
# How many requirements each chapter of ASVS 5.0 has.
REQUIREMENTS = {
    "V1": 30,
    "V2": 13,
    "V3": 31,
    "V4": 16,
    "V5": 13,
    "V6": 47,
    "V7": 19,
    "V8": 13,
    "V9": 7,
    "V10": 36,
    "V11": 24,
    "V12": 12,
    "V13": 21,
    "V14": 13,
    "V15": 21,
    "V16": 17,
    "V17": 12,
}
STATUSES = {"done", "host", "n/a", "no"}
# Settings that set no bound: names of models, classes, places and switches.
NO_LIMITS = {
    "CONVO_CONVERSATION_MODEL",
    "CONVO_MESSAGE_MODEL",
    "CONVO_POLICY",
    "CONVO_ROLE_RESOLVER",
    "CONVO_ROLES",
    "CONVO_CONVERSATION_ROLES",
    "CONVO_SUBJECT_MODELS",
    "CONVO_USERS_API",
    "CONVO_REGISTRATION",
    "CONVO_USER_SERIALIZER",
    "CONVO_SERIALIZERS",
    "CONVO_PERMISSION_CLASSES",
    "CONVO_MESSAGE_HOOKS",
    "CONVO_MENTION_FIELD",
    "CONVO_READ_RECEIPTS",
    "CONVO_SEARCH_BACKEND",
    "CONVO_ATTACHMENT_STORAGE",
    "CONVO_ATTACHMENT_RESPONSE",
    "CONVO_REALTIME_BROKER",
    "CONVO_WEBSOCKET_URL",
    "CONVO_HISTORY_FOR_NEW_PARTICIPANTS",
    "CONVO_EPOCH",
}

pytestmark = pytest.mark.exhaustive


def pages() -> list[Path]:
    return sorted(PAGES.glob("*.md"))


def named() -> list[tuple[str, str, str]]:
    """Return page, file and test of each mention."""
    texts = [(page.name, page.read_text(encoding="utf-8")) for page in [*pages(), ROOT / "SECURITY.md"]]
    return [(name, *found) for name, text in texts for found in NAMED.findall(text)]


@cache
def functions_of(file: str) -> frozenset[str]:
    """Return the names of the test functions of a file; none where it is not there."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in functions if name.startswith("test_"))


def rows(page: str) -> list[list[str]]:
    """Return the cells of each row of the page's tables."""
    lines = (PAGES / page).read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if not set(row[0]) <= set("-: ")]


def test_pages_name_tests() -> None:
    assert {"asvs.md", "api-top-10.md", "limits.md", "threat-model.md"} <= {page for page, _, _ in named()}


def test_each_test_that_is_named_is_there() -> None:
    missing = [(page, file, test) for page, file, test in named() if test not in functions_of(file)]

    assert missing == []


def requirements() -> list[tuple[str, str, str]]:
    """Return number, status and the rest of each requirement; a row may name several in a range, `V10.1.1-3`."""
    found = []
    for number, *cells in rows("asvs.md"):
        matched = re.fullmatch(r"V(\d+)\.(\d+)\.(\d+)(?:-(\d+))?", number)
        if matched is None:
            assert not re.match(r"V\d", number), number
            continue
        chapter, section, first, last = matched.groups()
        status, *rest = cells[-2:]
        found += [
            (f"V{chapter}.{section}.{position}", status, " ".join(rest))
            for position in range(int(first), int(last or first) + 1)
        ]
    return found


def test_each_requirement_of_asvs_stands_there_once() -> None:
    numbers = [number for number, _, _ in requirements()]

    assert [number for number, times in Counter(numbers).items() if times > 1] == []
    assert Counter(number.split(".")[0] for number in numbers) == REQUIREMENTS


def test_each_requirement_has_a_status_and_its_reason() -> None:
    assert {status for _, status, _ in requirements()} <= STATUSES
    assert [number for number, _, rest in requirements() if not rest] == []


def test_what_is_done_names_what_shows_it() -> None:
    # A documented decision is shown by the page that holds it, everything else by a test.
    unshown = [
        number
        for number, status, rest in requirements()
        if status == "done" and not NAMED.search(rest) and "](" not in rest
    ]
    assert unshown == []


def test_each_limit_stands_in_the_table() -> None:
    limits = {setting.name for setting in all_settings()} - NO_LIMITS
    listed = [row[0].strip("`") for row in rows("limits.md")]

    assert {setting.name for setting in all_settings()} >= NO_LIMITS
    assert sorted(limits - set(listed)) == []
    assert sorted(DEFAULT_RATES.keys() - set(listed)) == []


def test_each_limit_names_the_test_that_holds_it() -> None:
    wanting = [row[0] for row in rows("limits.md") if row[0] != "limit" and not NAMED.search(row[-1])]

    assert wanting == []


def test_limits_state_the_defaults_of_the_throttles() -> None:
    stated = {row[0].strip("`"): row[1].strip("`") for row in rows("limits.md")}

    assert {scope: stated[scope] for scope in DEFAULT_RATES} == DEFAULT_RATES
