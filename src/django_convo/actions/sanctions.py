"""Sanctions: muting and banning, in one conversation or on the whole site, for a while or for good."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo import events
from django_convo.exceptions import Invalid, NotFound
from django_convo.models import AbstractConversation, Participant, Sanction
from django_convo.policy import allows, authorize, capabilities, direct_is_fixed
from django_convo.types import AuditAction, Hint, HintKind, SanctionKind

from .audit import record
from .base import Change, action, clean_note, lock_conversation
from .blocks import not_oneself
from .participants import dismiss, rank_of, role_too_high


@action
def impose_sanction(
    *,
    actor: Any | None,
    user: Any,
    kind: str,
    conversation: AbstractConversation | None = None,
    reason: str = "",
    expires_at: datetime | None = None,
) -> tuple[Sanction, bool]:
    """Mute or ban a user, in a conversation or, without one, on the whole site; returns it and whether it is new.

    A mute takes speaking away. A ban from a conversation removes the participant, as `remove_participant` does, and
    keeps them out; a ban from the site hides everything and refuses every write. It ends at `expires_at` by itself.
    Where such a sanction is in force already, that one takes the new reason and end. Locks the conversation, else the
    user.

    Raises Denied (`not_oneself`, `role_too_high`, `direct_is_fixed` for a ban), Invalid (`invalid_kind`,
    `expires_in_the_past`, `invalid_text`, `text_too_long`), NotFound. Emits what a removal emits, for a ban from a
    conversation.
    """
    _refuse_nonsense(kind, expires_at)
    reason = clean_note("reason", reason)
    row = _lock_place(user, conversation)
    _authorize(actor, user, row)
    if row is not None and row.is_direct and kind == SanctionKind.BAN:
        raise direct_is_fixed()
    place = None if row is None else row.pk
    rows = Sanction.objects.select_for_update().active().filter(user=user, kind=kind, conversation=place)
    sanction = rows.order_by("pk").first()
    is_new = sanction is None
    if sanction is None:
        sanction = Sanction(user=user, kind=kind, conversation_id=place, created_by=actor)
    elif (sanction.reason, sanction.expires_at) == (reason, expires_at):
        return _with_people(sanction, user, row), False
    sanction.reason, sanction.expires_at = reason, expires_at
    _with_people(sanction, user, row)
    sanction.save()
    _note(actor, AuditAction.SANCTION_IMPOSED, sanction)
    if is_new:
        _take_effect(actor, sanction)
    return sanction, is_new


@action
def lift_sanction(*, actor: Any | None, sanction: Sanction) -> Sanction:
    """End a sanction before its time; nothing happens where it is over. Locks the conversation, else the user.

    Who was banned from a conversation has to be added, or to join, again. Raises Denied (`not_oneself`,
    `role_too_high`), NotFound. Emits nothing.
    """
    row = _lock_place(sanction.user, sanction.conversation)
    _authorize(actor, sanction.user, row)
    found = Sanction.objects.select_for_update().filter(pk=sanction.pk).first()
    if found is None:
        raise NotFound
    now = timezone.now()
    if found.lifted_at is not None or (found.expires_at is not None and found.expires_at <= now):
        return found
    found.lifted_at, found.lifted_by = now, actor
    found.save(update_fields=["lifted_at", "lifted_by"])
    _note(actor, AuditAction.SANCTION_LIFTED, found)
    _tell_own_state(found)
    return found


def _refuse_nonsense(kind: str, expires_at: datetime | None) -> None:
    if kind not in SanctionKind.values:
        raise Invalid("invalid_kind", _("A sanction is a mute or a ban."), field="kind")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("expires_in_the_past", _("This moment is over."), field="expires_at")


def _lock_place(user: Any, conversation: AbstractConversation | None) -> AbstractConversation | None:
    """Lock what two sanctions of one kind would both look at: the conversation, else the user."""
    if conversation is not None:
        return lock_conversation(conversation)
    users = get_user_model()._base_manager.filter(pk=user.pk).order_by()
    no_key = connections[users.db].vendor == "postgresql"
    if users.select_for_update(no_key=no_key, of=("self",) if no_key else ()).first() is None:
        raise NotFound
    return None


def _authorize(actor: Any | None, user: Any, conversation: AbstractConversation | None) -> None:
    """Ask the policy, and whether the user stands below the actor; who sanctions on the site stands above nobody."""
    if conversation is None:
        authorize(actor, capabilities.USER_SANCTION, users=[user])
    else:
        authorize(actor, capabilities.PARTICIPANT_SANCTION, conversation=conversation, users=[user])
    if actor is None:
        return
    if actor.pk == user.pk:
        raise not_oneself()
    if conversation is None:
        if allows(user, capabilities.USER_SANCTION):
            raise role_too_high()
        return
    # Who moderates any conversation stands above its owners, also where they take no part.
    if rank_of(user, conversation) >= rank_of(actor, conversation):
        raise role_too_high()


def _take_effect(actor: Any | None, sanction: Sanction) -> None:
    conversation = sanction.conversation
    if conversation is not None and sanction.kind == SanctionKind.BAN:
        participant = conversation.membership_of(sanction.user)
        if participant is not None:
            dismiss(Change(conversation, actor), participant)
    _tell_own_state(sanction)


def _tell_own_state(sanction: Sanction) -> None:
    """Let `sync` bring what the user may do now to their clients, and have open connections asked again at once."""
    rows = Participant.objects.filter(user=sanction.user_id)
    if sanction.conversation_id is not None:
        rows = rows.filter(conversation=sanction.conversation_id)
    rows.change()
    kind = HintKind.LOGIN if sanction.conversation_id is None else HintKind.OWN
    hint = Hint(kind=kind, conversation_id=sanction.conversation_id, user_id=sanction.user_id)
    events.hint(hint, using=str(sanction._state.db))


def _note(actor: Any | None, entry: AuditAction, sanction: Sanction) -> None:
    if actor is None:
        return
    record(
        actor,
        entry,
        user_id=sanction.user_id,
        conversation=sanction.conversation,
        sanction=str(sanction.pk),
        kind=sanction.kind,
        expires_at=None if sanction.expires_at is None else sanction.expires_at.isoformat(),
    )


def _with_people(sanction: Sanction, user: Any, conversation: AbstractConversation | None) -> Sanction:
    """Let the row know what the caller has read already."""
    sanction.user, sanction.conversation = user, conversation
    return sanction
