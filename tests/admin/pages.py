"""Addresses of the admin's pages, and what the pages ask of the database."""

from __future__ import annotations

import re
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
    """Capture the statements, and assert that each one that reads our rows says how many at most, or which."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        yield captured
    tables = {model_of(noun)._meta.db_table for noun in NOUNS}
    for query in captured.captured_queries:
        sql = query["sql"]
        if any(table in sql for table in tables):
            assert re.search(r"\bLIMIT \d+|_id\W* = |\bid\W* = |INSERT|UPDATE|DELETE", sql), sql
        assert "COUNT(" not in sql or "LIMIT" in sql, sql
