"""People and conversations for tests, over whatever user model the project at hand has."""

from __future__ import annotations

import itertools
from typing import Any

from django.contrib.auth import get_user_model

from django_convo import actions
from django_convo.models import AbstractConversation, Event, Participant, get_message_model

_numbers = itertools.count(1)


def make_user(name: str = "person", *, is_admin: bool = False, **fields: Any) -> Any:
    """Create a user whose login is unique; `is_admin` gives the site role by the default resolver."""
    model = get_user_model()
    columns = {"pk", *(field.name for field in model._meta.get_fields())}
    login = f"{name}-{next(_numbers)}@example.com"
    values: dict[str, Any] = {
        model.USERNAME_FIELD: login,
        "email": login,
        "first_name": name.capitalize(),
        "last_name": "Tester",
        "is_superuser": is_admin,
        "role": "admin" if is_admin else "guest",
    }
    if is_admin and columns.isdisjoint({"is_superuser", "role"}):
        fields["convo_role"] = "admin"
    values |= fields
    user = model._default_manager.create(**{name: value for name, value in values.items() if name in columns})
    # What the user model has no column for, this instance says of itself.
    for name in fields.keys() - columns:
        setattr(user, name, fields[name])
    return user


def make_group(owner: Any, *members: Any, **options: Any) -> AbstractConversation:
    """Create a group (or another kind) of the owner and the members."""
    kind = options.pop("kind", "group")
    return actions.create_conversation(actor=owner, participants=members, kind=kind, **options)[0]


def make_direct(actor: Any, other: Any, **options: Any) -> AbstractConversation:
    """Create or find the direct of the two."""
    return actions.create_conversation(actor=actor, participants=[other], **options)[0]


def log_of(conversation: Any, *, after: int = 0) -> list[tuple[str, Any, int | None, dict[str, Any]]]:
    """Return type, actor's key, message number and payload of each event, in order."""
    rows = Event.objects.filter(conversation=conversation.pk, event_seq__gt=after).order_by("event_seq")
    return [(row.type, row.actor_id, row.seq, row.payload) for row in rows]


def row_of(conversation: Any, user: Any) -> Participant:
    """Return the user's participant row as it is stored."""
    return Participant.objects.get(conversation=conversation.pk, user=user)


def unread_of(conversation: Any, user: Any) -> int:
    """Return the unread count that is stored, as two counters."""
    return Participant.objects.with_unread().get(conversation=conversation.pk, user=user).unread_count


def bodies_of(conversation: Any) -> list[str]:
    """Return the bodies, in the order of their numbers."""
    messages = get_message_model()._default_manager.filter(conversation=conversation.pk)
    return list(messages.order_by("seq").values_list("message_body", flat=True))


def json_key(user: Any) -> Any:
    """Return the user's key as it stands in an event's payload."""
    return user.pk if isinstance(user.pk, int) else str(user.pk)
