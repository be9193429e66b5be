"""Each code that an error can bear has one row in one table of the docs, with its status."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from rest_framework import exceptions as drf

import django_convo
from django_convo import exceptions as domain
from django_convo.api.base import BusyError, ConflictError, PayloadTooLargeError, to_api_exception
from tests.docs.test_tables import all_errors, rows

SOURCES = Path(django_convo.__file__).parent
RAISED = {"Denied", "Invalid", "InvalidReference", "Conflict", "NotFound", "TryAgain"}
# What an answer may bear without our naming it: raised by Django REST Framework on the way to a view of ours.
OF_DRF = (
    drf.ParseError,
    drf.NotAuthenticated,
    drf.AuthenticationFailed,
    drf.PermissionDenied,
    drf.NotFound,
    drf.MethodNotAllowed,
    drf.NotAcceptable,
    drf.UnsupportedMediaType,
    drf.Throttled,
)
# Never raised itself: the base of the others.
ABSTRACT = {domain.ConvoError.default_code}


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Yield what stands as a code: an exception's first argument, `code=…`, `default_code = …`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            for value in [*given, *(node.args[:1] if name in RAISED else [])]:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value
                elif isinstance(value, ast.JoinedStr) and isinstance(value.values[-1], ast.Constant):
                    yield "…" + str(value.values[-1].value)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            is_code = any(getattr(target, "id", "") == "default_code" for target in targets)
            if is_code and isinstance(node.value, ast.Constant):
                yield str(node.value.value)


def raised_codes() -> set[str]:
    rooms = [SOURCES / name for name in ("actions", "api", "policy", "selectors")]
    files = [file for room in rooms for file in room.rglob("*.py")]
    files += [SOURCES / "exceptions.py", SOURCES / "models" / "fields.py"]
    return {code for file in files for code in codes_in(ast.parse(file.read_text(encoding="utf-8")))}


def test_errors_table_names_each_code_once() -> None:
    listed = [row[0] for row in rows("errors.md")]

    assert len(listed) == len(set(listed))
    assert set(listed) == (raised_codes() - ABSTRACT) | {str(error.default_code) for error in OF_DRF}


def test_errors_table_states_the_status() -> None:
    stated = {row[0]: int(row[1]) for row in rows("errors.md")}
    answers = {str(error.default_code): error.status_code for error in (*OF_DRF, BusyError, ConflictError)}
    answers[PayloadTooLargeError.default_code] = PayloadTooLargeError.status_code
    for error in all_errors(domain.ConvoError):
        answer = to_api_exception(error())
        assert isinstance(answer, drf.APIException)
        answers[error.default_code] = answer.status_code

    assert {code: stated[code] for code in answers} == answers


def test_errors_table_says_what_may_be_tried_again() -> None:
    again = {row[0] for row in rows("errors.md") if row[2] == "yes"}

    assert again == {"conflict", "throttled", "try_again"}
