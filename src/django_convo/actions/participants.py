"""Who is in a conversation: adding, removing, joining, leaving, roles."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, Exists, IntegerField, OuterRef, Value, When
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import AbstractConversation, Departure, Participant, get_conversation_model
from django_convo.policy import active_users, allows, authorize, capabilities, direct_is_fixed, not_open_to_join
from django_convo.policy.sanctions import is_banned_from
from django_convo.selectors.messages import oldest_seq
from django_convo.types import ROLE_RANK, AuditAction, ConversationRole, EventType

from .audit import is_by_power, record
from .base import Change, action, json_key, key_of, lock_conversation, tell_own_state
from .conversations.contacts import (
    authorize_contacts,
    refuse_deactivated,
    refuse_kept_apart,
    too_many_participants,
)

# Above every role: the host itself, and who moderates any conversation.
_ABOVE_ALL = max(ROLE_RANK.values()) + 1
_OUTSIDE = min(ROLE_RANK.values()) - 1


@action
def add_participant(
    *, actor: Any | None, conversation: AbstractConversation, user: Any, role: str = ConversationRole.MEMBER
) -> AbstractConversation:
    """Add a user, or leave everything as it is where they are a participant already. Locks the conversation.

    The newcomer's read pointer stands at the end; what was said before is visible to them by
    `CONVO_HISTORY_FOR_NEW_PARTICIPANTS`. Nobody adds themselves: who moderates any conversation would read any.

    Raises Denied (`direct_is_fixed`, `conversation_closed`, `role_too_high`, `not_open_to_join`, `user_banned`),
    InvalidReference (may not be contacted, blocked, or deactivated), Invalid (`too_many_participants`), NotFound.
    Emits `participant.added`.
    """
    row = lock_conversation(conversation)
    authorize(actor, capabilities.PARTICIPANT_ADD, conversation=row, users=[user])
    _refuse_higher_role(actor, row, role)
    if row.membership_of(user) is None:
        if actor is not None and user.pk == actor.pk:
            raise not_open_to_join()
        _refuse_unreachable(actor, row, user)
        by_power = is_by_power(actor, capabilities.PARTICIPANT_ADD, row, rank=ROLE_RANK[role])
        _admit(Change(row, actor), user, role)
        if by_power:
            record(actor, AuditAction.PARTICIPANT_ADDED, user_id=user.pk, conversation=row, role=str(role))
    return row


@action
def join(*, actor: Any, conversation: AbstractConversation) -> AbstractConversation:
    """Join a channel as a member. Locks the conversation.

    Raises Denied (`not_open_to_join`, `conversation_closed`, `direct_is_fixed`, `banned`), InvalidReference (may not
    be brought together with someone there), Invalid (`too_many_participants`), NotFound. Emits `participant.added`.
    """
    row = lock_conversation(conversation)
    authorize(actor, capabilities.JOIN, conversation=row)
    if row.membership_of(actor) is not None:
        return row
    authorize_contacts(actor, row.participants.all())
    _refuse_pair(row, actor)
    _admit(Change(row, actor), actor, ConversationRole.MEMBER)
    return row


@action
def remove_participant(*, actor: Any | None, conversation: AbstractConversation, user: Any) -> AbstractConversation:
    """Remove a user of a lower role, or oneself; nothing happens where they are no participant. Locks.

    When the last owner goes, the longest-standing participant of the highest role becomes owner; when nobody is left,
    the conversation closes. Raises Denied (`direct_is_fixed`, `role_too_high`), NotFound. Emits `participant.removed`,
    and `participant.updated` or `conversation.closed`.
    """
    if actor is not None and user.pk == actor.pk:
        return leave(actor=actor, conversation=conversation)
    row = lock_conversation(conversation)
    authorize(actor, capabilities.PARTICIPANT_REMOVE, conversation=row, users=[user])
    participant = row.membership_of(user)
    if participant is None:
        return row
    if participant.rank >= rank_of(actor, row):
        raise role_too_high()
    by_power = is_by_power(actor, capabilities.PARTICIPANT_REMOVE, row, rank=participant.rank + 1)
    dismiss(Change(row, actor), participant)
    if by_power:
        record(actor, AuditAction.PARTICIPANT_REMOVED, user_id=user.pk, conversation=row)
    return row


@action
def leave(*, actor: Any, conversation: AbstractConversation) -> AbstractConversation:
    """Leave; nothing happens where one is no participant. Locks; as `remove_participant` for the last owner.

    Raises Denied (`direct_is_fixed`), NotFound. Emits as `remove_participant`.
    """
    row = lock_conversation(conversation)
    if row.is_direct:
        raise direct_is_fixed()
    participant = row.membership_of(actor)
    if participant is not None:
        dismiss(Change(row, actor), participant)
    return row


@action
def change_role(*, actor: Any | None, conversation: AbstractConversation, user: Any, role: str) -> Participant:
    """Give a participant of a lower role another one, never above one's own. Locks the conversation.

    Raises Denied (`direct_is_fixed`, `role_too_high`, `last_owner`), Invalid (`invalid_role`), NotFound (no
    participant). Emits `participant.updated`.
    """
    row = lock_conversation(conversation)
    authorize(actor, capabilities.PARTICIPANT_SET_ROLE, conversation=row, users=[user])
    _refuse_higher_role(actor, row, role)
    participant = row.membership_of(user)
    if participant is None:
        raise NotFound
    if participant.rank >= rank_of(actor, row):
        raise role_too_high()
    if participant.role == role:
        return participant
    has_other_owner = _others(participant).filter(role=ConversationRole.OWNER).exists
    if participant.role == ConversationRole.OWNER and not has_other_owner():
        raise Denied("last_owner", _("Make somebody else owner first."))
    needed = max(participant.rank + 1, ROLE_RANK[role])
    by_power = is_by_power(actor, capabilities.PARTICIPANT_SET_ROLE, row, rank=needed)
    change = Change(row, actor)
    _set_role(change, participant, role)
    change.write()
    if by_power:
        record(actor, AuditAction.PARTICIPANT_UPDATED, user_id=user.pk, conversation=row, role=str(role))
    return participant


@action
def forget_user(*, user: Any) -> None:
    """Take a user who is about to be deleted out of every conversation; locks those in id order, then the user.

    Runs within the host's own `user.delete()`. The log says who left but names no actor, since that row goes;
    ownership is handed on. Emits `participant.removed`, and `participant.updated` or `conversation.closed`.
    """
    _dismiss_everywhere(user)
    # From here on nobody can add them: a participant needs the user's row, which is locked after the conversations, as
    # a sender's is. Whoever added them while this waited for locks is seen now.
    get_user_model()._base_manager.select_for_update().filter(pk=user.pk).first()
    _dismiss_everywhere(user)


def _dismiss_everywhere(user: Any) -> None:
    conversations = get_conversation_model()._default_manager.filter(
        pk__in=Participant.objects.filter(user=user).values("conversation")
    )
    for row in conversations.locked():
        participant = row.membership_of(user)
        if participant is not None:
            dismiss(Change(row, None), participant, is_user_going=True)


def rank_of(actor: Any | None, conversation: AbstractConversation) -> int:
    """Return how high the actor stands here; the host, and who moderates any conversation, above all."""
    if actor is None or allows(actor, capabilities.MODERATE_ANY):
        return _ABOVE_ALL
    participant = conversation.membership_of(actor)
    return _OUTSIDE if participant is None else participant.rank


def _refuse_higher_role(actor: Any | None, conversation: AbstractConversation, role: str) -> None:
    if role not in ConversationRole.values:
        raise Invalid("invalid_role", _("There is no such role in a conversation."), field="role")
    if ROLE_RANK[role] > rank_of(actor, conversation):
        raise role_too_high()


def role_too_high() -> Denied:
    """Return the refusal of touching somebody of an equal or higher role."""
    return Denied("role_too_high", _("This needs a higher role than yours."))


def _refuse_unreachable(actor: Any | None, conversation: AbstractConversation, user: Any) -> None:
    """Refuse a newcomer who is deactivated or may not be brought together with someone who is there."""
    if actor is None:
        return
    refuse_deactivated([user])
    authorize_contacts(actor, [user])
    authorize_contacts(user, conversation.participants.exclude(pk=actor.pk))
    refuse_kept_apart(actor, [user])
    _refuse_pair(conversation, user)


def _refuse_pair(conversation: AbstractConversation, newcomer: Any) -> None:
    """Refuse to bring two people together, and nobody else, of whom one has blocked the other.

    Among more people it is allowed: a refusal would tell the others, and a block keeps nobody out of a channel.
    """
    if conversation.participant_count == 1:
        refuse_kept_apart(newcomer, conversation.participants.all())


def _admit(change: Change, user: Any, role: str) -> None:
    row = change.conversation
    if is_banned_from(user, row):
        raise Denied("user_banned", _("This user is banned from the conversation."))
    if row.participant_count >= settings.MAX_PARTICIPANTS:
        raise too_many_participants()
    Departure.objects.filter(conversation=row.pk, user=user).delete()
    change.count_participant(+1)
    event_seq = change.emit(EventType.PARTICIPANT_ADDED, user=key_of(user), role=role)
    participant = Participant.objects.create(
        conversation_id=row.pk,
        user=user,
        role=role,
        joined_at=change.now,
        added_by=None if user == change.actor else change.actor,
        visible_from_seq=oldest_seq(row) if settings.HISTORY_FOR_NEW_PARTICIPANTS == "all" else row.last_seq + 1,
        joined_event_seq=event_seq,
        last_read_seq=row.last_seq,
        read_count_seq=row.count_seq,
        last_delivered_seq=row.last_seq,
    )
    change.write()
    tell_own_state(participant)
    row.remember_membership(user, participant)


def dismiss(change: Change, participant: Participant, *, is_user_going: bool = False) -> None:
    """Delete the row, leave a departure for sync, hand ownership on; a departure of a user who goes would go too."""
    row: AbstractConversation = change.conversation
    user_id: Any = participant.user_id
    heirs = _others(participant)
    Participant.objects.filter(pk=participant.pk).delete()
    if not is_user_going:
        Departure.objects.create(conversation_id=row.pk, user_id=user_id, left_at=change.now)
    change.count_participant(-1)
    change.emit(EventType.PARTICIPANT_REMOVED, user=json_key(user_id))
    if participant.role == ConversationRole.OWNER:
        _hand_on(change, heirs)
    change.write()


def _others(participant: Participant) -> Any:
    return Participant.objects.filter(conversation=participant.conversation_id).exclude(pk=participant.pk)


def _hand_on(change: Change, heirs: Any) -> None:
    """Make the longest-standing of the highest role owner, unless there is one; close where nobody is left.

    Who is deactivated comes last.
    """
    able = Exists(get_user_model()._base_manager.filter(active_users(), pk=OuterRef("user")))
    by_rank = Case(
        When(role=ConversationRole.OWNER, then=Value(_ABOVE_ALL)),
        When(~able, then=Value(_OUTSIDE)),
        *(When(role=role, then=Value(rank)) for role, rank in ROLE_RANK.items()),
        default=Value(_OUTSIDE),
        output_field=IntegerField(),
    )
    heir = heirs.select_related("user").order_by(by_rank.desc(), "pk").first()
    if heir is None:
        if not change.conversation.is_closed:
            change.set(closed_at=change.now)
            change.emit(EventType.CONVERSATION_CLOSED)
    elif heir.role != ConversationRole.OWNER:
        _set_role(change, heir, ConversationRole.OWNER)


def _set_role(change: Change, participant: Participant, role: str) -> None:
    participant.role = role
    Participant.objects.filter(pk=participant.pk).change(role=role)
    change.move_membership()
    change.emit(EventType.PARTICIPANT_UPDATED, user=key_of(participant.user), role=role)
