"""Addresses of the admin's pages, and what the pages ask of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_convo.models import Event, Participant, get_conversation_model, get_message_model

NOUNS = ("conversation", "participant", "message", "event")


def model_of(noun: str) -> Any:
    return {
        "conversation": get_conversation_model(),
        "participant": Participant,
        "message": get_message_model(),
        "event": Event,
    }[noun]


def url(noun: str, page: str, *arguments: Any) -> str:
    options = model_of(noun)._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{page}", args=arguments)


def list_url(noun: str) -> str:
    return url(noun, "changelist")


@contextmanager
def bounded_queries() -> Iterator[CaptureQueriesContext]:
    """Capture the statements, and assert that none of them counts further than a bound."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
    assert len(captured)
    for query in captured.captured_queries:
        assert "COUNT(" not in query["sql"] or "LIMIT" in query["sql"], query["sql"]
