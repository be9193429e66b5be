"""Creating conversations, and finding the direct that two people have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, router, transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from django_convo.actions.base import Change, action, clean_metadata, clean_text, tell_own_state
from django_convo.actions.messages import send_message
from django_convo.conf import settings
from django_convo.exceptions import Invalid, InvalidReference
from django_convo.models import AbstractConversation, Participant, get_conversation_model
from django_convo.policy import authorize, capabilities, get_policy
from django_convo.types import ConversationKind, ConversationRole, EventType

from .contacts import authorize_contacts, refuse_deactivated, refuse_kept_apart, too_many_participants

_CREATE_CAPABILITY = {
    ConversationKind.DIRECT: capabilities.CREATE_DIRECT,
    ConversationKind.GROUP: capabilities.CREATE_GROUP,
    ConversationKind.CHANNEL: capabilities.CREATE_CHANNEL,
}


def create_conversation(
    *,
    actor: Any | None,
    participants: Iterable[Any],
    kind: str | None = None,
    title: str = "",
    topic: str = "",
    metadata: Mapping[str, Any] | None = None,
    subject: Model | None = None,
    roles: Mapping[Any, str] | None = None,
    body: str | None = None,
    client_id: str | None = None,
) -> tuple[AbstractConversation, bool]:
    """Create a conversation, or find the direct that the two already have; returns it and whether it is new.

    Two people and no `kind` make a direct, more make a group. The actor becomes its owner; with `actor=None` (the host
    itself, no policy asked) everyone is a member unless `roles`, by primary key, says otherwise. A pair has one direct
    without a subject and one for each `subject`. With a `body`, the first message is sent in the same transaction,
    also to a direct that exists; `client_id` makes that repeatable.

    Raises Denied, InvalidReference (someone may not be contacted), Invalid. Emits `conversation.created`, and
    `message.created` where there is a body.
    """
    return _create(actor, _members(actor, participants), kind, title, topic, metadata, subject, roles, body, client_id)


def find_direct(
    *, actor: Any, participants: Iterable[Any], kind: str | None = None, subject: Model | None = None
) -> AbstractConversation | None:
    """Return the direct that `create_conversation` would find for these arguments, or None; reads only."""
    members = _members(actor, participants)
    if kind not in (None, ConversationKind.DIRECT) or len(members) != 2:
        return None
    return get_policy().visible_conversations(actor).filter(direct_key=direct_key(members, subject)).first()


@action
def _create(
    actor: Any | None,
    members: list[Any],
    kind: str | None,
    title: str,
    topic: str,
    metadata: Mapping[str, Any] | None,
    subject: Model | None,
    roles: Mapping[Any, str] | None,
    body: str | None,
    client_id: str | None,
) -> tuple[AbstractConversation, bool]:
    chosen = _choose_kind(kind, len(members))
    if chosen == ConversationKind.DIRECT:
        if title:
            raise Invalid("direct_has_no_title", _("A direct conversation has no title."), field="title")
        conversation, is_new = _get_or_create_direct(actor, members, subject, topic, metadata)
    else:
        _authorize_creation(actor, chosen, members, subject)
        conversation = _insert(
            actor, members, kind=chosen, title=title, topic=topic, metadata=metadata, subject=subject, roles=roles
        )
        is_new = True
    if body is not None:
        message = send_message(actor=actor, conversation=conversation, body=body, client_id=client_id)
        conversation = message.conversation
    return conversation, is_new


def _members(actor: Any | None, participants: Iterable[Any]) -> list[Any]:
    """Return everyone once, the actor first; read here, because an action that is repeated needs them again."""
    people = {person.pk: person for person in participants if actor is None or person.pk != actor.pk}
    return ([] if actor is None else [actor]) + list(people.values())


def _choose_kind(kind: str | None, size: int) -> ConversationKind:
    if kind is None:
        return ConversationKind.DIRECT if size == 2 else ConversationKind.GROUP
    if kind not in ConversationKind.values:
        raise Invalid("invalid_kind", _("A conversation is direct, group or channel."), field="kind")
    if kind == ConversationKind.DIRECT and size != 2:
        raise Invalid("direct_needs_two", _("A direct conversation is between two people."), field="participants")
    return ConversationKind(kind)


def _authorize_creation(actor: Any | None, kind: ConversationKind, members: list[Any], subject: Model | None) -> None:
    newcomers = members[1:] if actor is not None else members
    if len(members) > settings.MAX_PARTICIPANTS:
        raise too_many_participants()
    authorize(actor, _CREATE_CAPABILITY[kind], users=newcomers, subject=subject)
    if actor is not None:
        refuse_deactivated(newcomers)
        # Each pair once: everyone with all who come after them.
        for number, person in enumerate(members[:-1], start=1):
            authorize_contacts(person, members[number:], subject=subject)
        # The others may be kept apart from each other: a refusal would tell the actor.
        refuse_kept_apart(actor, newcomers)


def _get_or_create_direct(
    actor: Any | None,
    members: list[Any],
    subject: Model | None,
    topic: str,
    metadata: Mapping[str, Any] | None,
) -> tuple[AbstractConversation, bool]:
    key = direct_key(members, subject)
    model = get_conversation_model()
    directs = model._default_manager.using(router.db_for_write(model)).live().filter(direct_key=key)
    if existing := directs.first():
        return _seen(actor, existing), False
    _authorize_creation(actor, ConversationKind.DIRECT, members, subject)
    try:
        with transaction.atomic(using=router.db_for_write(model)):
            conversation = _insert(
                actor,
                members,
                kind=ConversationKind.DIRECT,
                topic=topic,
                metadata=metadata,
                subject=subject,
                direct_key=key,
            )
    except IntegrityError:
        # Somebody else was faster. A locking read, because a snapshot taken earlier would not show their row.
        existing = directs.locked().first()
        if existing is None:
            raise
        return _seen(actor, existing), False
    return conversation, True


def _seen(actor: Any | None, direct: AbstractConversation) -> AbstractConversation:
    """Return the direct, unless the policy hides it from the actor."""
    if actor is not None and not get_policy().visible_conversations(actor).filter(pk=direct.pk).exists():
        raise InvalidReference
    return direct


def direct_key(members: Iterable[Any], subject: Model | None) -> str:
    """Return the unique key of a direct: a digest of both user ids, in order, and of the subject, if any."""
    parts: list[list[str]] = [sorted(str(member.pk) for member in members)]
    if subject is not None:
        concrete: Any = subject._meta.concrete_model
        parts.append([concrete._meta.label_lower, str(subject.pk)])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _insert(
    actor: Any | None,
    members: list[Any],
    *,
    kind: ConversationKind,
    title: str = "",
    topic: str = "",
    metadata: Mapping[str, Any] | None = None,
    subject: Model | None = None,
    roles: Mapping[Any, str] | None = None,
    direct_key: str | None = None,
) -> AbstractConversation:
    model = get_conversation_model()
    row = model(kind=kind, created_by=actor, metadata=clean_metadata(metadata), direct_key=direct_key)
    row.title, row.topic = clean_text(row, "title", title), clean_text(row, "topic", topic)
    row.participant_count, row.membership_version = len(members), 1
    row.last_message_at = row.changed_at = row.created_at
    if subject is not None:
        if subject.pk is None or subject._state.adding:
            raise Invalid(
                "subject_not_saved", _("Save the subject before a conversation is about it."), field="subject"
            )
        row.subject_type = ContentType.objects.get_for_model(subject)
        row.subject_id = clean_text(row, "subject_id", str(subject.pk))
    change = Change(row, actor)
    joined_event_seq = change.emit(EventType.CONVERSATION_CREATED, kind=kind.value)
    change.write()
    participants = Participant.objects.using(row._state.db).bulk_create(
        [
            Participant(
                conversation_id=row.pk,
                user=member,
                role=_first_role(kind, member, actor, roles),
                joined_at=row.created_at,
                added_by=None if member is actor else actor,
                joined_event_seq=joined_event_seq,
            )
            for member in members
        ],
        batch_size=1000,
    )
    # In a large conversation those beyond find it by the sweep.
    for participant in participants[: settings.LARGE_CONVERSATION]:
        tell_own_state(participant)
    return row


def _first_role(kind: ConversationKind, member: Any, actor: Any | None, roles: Mapping[Any, str] | None) -> str:
    if kind == ConversationKind.DIRECT:
        return ConversationRole.MEMBER
    if member is actor:
        return ConversationRole.OWNER
    role = (roles or {}).get(member.pk, ConversationRole.MEMBER.value)
    if role not in ConversationRole.values:
        raise Invalid("invalid_role", _("There is no such role in a conversation."), field="roles")
    return role
