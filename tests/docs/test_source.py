"""What the security pages say of the source: what it does not import, evaluate, open, sign or log."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import django_convo

if sys.version_info >= (3, 11):
    from re import _parser as sre
else:
    import sre_parse as sre

SOURCE = Path(django_convo.__file__).parent
# Commands, foreign formats, serializers that run what they read, and the insecure relatives of what is used.
DANGEROUS = {
    "subprocess",
    "pty",
    "ctypes",
    "pickle",
    "cPickle",
    "dill",
    "marshal",
    "shelve",
    "jsonpickle",
    "yaml",
    "xml",
    "lxml",
    "defusedxml",
    "csv",
    "zipfile",
    "tarfile",
    "shutil",
    "telnetlib",
    "ftplib",
    "smtplib",
    "ldap",
    "crypt",
}
OPENING = {"requests", "httpx", "aiohttp", "urllib3", "socket", "http.client", "urllib.request", "ftplib", "smtplib"}
EVALUATING = {"eval", "exec", "compile", "__import__", "Template", "from_string"}

pytestmark = pytest.mark.exhaustive


@cache
def trees() -> dict[str, ast.Module]:
    """Return each file of the package, as Python reads it."""
    files = sorted(SOURCE.rglob("*.py"))
    return {str(file.relative_to(SOURCE)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def imported() -> Iterator[tuple[str, str]]:
    """Yield file and dotted name of each import; of `from a import b` both `a` and `a.b`."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield file, node.module
                yield from ((file, f"{node.module}.{alias.name}") for alias in node.names)


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Yield file and dotted name of each call, as far as it is one."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield file, ast.unparse(node.func), node


def test_nothing_dangerous_is_imported() -> None:
    assert [(file, name) for file, name in imported() if name.split(".")[0] in DANGEROUS] == []


def test_nothing_opens_an_address() -> None:
    names = [(file, name) for file, name in imported() if name in OPENING or name.split(".")[0] in OPENING]

    assert names == []


def test_nothing_is_evaluated() -> None:
    # `re.compile` is a pattern's, `as_sql`'s compilers are Django's.
    called = [(file, name) for file, name, _ in calls() if name.split(".")[-1] in EVALUATING]

    assert [(file, name) for file, name in called if name != "re.compile"] == []


def test_no_cookie_is_set() -> None:
    assert [(file, name) for file, name, _ in calls() if name.endswith(("set_cookie", "set_signed_cookie"))] == []


def test_digests_are_sha_256() -> None:
    names = {name for _, name in imported() if name.startswith(("hashlib", "hmac", "_md5", "Crypto", "cryptography"))}
    digests = {name.partition("(")[0] for _, name, _ in calls() if name.startswith("hashlib.")}

    assert names == {"hashlib"}
    assert digests == {"hashlib.sha256"}


def test_secrets_are_drawn_by_secrets_alone() -> None:
    drawn = {name: ast.unparse(call) for _, name, call in calls() if name.startswith("secrets.")}
    by_chance = {(file, name) for file, name, _ in calls() if name.startswith("random.")}

    # A ticket of 256 bits, and the part of a file's name that nobody guesses, of 128.
    assert drawn.keys() >= {"secrets.token_urlsafe", "secrets.token_hex"}
    assert drawn["secrets.token_urlsafe"] == "secrets.token_urlsafe(_BYTES)"
    # The pause between two attempts is no secret.
    assert by_chance == {("actions/base.py", "random.uniform"), ("actions/turns.py", "random.uniform")}


def test_tokens_are_signed_by_django() -> None:
    signing = {name for _, name in imported() if name.startswith("django.core.signing")}
    signed = [call for _, name, call in calls() if name in ("signing.dumps", "signing.loads", "Signer")]

    assert signing == {"django.core.signing", "django.core.signing.BadSignature", "django.core.signing.Signer"}
    # Each use has a salt of its own; none names an algorithm or a key.
    assert len(signed) >= 8
    assert {frozenset(keyword.arg for keyword in call.keywords) for call in signed} <= {
        frozenset({"salt"}),
        frozenset({"salt", "max_age"}),
    }


def logged() -> Iterator[tuple[str, ast.Call]]:
    for file, name, call in calls():
        if name.startswith("logger."):
            yield file, call


# What a line of a log may be filled with: keys, numbers, types of events, functions of the host, names of ours.
FILLED_IN = {"row.pk", "row.attempts", "name", "key", "hint", "event.type", "function", "MOST_WAITING"} | {
    "_MOST_WAITING",
    "_PATIENCE_SECONDS",
}


def test_logs_name_ids_alone() -> None:
    texts = [call.args[0] for _, call in logged()]
    values = {ast.unparse(value) for _, call in logged() for value in call.args[1:]}

    assert len(texts) > 15
    # Never a text that was put together: the logger fills it, and a formatter can tell the parts.
    assert [ast.unparse(text) for text in texts if not isinstance(text, ast.Constant)] == []
    assert values <= FILLED_IN


def patterns() -> Iterator[tuple[str, str]]:
    """Yield each pattern that stands in the source as a whole."""
    for file, name, call in calls():
        if name == "re.compile" and isinstance(call.args[0], ast.Constant):
            yield file, call.args[0].value


def test_no_pattern_repeats_a_repetition() -> None:
    found = dict(patterns())

    assert len(found) >= 5
    assert [place for place in patterns() if _is_nested(sre.parse(place[1]))] == []
    # It would be seen.
    assert _is_nested(sre.parse(r"(a+)+b"))


def _is_nested(pattern: Any, *, is_within: bool = False) -> bool:
    """Say whether something without a bound is repeated without a bound."""
    for operator, argument in pattern:
        is_repeat = str(operator) in ("MAX_REPEAT", "MIN_REPEAT") and argument[1] > 100
        if is_repeat and is_within:
            return True
        parts = argument if isinstance(argument, tuple | list) else ()
        for part in _subpatterns(parts):
            if _is_nested(part, is_within=is_within or is_repeat):
                return True
    return False


def _subpatterns(parts: Any) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, sre.SubPattern):
            yield part
        elif isinstance(part, tuple | list):
            yield from _subpatterns(part)
