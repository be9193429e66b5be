"""Hints: what whoever delivers wants to know at once, told after the commit by the process that wrote it."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.dispatch import Signal

from django_convo.types import Hint

# Sent after commit, in the process that wrote; the receiver gets `hint`. For what has an event, `event_committed` is.
hinted = Signal()


def hint(hint: Hint, *, using: str) -> None:
    """Tell whoever delivers once the caller's transaction is committed; at once outside of one."""
    # robust: who cannot be told must not turn a committed write into an error.
    transaction.on_commit(partial(_send, hint), using=using, robust=True)


def _send(hint: Hint) -> None:
    # Django logs what a receiver raises.
    hinted.send_robust(sender=Hint, hint=hint)
