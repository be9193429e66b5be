"""Files and transactions: a file is there exactly if the row that names it is."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.files.storage import Storage
from django.db import transaction

logger = logging.getLogger("django_convo.files")

# Where a file is: its storage, and its name there.
Place = tuple[Storage, str]


class StoredFiles:
    """Files that were just written, for a row that is about to be: removed again unless the row's transaction commits.

    Django forgets who waits for the commit of a transaction that is rolled back, be it the host's; what nobody
    remembers any more is finalized.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self.remove = weakref.finalize(self, remove_files, list(places))

    def __call__(self) -> None:
        """Keep the files: the transaction is safe."""
        self.remove.detach()


def remove_on_commit(places: Iterable[Place], *, using: str) -> None:
    """Remove the files once the transaction that deletes their rows is safe."""
    found = list(places)
    if found:
        transaction.on_commit(partial(remove_files, found), using=using, robust=True)


def remove_files(places: Iterable[Place]) -> None:
    """Remove files; one that cannot be is told to the log, and nobody finds it any more."""
    for storage, name in places:
        try:
            storage.delete(name)
        except Exception:
            logger.exception("A file could not be removed: %s", name)


def places_of(*files: Any) -> list[Place]:
    """Return where these files of a row are, of those that it has."""
    return [(file.storage, file.name) for file in files if file]
