"""Sanctions, for those who may impose and lift them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Q

from django_convo.exceptions import Denied, InvalidReference, NotFound
from django_convo.models import Departure, Report, Sanction, SanctionQuerySet
from django_convo.policy import allows, authorize, capabilities, capabilities_in, get_policy

from .people import find_people, find_person

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

SANCTION_ORDER: Final = ("-pk",)


def sanctions(
    actor: Any,
    *,
    conversation: AbstractConversation | None = None,
    user: Any | None = None,
    is_active: bool | None = None,
) -> SanctionQuerySet:
    """Return what the actor may administer: of one conversation (`participant.sanction` there), else of the site.

    Who sanctions on the site (`user.sanction`) and moderates any conversation is shown those of all conversations
    too. Page it by `SANCTION_ORDER`. Raises Denied.
    """
    rows = _with_people()
    if conversation is not None:
        authorize(actor, capabilities.PARTICIPANT_SANCTION, conversation=conversation)
        rows = rows.filter(conversation=conversation.pk)
    else:
        authorize(actor, capabilities.USER_SANCTION)
        if not allows(actor, capabilities.MODERATE_ANY):
            rows = rows.filter(conversation=None)
    if user is not None:
        rows = rows.filter(user=user)
    if is_active is not None:
        in_force = Sanction.objects.active()
        rows = rows.filter(pk__in=in_force) if is_active else rows.exclude(pk__in=in_force)
    return rows


def find_sanction(actor: Any, sanction_id: UUID) -> Sanction:
    """Return one sanction that the actor may administer; raises NotFound for every other."""
    known = Q(conversation__in=get_policy().visible_conversations(actor))
    if allows(actor, capabilities.USER_SANCTION):
        known |= Q(conversation=None)
    sanction = _with_people().filter(known, pk=sanction_id).first()
    if sanction is None or not _may_sanction(actor, sanction.conversation, sanction.user):
        raise NotFound
    return sanction


def find_target(actor: Any, conversation: AbstractConversation | None, key: Any) -> Any:
    """Return a user to sanction: one whom the policy shows; in a conversation also who takes part, or has left it.

    On the site also who was reported, for those who review reports. Raises InvalidReference; Denied where the actor
    may sanction nobody there, so that the ids tell nothing.
    """
    if conversation is None:
        authorize(actor, capabilities.USER_SANCTION)
        return _find_anybody(actor, key)
    authorize(actor, capabilities.PARTICIPANT_SANCTION, conversation=conversation)
    try:
        return find_person(actor, conversation, key)
    except InvalidReference:
        departure = Departure.objects.filter(conversation=conversation.pk, user=key).select_related("user").first()
        if departure is None:
            raise
        return departure.user


def sanctionable(actor: Any, keys: Collection[UUID]) -> set[UUID]:
    """Return in which of the conversations with these keys the actor may sanction somebody; at most three queries."""
    rows = list(get_policy().visible_conversations(actor).filter(pk__in=keys)) if keys else []
    granted = capabilities_in(actor, rows)
    return {key for key, names in granted.items() if capabilities.PARTICIPANT_SANCTION in names}


def _find_anybody(actor: Any, key: Any) -> Any:
    try:
        people = find_people(actor, [key])
    except InvalidReference:
        reported = Report.objects.filter(reported_user=key).select_related("reported_user")
        report = reported.first() if allows(actor, capabilities.REPORT_REVIEW) else None
        if report is None:
            raise
        return report.reported_user
    return people[0] if people else actor


def _with_people() -> SanctionQuerySet:
    return Sanction.objects.select_related("user", "created_by", "lifted_by", "conversation")


def _may_sanction(actor: Any, conversation: AbstractConversation | None, user: Any) -> bool:
    if conversation is None:
        return True
    try:
        authorize(actor, capabilities.PARTICIPANT_SANCTION, conversation=conversation, users=[user])
    except Denied:
        return False
    return True
