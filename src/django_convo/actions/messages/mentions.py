"""Who is named in a message, and what that counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Denied, Invalid, InvalidReference
from django_convo.models import AbstractConversation, AbstractMessage, Mention, Participant
from django_convo.policy import authorize, capabilities

# Names everyone who takes part, where the actor may (`message.mention_all`).
EVERYONE: Final = "everyone"
# The longest list of names in a body that is looked up.
_MOST_NAMES: Final = 500
# As Django's usernames are written; what follows a letter is the end of an address.
_NAME: Final = re.compile(r"(?<![\w@.+-])@([\w.+-]+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Whom a message names: users by their keys, in the order of being named, or everyone, or both."""

    users: dict[Any, Any] = field(default_factory=dict)
    everyone: bool = False

    @property
    def in_order(self) -> list[Any]:
        """The users' keys, with None for everyone: what the rows of `Mention` hold, in their order."""
        return [*self.users, *([None] if self.everyone else [])]

    @property
    def keys(self) -> set[Any]:
        """The same, where the order says nothing."""
        return set(self.in_order)


def find_named(actor: Any | None, conversation: AbstractConversation, mentions: Iterable[Any], body: str) -> Named:
    """Return whom a message names: the given users, keys or `EVERYONE`, and with `CONVO_MENTION_FIELD` by `@name`.

    Only participants can be named. Raises InvalidReference for anyone else who is given, Invalid
    (`too_many_mentions`), Denied for `EVERYONE` without the capability; a name in the body that nobody has is text.
    """
    given = list(mentions)
    everyone = EVERYONE in given
    # Keys may be given as texts.
    people = (getattr(item, "pk", item) for item in given if not isinstance(item, str) or item != EVERYONE)
    keys = list({str(key): key for key in people}.values())
    if everyone:
        authorize(actor, capabilities.MESSAGE_MENTION_ALL, conversation=conversation)
    names = _names_in(body)
    if EVERYONE in names:
        names.remove(EVERYONE)
        everyone = everyone or _may_name_everyone(actor, conversation)
    if len(keys) > settings.MAX_MENTIONS:
        raise too_many_mentions()
    members = Participant.objects.filter(conversation=conversation.pk).select_related("user")
    found = {row.user_id: row.user for row in members.filter(user__in=keys)} if keys else {}
    if len(found) != len(keys):
        raise InvalidReference(field="mentions")
    places = {str(key): place for place, key in enumerate(keys)}
    users = dict(sorted(found.items(), key=lambda item: places.get(str(item[0]), len(places))))
    if names:
        # Names that nobody has are text, however many.
        named = members.filter(**{f"user__{settings.MENTION_FIELD}__in": names[:_MOST_NAMES]}).order_by("pk")
        users |= {row.user_id: row.user for row in named if row.user_id not in users}
    if len(users) > settings.MAX_MENTIONS:
        raise too_many_mentions()
    return Named(users=users, everyone=everyone)


def has_names(body: str) -> bool:
    """Say whether the body may name anybody."""
    return bool(_names_in(body))


def named_in(message: AbstractMessage) -> Named:
    """Return whom a stored message names."""
    rows = Mention.objects.filter(message=message.pk, conversation=message.conversation_id).select_related("user")
    users = {row.user_id: row.user for row in rows}
    everyone = None in users
    users.pop(None, None)
    return Named(users=users, everyone=everyone)


def names_gone(named: Named, before: str, after: str) -> set[Any]:
    """Return the keys of those whom the body named before and names no more."""
    # As databases compare that fold case: a name that stands there in another spelling still names.
    gone = {name.casefold() for name in _names_in(before)} - {name.casefold() for name in _names_in(after)}
    if not gone:
        return set()
    column = str(settings.MENTION_FIELD)
    keys = {key for key, user in named.users.items() if str(getattr(user, column, "")).casefold() in gone}
    return keys | ({None} if EVERYONE in gone else set())


def write_mentions(message: AbstractMessage, keys: Iterable[Any]) -> None:
    """Insert a row for each key; None is everyone."""
    rows = [Mention(conversation_id=message.conversation_id, message_id=message.pk, user_id=key) for key in keys]
    if rows:
        Mention.objects.using(message._state.db).bulk_create(rows)


def count_mentions(message: AbstractMessage, keys: set[Any], step: int) -> None:
    """Move `mention_count` of those named who have not read so far; the author is not told of it.

    `keys` are those of `Named`. One statement, however many take part.
    """
    if not keys:
        return
    behind = Participant.objects.using(message._state.db).filter(conversation=message.conversation_id)
    behind = behind.behind(message.seq).exclude(user=message.sender_id)
    if None not in keys:
        behind = behind.filter(user__in=keys)
    behind.change(mention_count=F("mention_count") + step)


def _names_in(body: str) -> list[str]:
    """Return what may be names, each once, in order."""
    if settings.MENTION_FIELD is None or "@" not in body:
        return []
    # "@ada." at the end of a sentence names ada, unless somebody is called "ada.".
    spellings = (spelling for name in _NAME.findall(body) for spelling in (name, name.rstrip(".+-")))
    return list(dict.fromkeys(spelling for spelling in spellings if spelling))


def _may_name_everyone(actor: Any | None, conversation: AbstractConversation) -> bool:
    try:
        authorize(actor, capabilities.MESSAGE_MENTION_ALL, conversation=conversation)
    except Denied:
        return False
    return True


def too_many_mentions() -> Invalid:
    """Return the refusal of more than `CONVO_MAX_MENTIONS`."""
    return Invalid("too_many_mentions", _("The message names too many people."), field="mentions")
