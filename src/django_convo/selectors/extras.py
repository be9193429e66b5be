"""What a message shows beside its own row: attachments, mentions and reactions, for a whole page at once."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from django_convo.models import Attachment, Mention, Reaction

from .kept import Among, bound_actor, kept, length_of
from .lookups import is_there

if TYPE_CHECKING:
    from django_convo.models import AbstractMessage

_REACTION: Final = 0
_ATTACHMENT: Final = 1
_MENTION: Final = 2
_SHOWN: Final[tuple[Any, ...]] = (Attachment, Mention, Reaction)


# Where `readable` leaves whether a message shows anything beside its row.
HAS_EXTRAS: Final = "has_extras"


def has_extras() -> Q:
    """Return the annotation by which rows of messages know whether they show anything beside themselves."""
    return functools.reduce(
        operator.or_, (Q(is_there(model._default_manager.filter(message=OuterRef("pk")))) for model in _SHOWN)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReactionCount:
    """How many have reacted with an emoji, and whether the viewer is one of them."""

    emoji: str
    count: int
    me: bool


@dataclass(kw_only=True, slots=True)
class Extras:
    """What one message shows; `mentions` are users, with None for everyone, in the order of being named."""

    attachments: list[Attachment] = field(default_factory=list)
    mentions: list[Any] = field(default_factory=list)
    reactions: list[ReactionCount] = field(default_factory=list)


def extras_of(message: AbstractMessage) -> Extras:
    """Return what `decorate_messages` has attached; AttributeError where it was forgotten."""
    found: Extras = message.__dict__["_convo_extras"]
    return found


def remember_extras(message: AbstractMessage, *, attachments: Sequence[Attachment], mentioned: Sequence[Any]) -> None:
    """Attach what whoever has just written the message knows; nobody has reacted to it yet."""
    message.__dict__["_convo_extras"] = Extras(attachments=list(attachments), mentions=list(mentioned))


def decorate_messages(actor: Any, messages: Iterable[AbstractMessage], *, known: Iterable[Any] = ()) -> None:
    """Attach to each message what it shows; one query for all, and one more where somebody is named who is not known.

    The senders of the page, the actor and those in `known` (users) are. No query where no message shows anything, as
    `has_extras` tells the rows of `readable`. A tombstone shows nothing. `actor=None`: for nobody in
    particular.
    """
    rows = [message for message in messages if "_convo_extras" not in message.__dict__]
    for message in rows:
        message.__dict__["_convo_extras"] = Extras()
    live = {row.pk: row for row in rows if not row.is_deleted and getattr(row, HAS_EXTRAS, True)}
    if not live:
        return
    named: list[tuple[UUID, Any]] = []
    for message_id, kind, _order, key, text, other, first, second, third, thumbnail in _rows(actor, live):
        extras = extras_of(live[message_id])
        if kind == _REACTION:
            extras.reactions.append(ReactionCount(emoji=text, count=first, me=bool(second)))
        elif kind == _ATTACHMENT:
            extras.attachments.append(
                Attachment(
                    attachment_id=key,
                    conversation_id=live[message_id].conversation_id,
                    message_id=message_id,
                    name=text,
                    content_type=other,
                    size=first,
                    width=second,
                    height=third,
                    thumbnail=thumbnail,
                )
            )
        else:
            named.append((message_id, None if text == "" else get_user_model()._meta.pk.to_python(text)))
    if not named:
        return
    people = {user.pk: user for user in [actor, *known] if user is not None}
    people |= {row.sender_id: row.sender for row in rows if row.sender_id is not None}
    unknown = {key for _, key in named if key is not None and key not in people}
    if unknown:
        # Past the host's own manager, which may leave some out.
        people |= get_user_model()._base_manager.in_bulk(unknown)
    for message_id, key in named:
        # Who is gone since the first query is named no more.
        if key is None or key in people:
            extras_of(live[message_id]).mentions.append(None if key is None else people[key])


def _rows(actor: Any, messages: dict[UUID, AbstractMessage]) -> Any:
    """Read the three kinds in one statement: each names its message, its kind and its place, then what it shows."""
    conversations = {row.conversation_id for row in messages.values()}
    rows = _shown_by(length_of(messages), length_of(conversations)).read(
        actor=None if actor is None else actor.pk,
        message=list(messages),
        conversation=list(conversations),
    )
    return sorted(rows, key=lambda row: (row[1], row[2]))


@kept
def _shown_by(messages: int, conversations: int) -> QuerySet[Any, Any]:
    within = Among("message", "message", messages), Among("conversation", "conversation", conversations)
    number = BigIntegerField(null=True)
    nothing = Cast(Value(None), number)
    no_key = Cast(Value(None), UUIDField())
    text = CharField()
    mine = Max(Case(When(user=bound_actor(), then=1), default=0, output_field=BigIntegerField()), output_field=number)
    columns = ("message_id", "kind_", "order_", "key_", "text_", "other_", "first_", "second_", "third_", "thumbnail_")
    reactions = (
        Reaction.objects.filter(*within)
        .order_by()
        .values("message_id", "emoji")
        .annotate(
            kind_=Value(_REACTION),
            order_=Min("pk"),
            key_=no_key,
            text_=F("emoji"),
            other_=Value("", output_field=text),
            first_=Count("pk"),
            second_=mine,
            third_=nothing,
            thumbnail_=Value("", output_field=text),
        )
        .values_list(*columns)
    )
    attachments = (
        Attachment.objects.filter(*within)
        .order_by()
        .annotate(
            kind_=Value(_ATTACHMENT),
            order_=Cast("position", BigIntegerField()),
            key_=F("pk"),
            text_=F("name"),
            other_=F("content_type"),
            first_=F("size"),
            second_=Cast("width", BigIntegerField()),
            third_=Cast("height", BigIntegerField()),
            thumbnail_=Cast("thumbnail", CharField(max_length=255)),
        )
        .values_list(*columns)
    )
    mentions = (
        Mention.objects.filter(*within)
        .order_by()
        .annotate(
            kind_=Value(_MENTION),
            order_=F("pk"),
            key_=no_key,
            text_=Coalesce(Cast("user_id", CharField(max_length=64)), Value("")),
            other_=Value("", output_field=text),
            first_=nothing,
            second_=nothing,
            third_=nothing,
            thumbnail_=Value("", output_field=text),
        )
        .values_list(*columns)
    )
    return reactions.union(attachments, mentions, all=True)


__all__ = [
    "HAS_EXTRAS",
    "Extras",
    "ReactionCount",
    "decorate_messages",
    "extras_of",
    "has_extras",
    "remember_extras",
]
