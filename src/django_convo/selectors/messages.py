"""Messages as a user may read them: one by one, over all conversations, and in threads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from django_convo.exceptions import NotFound
from django_convo.models import MessageRevision, PinnedMessage, get_message_model
from django_convo.policy import allows, authorize, capabilities, get_policy, powers_of
from django_convo.policy.sight import messages_shown, quotes_shown

from .attachments import has_attachment
from .extras import HAS_EXTRAS, has_extras
from .inbox import find_visible, find_visible_bare, remember
from .kept import bound_actor, bound_id, bound_now, kept
from .lookups import is_there
from .saved import is_mention, is_saved

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage

# Over all conversations by time; within one by number, which its unique index answers.
ALL_ORDER: Final = ("-sent_at", "-pk")
CONVERSATION_ORDER: Final = ("-seq",)
REVISION_ORDER: Final = ("-number",)


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFilters:
    """What to keep of the messages; None keeps all. `sent_after` and `sent_before` are exclusive."""

    conversation_id: UUID | None = None
    # The primary key of a user.
    sender: Any | None = None
    sent_after: datetime | None = None
    sent_before: datetime | None = None
    kind: str | None = None
    has_attachment: bool | None = None
    saved: bool | None = None
    mentions_me: bool | None = None
    # One thread, or what is in none.
    thread_root: UUID | None = None
    is_in_thread: bool | None = None


def readable(actor: Any) -> QuerySet[AbstractMessage]:
    """Return the messages that the actor may read, with sender and quoted message in the same query.

    `reply_is_visible` says whether the actor may read what is quoted, by the same policy, and `is_pinned` whether the
    message is pinned. What else a message shows is `extras.decorate_messages`.
    """
    powers = powers_of(actor)
    if powers is not None:
        return readable_by(actor, powers)
    quoted = get_policy().visible_messages(actor).filter(pk=OuterRef("reply_to"))
    return with_shown(get_policy().visible_messages(actor), is_there(quoted))


def readable_by(user: Any, powers: frozenset[str], now: Any = None) -> QuerySet[AbstractMessage]:
    """Return `readable` by the package's own policy; what it takes may be bound later (`selectors.kept`)."""
    return with_shown(messages_shown(user, powers, now), quotes_shown(user, powers))


def with_shown(rows: QuerySet[AbstractMessage], quote_is_visible: Any) -> QuerySet[AbstractMessage]:
    """Add to rows of messages what `readable` says that its rows have."""
    pins = PinnedMessage.objects.filter(message=OuterRef("pk"))
    return rows.select_related("sender", "reply_to__sender").annotate(
        reply_is_visible=quote_is_visible, is_pinned=is_there(pins), **{HAS_EXTRAS: has_extras()}
    )


def shared() -> QuerySet[AbstractMessage]:
    """Return all messages as `readable` does, for nobody in particular: who may read one is asked where it is sent."""
    pins = PinnedMessage.objects.filter(message=OuterRef("pk"))
    return (
        get_message_model()
        ._default_manager.select_related("sender", "reply_to")
        .annotate(is_pinned=is_there(pins), **{HAS_EXTRAS: has_extras()})
    )


def messages(actor: Any, filters: MessageFilters) -> QuerySet[AbstractMessage]:
    """Return every message that the actor may read; page it by `ALL_ORDER`, or by `CONVERSATION_ORDER` within one."""
    wanted = {
        "conversation": filters.conversation_id,
        "sender": filters.sender,
        "sent_at__gt": filters.sent_after,
        "sent_at__lt": filters.sent_before,
        "kind": filters.kind,
        "thread_root": filters.thread_root,
        "thread_root__isnull": None if filters.is_in_thread is None else not filters.is_in_thread,
    }
    rows = readable(actor).filter(Q(**{name: value for name, value in wanted.items() if value is not None}))
    if filters.has_attachment is not None:
        # A tombstone shows none.
        shows_files = Q(has_attachment(), deleted_at=None)
        rows = rows.filter(shows_files if filters.has_attachment else ~shows_files)
    if filters.saved is not None:
        rows = rows.filter(is_saved(actor, filters.saved))
    if filters.mentions_me is not None:
        rows = rows.filter(is_mention(actor, filters.mentions_me))
    return rows


def find_conversation(actor: Any, conversation_id: UUID) -> AbstractConversation:
    """Return a conversation that the actor may know of, with the actor's own participant row, in one query.

    Raises NotFound alike, and by the same statement, for what is not there and what is not visible.
    """
    conversation = find_visible(actor, conversation_id)
    if conversation is None:
        raise NotFound
    remember(actor, [conversation])
    return conversation


def find_readable_conversation(actor: Any, conversation_id: UUID) -> AbstractConversation:
    """Return a conversation whose messages the actor may read: a member, or by `conversation.view_any`.

    Raises NotFound, and Denied for those who know of it (open channels, moderators of all) but do not read it.
    """
    conversation = find_visible_bare(actor, conversation_id)
    if conversation is None:
        raise NotFound
    if conversation.membership_of(actor) is None:
        authorize(actor, capabilities.VIEW_ANY, conversation=conversation)
    return conversation


def find_message(actor: Any, message_id: UUID, conversation: AbstractConversation | None = None) -> AbstractMessage:
    """Return a message that the actor may read, in that conversation if one is given; raises NotFound."""
    keys = {"pk": message_id}
    if conversation is not None:
        keys["conversation"] = conversation.pk
    powers = powers_of(actor)
    if powers is None:
        found = list(readable(actor).filter(**keys))
    else:
        found = _one_readable(powers, tuple(keys)).read(actor=actor.pk, now=timezone.now(), **keys)
    if not found:
        raise NotFound
    return found[0]


@kept
def _one_readable(powers: frozenset[str], names: tuple[str, ...]) -> QuerySet[AbstractMessage]:
    keys = {name: bound_id(name) for name in names}
    return readable_by(bound_actor(), powers, bound_now()).filter(**keys)


def look_up(actor: Any, message: AbstractMessage) -> None:
    """Tell one message what `readable` tells its rows: whether its quote is visible, and whether it is pinned."""
    shown: Any = message
    quoted = shown.reply_to_id
    shown.reply_is_visible = quoted is not None and get_policy().visible_messages(actor).filter(pk=quoted).exists()
    shown.is_pinned = PinnedMessage.objects.filter(message=message.pk, conversation=message.conversation_id).exists()


def revisions(actor: Any, message: AbstractMessage) -> QuerySet[MessageRevision]:
    """Return what a message that the actor sees said before; page it by `REVISION_ORDER`.

    Raises Denied without `message.view_revisions`; nothing once the message is deleted.
    """
    authorize(actor, capabilities.MESSAGE_VIEW_REVISIONS, conversation=message.conversation, message=message)
    rows = MessageRevision.objects.filter(message=message.pk, conversation=message.conversation_id)
    rows = rows.none() if message.is_deleted else rows
    return rows.select_related("replaced_by")


def replies(actor: Any, message: AbstractMessage) -> QuerySet[AbstractMessage]:
    """Return the thread that begins with a message that the actor sees; page it by `CONVERSATION_ORDER`."""
    return readable(actor).filter(conversation=message.conversation_id, thread_root=message.pk)


def replies_to(actor: Any, message_id: UUID, conversation: AbstractConversation) -> QuerySet[AbstractMessage]:
    """Return what `replies` does, and nothing where the actor does not see the message that the thread begins with."""
    root = get_policy().visible_messages(actor).filter(pk=message_id, conversation=conversation.pk)
    return readable(actor).filter(Exists(root), conversation=conversation.pk, thread_root=message_id)


def sight_of(actor: Any, powers: frozenset[str] | None, conversation: AbstractConversation) -> int | None:
    """Return from which number on the actor sees messages of a conversation, as `policy.sight` has it.

    It stands in the row that the conversation was read with, so that no subquery need ask it. None where nothing is
    seen, and, with `powers` of None, where only the host's policy knows.
    """
    if powers is None or conversation.deleted_at is not None:
        return None
    if capabilities.VIEW_ANY in powers:
        return 1
    participant = conversation.membership_of(actor)
    return None if participant is None else participant.visible_from_seq


def is_by_power(actor: Any, conversation: AbstractConversation, seq: int) -> bool:
    """Say whether a participant reads a message by `conversation.view_any` alone: it was said before they came.

    What shows one's own conversations by itself (inbox, log, `sync`) leaves it out: power is used by asking for it,
    and each use is written down.
    """
    participant = conversation.membership_of(actor)
    is_earlier = participant is not None and seq < participant.visible_from_seq
    return is_earlier and allows(actor, capabilities.VIEW_ANY)


def oldest_seq(conversation: AbstractConversation) -> int:
    """Return the number of the oldest message that is left, where older ones were pruned; 1 where none were."""
    rows = get_message_model()._default_manager.filter(conversation=conversation.pk).order_by("seq")
    oldest: int | None = rows.values_list("seq", flat=True).first()
    return oldest or 1
