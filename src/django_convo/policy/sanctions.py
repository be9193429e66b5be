"""What stands between a user and the others: sanctions of the moderators, blocks of each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import Denied
from django_convo.models import Block, Participant, Sanction
from django_convo.types import SanctionKind

from . import capabilities as c

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

# What a muted user may not do: speak, also by a title, by opening a conversation or by bringing others in.
MUTED: Final = c.SPEAKING | {c.UPDATE, c.CREATE_DIRECT, c.CREATE_GROUP, c.CREATE_CHANNEL, c.PARTICIPANT_ADD}
# What is not done between two who are kept apart: speaking, also by a title.
BETWEEN_TWO: Final = c.SPEAKING | {c.UPDATE}
# Where `visible` leaves the kind of sanction that the actor suffers in a conversation, or None.
SANCTION_MARK: Final = "actor_sanction"


def banned() -> Denied:
    """Return the refusal of whatever somebody does who is banned."""
    return Denied("banned", _("You are banned."))


def muted() -> Denied:
    """Return the refusal of speaking where one is muted."""
    return Denied("muted", _("You are muted."))


def sanction_against(actor: Any, capability: str, conversation: AbstractConversation | None) -> Denied | None:
    """Return what a sanction in force says against this, or None; one query."""
    rows = sanctions_in(actor, None if conversation is None else conversation.pk)
    kinds = set(rows.values_list("kind", flat=True))
    if SanctionKind.BAN in kinds:
        return banned()
    return muted() if SanctionKind.MUTE in kinds and capability in MUTED else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What stands between a user and the others in a conversation, read together with it."""

    # The kind of sanction in force; a ban before a mute.
    sanction: str | None
    # Whether somebody there and the user are kept apart by a block, which decides between two alone.
    is_apart: bool

    def refusal(self, capability: str, conversation: AbstractConversation) -> Denied | None:
        """Return what this says against it, or None; as `sanction_against` and `is_kept_apart`, without asking."""
        if self.sanction == SanctionKind.BAN:
            return banned()
        if self.sanction == SanctionKind.MUTE and capability in MUTED:
            return muted()
        return Denied() if self.is_apart and may_be_apart(capability, conversation) else None


def may_be_apart(capability: str, conversation: AbstractConversation) -> bool:
    """Say whether a block decides about this: what is said between two alone. In larger ones it changes nothing."""
    return capability in BETWEEN_TWO and conversation.participant_count <= 2


def sanctions_in(actor: Any, conversation: Any | None, now: Any = None) -> QuerySet[Sanction]:
    """Return what the actor suffers in the conversation with this key, or on the site alone; keys or expressions."""
    concerning = Q(conversation=None)
    if conversation is not None:
        concerning |= Q(conversation=conversation)
    return Sanction.objects.active(now).filter(concerning, user=actor)


def not_banned(actor: Any, now: Any = None) -> Q:
    """Return the filter by which a user who is banned from the site sees nothing; one lookup for all rows."""
    return ~Q(Exists(Sanction.objects.active(now).filter(user=actor, conversation=None, kind=SanctionKind.BAN)))


def is_banned(user: Any) -> bool:
    """Say whether the user is banned from the site."""
    return Sanction.objects.active().filter(user=user, conversation=None, kind=SanctionKind.BAN).exists()


def is_banned_from(user: Any, conversation: AbstractConversation) -> bool:
    """Say whether the user is banned from this conversation."""
    rows = Sanction.objects.active().filter(user=user, kind=SanctionKind.BAN)
    return rows.filter(conversation=conversation.pk).exists()


def sanction_mark(actor: Any, now: Any = None) -> Subquery:
    """Return the annotation by which rows of conversations know what the actor suffers there; one lookup a row."""
    rows = Sanction.objects.active(now).filter(Q(conversation=None) | Q(conversation=OuterRef("pk")), user=actor)
    # By the alphabet a ban comes before a mute.
    return Subquery(rows.order_by("kind").values("kind")[:1])


def load_sanctions(actor: Any, conversations: Collection[AbstractConversation]) -> None:
    """Let these conversations know what the actor suffers there; one query, unless all know."""
    unknown = [item for item in conversations if SANCTION_MARK not in item.__dict__]
    if not unknown:
        return
    found: dict[Any, set[str]] = {}
    for key, kind in Sanction.objects.active().filter(user=actor).values_list("conversation", "kind"):
        found.setdefault(key, set()).add(kind)
    for item in unknown:
        kinds = found.get(None, set()) | found.get(item.pk, set())
        item.__dict__[SANCTION_MARK] = min(kinds, default=None)


def left_to(conversation: AbstractConversation, names: frozenset[str]) -> frozenset[str]:
    """Return which of these capabilities a sanction leaves to the actor whom the conversation was loaded for."""
    mark = conversation.__dict__[SANCTION_MARK]
    if mark == SanctionKind.BAN:
        return frozenset()
    return names - MUTED if mark == SanctionKind.MUTE else names


def is_kept_apart(actor: Any, conversation: AbstractConversation) -> bool:
    """Say whether a block stands between the actor and the only other participant; asked of two people alone.

    Whoever blocked: neither reaches the other. In larger conversations a block changes nothing.
    """
    if conversation.participant_count > 2:
        return False
    return between_two_apart(actor, conversation.pk).exists()


def between_two_apart(actor: Any, conversation: Any) -> QuerySet[Block]:
    """Return the blocks between the actor and the others in the conversation with this key; keys or expressions."""
    others = Participant.objects.filter(conversation=conversation).exclude(user=actor).values("user")
    return Block.objects.between(actor, others)
