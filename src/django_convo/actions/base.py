"""What every action is made of: its transaction, the conversation's lock, and the change it writes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import OperationalError, connections, router, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo import events
from django_convo.conf import settings
from django_convo.exceptions import Invalid, NotFound, TryAgain
from django_convo.models import AbstractConversation, Event, Participant, get_conversation_model
from django_convo.models.fields import is_storable_text, validate_metadata
from django_convo.models.rows import is_found_plainly, update
from django_convo.selectors.kept import bound_id, kept
from django_convo.types import EventType, Hint, HintKind

from .busy import is_busy
from .turns import transaction_in_turn

P = ParamSpec("P")
R = TypeVar("R")

# How often an action that owns its transaction is carried out before it gives up, and the longest first pause.
ATTEMPTS: Final = 6
FIRST_PAUSE_SECONDS: Final = 0.02


class Unset:
    """The type of `UNSET`, an argument that was not given where None is a value."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset()


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function in one `atomic`: a savepoint of the caller's transaction, or one of its own.

    A transaction of its own is retried a bounded number of times when other writers are in the way, then `TryAgain`.
    Within the caller's transaction the database's error is raised as it is: only the caller can start anew.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        using = router.db_for_write(get_conversation_model())
        if connections[using].in_atomic_block:
            with transaction.atomic(using=using):
                return function(*args, **kwargs)
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0.5, 1) * FIRST_PAUSE_SECONDS * 2**attempt)  # nosec B311  # noqa: S311 - no secret
            try:
                with transaction_in_turn(using):
                    return function(*args, **kwargs)
            except OperationalError as error:
                if not is_busy(error):
                    raise
                last = error
        raise TryAgain from last

    return run


def lock_conversation(conversation: AbstractConversation) -> AbstractConversation:
    """Return the row as it is now, locked until the transaction ends; NotFound where it is gone or deleted.

    Memberships that the given instance remembers are kept if nothing has changed since.
    """
    found = _locked().read(conversation=conversation.pk)
    if not found:
        raise NotFound
    found[0].inherit_memberships(conversation)
    return found[0]


@kept
def _locked() -> QuerySet[AbstractConversation]:
    conversations: Any = get_conversation_model()._default_manager
    locked: QuerySet[AbstractConversation] = conversations.live().locked().filter(pk=bound_id("conversation"))
    return locked


class Change:
    """What an action is about to write to one locked conversation: columns and events, in two statements."""

    def __init__(self, conversation: AbstractConversation, actor: Any | None) -> None:
        self.conversation = conversation
        self.actor = actor
        # Never back, even where two machines' clocks differ: sync and sweep look for what is newer.
        self.now = max(timezone.now(), conversation.changed_at)
        # A dict for its order: the same change is the same SQL text, which databases plan once.
        self._columns: dict[str, None] = {}
        self._events: list[Event] = []

    def set(self, **values: Any) -> None:
        """Set columns of the conversation."""
        for name, value in values.items():
            setattr(self.conversation, name, value)
            self._columns[name] = None

    def count_participant(self, step: int) -> None:
        """Note that someone joined (+1) or left (-1)."""
        self.set(participant_count=self.conversation.participant_count + step)
        self.move_membership()

    def move_membership(self) -> None:
        """Note that someone gained or lost sight or a role, so that what others remember is void."""
        self.set(membership_version=self.conversation.membership_version + 1)
        self.conversation.forget_memberships()

    def emit(self, type: EventType, *, seq: int | None = None, **payload: Any) -> int:  # noqa: A002
        """Add an event to the log and return its `event_seq`; `payload` holds ids and small facts only."""
        event_seq = self.conversation.event_seq + 1
        self.set(event_seq=event_seq, changed_at=self.now)
        event = Event(event_seq=event_seq, type=type, actor=self.actor, seq=seq, payload=payload, created_at=self.now)
        event.conversation = self.conversation
        self._events.append(event)
        return event_seq

    def write(self) -> None:
        """Write columns and events; nothing where nothing was changed. A conversation that is new is inserted."""
        conversation = self.conversation
        using = router.db_for_write(type(conversation))
        if conversation._state.adding:
            conversation.save(force_insert=True, using=using)
        elif self._columns:
            self._update(using)
        if self._events:
            events.write(self._events, using=using)

    def _update(self, using: str) -> None:
        model, key = type(self.conversation), {"conversation_id": self.conversation.pk}
        values = {name: getattr(self.conversation, name) for name in self._columns}
        if is_found_plainly(model):
            update(model, key, values, using=using)
        else:
            model._default_manager.using(using).filter(**key).update(**values)


def tell_own_state(participant: Participant) -> None:
    """Tell the participant's own devices, after the commit, that something of this row has changed."""
    hint = Hint(kind=HintKind.OWN, conversation_id=participant.conversation_id, user_id=participant.user_id)
    events.hint(hint, using=str(participant._state.db))


def recheck_logins(user_id: Any) -> None:
    """Have a user's open connections asked for their login after the commit, rather than within the minute."""
    hint = Hint(kind=HintKind.LOGIN, user_id=user_id)
    events.hint(hint, using=router.db_for_write(get_conversation_model()))


def clean_metadata(metadata: object) -> dict[str, Any]:
    """Return the metadata, or raise `Invalid` with the code of what is wrong with it; None is an empty object."""
    if metadata is None:
        return {}
    try:
        validate_metadata(metadata)
    except ValidationError as error:
        raise Invalid(error.code, error.messages[0], field="metadata") from error
    return cast("dict[str, Any]", metadata)


def key_of(user: Any) -> Any:
    """Return a user's primary key as JSON can hold it."""
    return json_key(user.pk)


def json_key(key: Any) -> Any:
    """Return a primary key as JSON can hold it."""
    return key if isinstance(key, (int, str)) else str(key)


def clean_note(name: str, value: str) -> str:
    """Return a text about somebody, as long as a message at most, or raise `Invalid` naming it."""
    if not isinstance(value, str) or not is_storable_text(value):
        raise Invalid("invalid_text", _("This is not a text that can be stored."), field=name)
    if len(value) > settings.MESSAGE_MAX_LENGTH:
        raise Invalid("text_too_long", _("This is too long."), field=name)
    return value


def clean_text(row: AbstractConversation, name: str, value: str) -> str:
    """Return the text for a column of the row, or raise `Invalid` (`invalid_text`, `text_too_long`)."""
    limit = getattr(type(row)._meta.get_field(name), "max_length", None)
    if not isinstance(value, str) or not is_storable_text(value):
        raise Invalid("invalid_text", _("This is not a text that can be stored."), field=name)
    if limit is not None and len(value) > limit:
        raise Invalid("text_too_long", _("This is too long."), field=name)
    return value


def as_json(value: object) -> str:
    """Return what a client sees of the value: to Python, 1 equals True."""
    return json.dumps(value, sort_keys=True)
