"""Each code of an error has one row in one table of the docs, with the status that it is answered with."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework import exceptions as drf

import django_convo
from django_convo import exceptions as domain
from django_convo.api.base import BusyError, ConflictError, NoStreamError, PayloadTooLargeError, to_api_exception
from django_convo.realtime.codes import REASONS, CloseCode
from tests.docs.test_tables import all_errors, rows

SOURCE = Path(django_convo.__file__).parent
DOMAIN: dict[str, Any] = {
    error.__name__: error
    for error in (domain.ConvoError, *all_errors(domain.ConvoError))
    if error.__module__ == domain.__name__
}
OURS = (BusyError, ConflictError, NoStreamError, PayloadTooLargeError)
# What Django REST Framework answers by itself to a request of ours.
DRFS = (
    drf.NotAuthenticated("x"),
    drf.AuthenticationFailed("x"),
    drf.ParseError("x"),
    drf.MethodNotAllowed("x"),
    drf.NotAcceptable("x"),
    drf.UnsupportedMediaType("x"),
    drf.Throttled(),
    drf.ValidationError({"non_field_errors": [drf.ErrorDetail("x", code="null")]}),
)
# Codes that are passed on: of `models/fields.py`, of the host's validators, of an error that is being translated.
PASSED_ON = {"error.code", "error.error_list[0].code", "complaints[0].code", "key"}
# Said over a socket alone, and closed with what is worth another try.
SOCKETS = {"unknown_type"}
REOPENED = {str(int(code)) for code in (CloseCode.TOO_SLOW, CloseCode.TOO_MANY_FRAMES, CloseCode.TRY_AGAIN)}
# Classes that are raised with a `code`, and whether they complain of a field.
CODED = {"ParseError": False, "ValidationError": True}

Answer = tuple[int, bool]

pytestmark = pytest.mark.exhaustive


def answer_to(error: Exception) -> tuple[str, Answer]:
    """Return the code of an error, with the status of the answer and whether that is by field."""
    translated = to_api_exception(error)
    assert isinstance(translated, drf.APIException)
    detail: Any = translated.detail
    is_by_field = "code" not in detail
    code = detail["field"][0].code if is_by_field else detail["code"]
    return str(code), (translated.status_code, is_by_field)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield each call in the source with the name of what is called."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                yield (node.func.id if isinstance(node.func, ast.Name) else node.func.attr), node


def raised() -> Iterator[Exception]:
    """Yield an error for each place in the source that gives one a code."""
    for name, call in calls():
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        stated = call.args[0] if call.args and name not in CODED else keywords.get("code")
        if stated is None or name not in {*DOMAIN, *CODED, "fail"}:
            continue
        code = code_in(stated)
        if code is None:
            continue
        if name in DOMAIN:
            yield DOMAIN[name](code, "x", **({"field": "field"} if "field" in keywords else {}))
        elif name == "fail" or CODED[name]:
            yield drf.ValidationError({"field": ["x"]}, code=code)
        else:
            yield drf.ParseError("x", code)


def code_in(stated: ast.expr) -> str | None:
    """Return the code that an expression states: a constant, or a pattern; None where it passes one on."""
    if isinstance(stated, ast.Constant):
        return str(stated.value)
    if isinstance(stated, ast.JoinedStr):
        return ast.unparse(stated)[2:-1].replace("{", "<").replace("}", ">")
    assert ast.unparse(stated) in PASSED_ON, f"which codes may this be? {ast.unparse(stated)}"
    return None


@functools.cache
def known() -> dict[str, set[Answer]]:
    """Return each code that the package can answer with, and how."""
    defaults = [error() for error in (*DOMAIN.values(), *OURS)]
    found: dict[str, set[Answer]] = {}
    for error in (*defaults, *DRFS, *raised()):
        code, answer = answer_to(error)
        found.setdefault(code, set()).add(answer)
    return found


def test_errors_table_names_each_code_once() -> None:
    listed = [row[0] for row in rows("errors.md")]

    assert len(listed) == len(set(listed))
    assert set(listed) == {*known(), *SOCKETS, *map(str, map(int, CloseCode))}


def test_errors_table_tells_what_is_said_over_a_socket() -> None:
    places = {row[0]: row[1] for row in rows("errors.md")}

    assert {code for code, place in places.items() if place == "socket"} == SOCKETS
    assert {code for code, place in places.items() if place == "close"} == {str(int(code)) for code in CloseCode}
    assert set(REASONS) == set(CloseCode)


@pytest.mark.parametrize("code", sorted(known()))
def test_errors_table_states_the_status(code: str) -> None:
    answers = known()[code]
    ((status, *others), shapes) = ({status for status, _ in answers}, {is_by_field for _, is_by_field in answers})
    # A code of both shapes stands there as what a client sees.
    expected = f"{status}{' by field' if shapes == {True} else ''}"

    assert others == []
    assert [row[1] for row in rows("errors.md") if row[0] == code] == [
        # Which of the two is decided by the host's first authentication class.
        "401 or 403" if status == drf.NotAuthenticated.status_code else expected
    ]


def test_errors_table_says_what_is_worth_a_retry() -> None:
    answered = {row[0]: row[2] for row in rows("errors.md")}
    # Those whose answer carries Retry-After.
    repeated = {code for code, answers in known().items() if {status for status, _ in answers} & {429, 503}}

    assert set(answered.values()) == {"yes", "no"}
    assert {code for code, answer in answered.items() if answer == "yes"} == repeated | REOPENED


def test_errors_table_says_what_each_means() -> None:
    assert [row[0] for row in rows("errors.md") if len(row) != 4 or not row[3]] == []


def test_query_parameters_are_refused_by_pattern() -> None:
    assert {code for code in known() if "<" in code} == {"<name>_invalid", "<name>_required"}
