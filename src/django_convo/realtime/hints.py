"""From what an action has told after its commit to the broker, in the process that wrote."""

from __future__ import annotations

from typing import Any

from django_convo.events import event_committed, hinted
from django_convo.models import Event
from django_convo.types import Hint, HintKind

from .brokers import get_broker


def connect() -> None:
    """Send hints from now on; called once, when Django starts."""
    event_committed.connect(_tell_event, dispatch_uid="django_convo.realtime")
    hinted.connect(_tell, dispatch_uid="django_convo.realtime")


def _tell_event(event: Event, **kwargs: Any) -> None:
    get_broker().publish(
        Hint(kind=HintKind.EVENT, conversation_id=event.conversation_id, number=event.event_seq),
    )


def _tell(hint: Hint, **kwargs: Any) -> None:
    get_broker().publish(hint)
