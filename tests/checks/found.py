"""What a check says."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.core.checks import CheckMessage

Check = Callable[..., list[CheckMessage]]


def found(check: Check) -> list[str]:
    """Return the numbers of the messages of one check."""
    return [str(message.id).removeprefix("django_convo.") for message in check(None)]


def only(check: Check) -> CheckMessage:
    """Return the check's one message; it must come with the line to write."""
    (message,) = check(None)
    assert message.hint
    return message


def written(message: CheckMessage) -> dict[str, Any]:
    """Return what the hint sets, as a settings file would hold it."""
    namespace: dict[str, Any] = {"datetime": datetime}
    exec(str(message.hint), namespace)
    return {name: value for name, value in namespace.items() if name.startswith("CONVO_")}
