"""A conversation, as the inbox shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from django_convo.policy import get_policy
from django_convo.selectors.extras import extras_of

from .ids import NIL
from .people import NOBODY, Person, person_of

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

# How many names make a title where there is none.
_NAMES_IN_TITLE: Final = 3
_NEVER: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationRow:
    """What is shown of a conversation; `face` is the other one's in a direct, else made of the title."""

    conversation_id: str
    kind: str = "group"
    title: str = ""
    topic: str = ""
    # What it is about, where the viewer may know that, and where that is.
    about: str = ""
    about_url: str = ""
    face: Person = NOBODY
    # The other one of a direct, unless they are gone.
    other: Person | None = None
    participant_count: int = 0
    excerpt: str = ""
    # Who said it, where that is to be told: "You", or in a group a name.
    excerpt_sender: str = ""
    draft: str = ""
    last_message_at: datetime = _NEVER
    unread: int = 0
    mentions: int = 0
    event_seq: int = 0
    count_seq: int = 0
    read_count_seq: int = 0
    is_member: bool = True
    is_muted: bool = False
    is_pinned: bool = False
    is_archived: bool = False
    is_closed: bool = False
    is_template: bool = False


def conversation_rows(actor: Any, conversations: Sequence[AbstractConversation]) -> list[ConversationRow]:
    """Return what is shown of conversations that `selectors.decorate` has seen.

    One query for each kind of thing that they are about.
    """
    subjects = _subjects(actor, conversations)
    return [_row(actor, conversation, subjects) for conversation in conversations]


def conversation_template() -> ConversationRow:
    """Return the empty row that a script clones."""
    return ConversationRow(
        conversation_id=NIL,
        unread=1,
        mentions=1,
        is_muted=True,
        is_pinned=True,
        is_template=True,
    )


def _row(actor: Any, conversation: Any, subjects: Mapping[UUID, Any]) -> ConversationRow:
    participant = conversation.membership_of(actor)
    others = [person_of(row.user) for row in conversation.first_participants if row.user_id != actor.pk]
    people = [person for person in others if person is not None]
    title = _title(conversation, people)
    excerpt_sender, excerpt = _excerpt(actor, conversation)
    is_direct = conversation.is_direct
    subject = subjects.get(conversation.pk)
    other = people[0] if is_direct and people else None
    return ConversationRow(
        conversation_id=str(conversation.pk),
        kind=conversation.kind,
        title=title,
        topic=conversation.topic,
        about="" if subject is None else str(subject),
        about_url=_address_of(subject),
        face=other or Person(user_id=str(conversation.pk), name=title),
        other=other,
        participant_count=conversation.participant_count,
        excerpt=excerpt,
        excerpt_sender=excerpt_sender,
        last_message_at=conversation.last_message_at,
        event_seq=conversation.event_seq,
        count_seq=conversation.count_seq,
        is_closed=conversation.is_closed,
        **_own_state(conversation, participant),
    )


def _own_state(conversation: Any, participant: Any) -> dict[str, Any]:
    if participant is None:
        return {"is_member": False}
    draft = participant.own_draft
    return {
        "draft": "" if draft is None else draft.message_body,
        "unread": conversation.count_seq - participant.read_count_seq,
        "mentions": participant.mention_count,
        "read_count_seq": participant.read_count_seq,
        "is_muted": participant.is_muted(),
        "is_pinned": participant.pinned_at is not None,
        "is_archived": participant.is_archived(conversation.last_message_at),
    }


def _title(conversation: Any, people: Sequence[Person]) -> str:
    if conversation.title:
        return str(conversation.title)
    names = ", ".join(person.name for person in people[:_NAMES_IN_TITLE])
    left = conversation.participant_count - 1 - min(len(people), _NAMES_IN_TITLE)
    if names and left > 0:
        return _("%(names)s and others") % {"names": names}
    return names or _("Only you")


def _excerpt(actor: Any, conversation: Any) -> tuple[str, str]:
    """Return who said the last thing, where that is not plain, and the beginning of it."""
    message = conversation.last_message
    if message is None:
        return "", ""
    if message.is_deleted:
        return "", _("Message deleted")
    files = extras_of(message).attachments
    text = message.excerpt.strip() or (files[0].name if files else "")
    if message.sender_id is None or (conversation.is_direct and message.sender_id != actor.pk):
        return "", text
    sender = person_of(message.sender)
    name = _("You") if message.sender_id == actor.pk else (sender.name if sender is not None else "")
    return name, text


def _subjects(actor: Any, conversations: Iterable[Any]) -> dict[UUID, Any]:
    """Return, by conversation, the host's row that it is about, where the policy shows that row to the actor."""
    wanted: dict[Any, dict[UUID, str]] = {}
    for conversation in conversations:
        if conversation.subject_type_id is not None:
            wanted.setdefault(conversation.subject_type, {})[conversation.pk] = conversation.subject_id
    found: dict[UUID, Any] = {}
    for kind, keys in wanted.items():
        model = kind.model_class()
        if model is None:
            continue
        rows = get_policy().visible_subjects(actor, model).filter(pk__in=set(keys.values()))
        by_key = {str(row.pk): row for row in rows}
        found |= {pk: by_key[key] for pk, key in keys.items() if key in by_key}
    return found


def _address_of(subject: Any) -> str:
    address = getattr(subject, "get_absolute_url", None)
    return str(address()) if callable(address) else ""
