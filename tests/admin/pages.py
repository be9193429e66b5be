"""Addresses of the admin's pages, and what the pages ask of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_convo.models import Attachment, Event, Participant, get_conversation_model, get_message_model

NOUNS = ("conversation", "participant", "message", "event", "attachment")


def model_of(noun: str) -> Any:
    return {
        "conversation": get_conversation_model(),
        "participant": Participant,
        "message": get_message_model(),
        "event": Event,
        "attachment": Attachment,
    }[noun]


def url(noun: str, page: str, *arguments: Any) -> str:
    options = model_of(noun)._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{page}", args=arguments)


def list_url(noun: str) -> str:
    return url(noun, "changelist")


class Asked(list[str]):
    """The statements that a page took, savepoints around a request left out."""


@contextmanager
def bounded_queries() -> Iterator[Asked]:
    """Collect a page's statements, and assert that none of them counts further than a bound."""
    asked = Asked()
    with CaptureQueriesContext(connection) as captured:
        yield asked
    asked += [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert asked
    for sql in asked:
        assert "COUNT(" not in sql or "LIMIT" in sql, sql
