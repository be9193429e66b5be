"""Searching: messages by their words, conversations by what they are called."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from django.db import connections, router
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

from django_convo.conf import settings
from django_convo.models import get_message_model
from django_convo.policy import powers_of
from django_convo.selectors.messages import ALL_ORDER, MessageFilters, messages

from .base import SearchBackend
from .kept import KeptSearch
from .names import NAME_COLUMNS, is_known_as, is_named, is_titled
from .pages import WINDOW, Found, Pages, Place
from .plain import PlainBackend
from .postgres import PostgresBackend
from .words import Words, words_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from django_convo.models import AbstractMessage

__all__ = [
    "NAME_COLUMNS",
    "WINDOW",
    "Found",
    "Pages",
    "Place",
    "PlainBackend",
    "SearchBackend",
    "Words",
    "get_backend",
    "is_known_as",
    "is_named",
    "is_titled",
    "keep_matching",
    "search",
    "words_of",
]

_PLAIN: Final = "django_convo.selectors.search.plain.PlainBackend"
# By the database's vendor; plain comparison elsewhere.
_BACKENDS: Final = {"postgresql": "django_convo.selectors.search.postgres.PostgresBackend"}


@lru_cache(maxsize=8)
def _backend(path: str) -> SearchBackend:
    return cast("SearchBackend", import_string(path)())


def get_backend(alias: str) -> SearchBackend:
    """Return the backend in use (`CONVO_SEARCH_BACKEND`), else that of the database; one instance per process."""
    return _backend(settings.SEARCH_BACKEND or _BACKENDS.get(connections[alias].vendor, _PLAIN))


def search(actor: Any, words: Words, filters: MessageFilters) -> Pages:
    """Return a search in what the actor may read and the filters keep, as pages; tombstones are not found.

    A page is one statement more than the backend asks for itself; without words, none.
    """
    backend = get_backend(router.db_for_read(get_message_model()))
    # Built only if it is asked for.
    rows: Any = SimpleLazyObject(lambda: messages(actor, filters).filter(deleted_at=None))
    return Pages(backend=backend, rows=rows, words=words, kept=_kept(backend, actor, filters))


def _kept(backend: SearchBackend, actor: Any, filters: MessageFilters) -> KeptSearch | None:
    powers = powers_of(actor)
    plain = MessageFilters(conversation_id=filters.conversation_id, sender=filters.sender)
    if powers is None or filters != plain or type(backend) is not PostgresBackend:
        return None
    return KeptSearch(
        backend=backend,
        actor=actor,
        powers=powers,
        conversation_id=filters.conversation_id,
        sender=filters.sender,
    )


def keep_matching(rows: QuerySet[AbstractMessage], words: Words) -> QuerySet[AbstractMessage]:
    """Keep of a list the messages that hold every word; none where there is no word."""
    if not words:
        return rows.none()
    return get_backend(rows.db).matching(rows.filter(deleted_at=None), words, order=ALL_ORDER)
