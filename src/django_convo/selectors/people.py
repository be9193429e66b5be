"""Users as one conversation partner may find another: by id, through the policy, or as fellow participants."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from django_convo.exceptions import Denied, InvalidReference, NotFound
from django_convo.models import Departure, Participant
from django_convo.policy import allows, authorize, capabilities, get_policy

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation


def find_people(actor: Any, keys: Collection[Any]) -> list[Any]:
    """Return the users with these primary keys, oneself and repetitions left out, in the order given.

    Raises InvalidReference where one is unknown or not visible to the actor.
    """
    wanted = [key for key in dict.fromkeys(keys) if key != actor.pk]
    if not wanted:
        return []
    found = {user.pk: user for user in get_policy().visible_users(actor).filter(pk__in=wanted)}
    if len(found) != len(wanted):
        raise InvalidReference
    return [found[key] for key in wanted]


def find_person(actor: Any, conversation: AbstractConversation, key: Any) -> Any:
    """Return a user to add: a participant, whom every member sees, else one whom the policy shows.

    Raises InvalidReference.
    """
    if may_see_members(actor, conversation):
        participant = participants(conversation).filter(user=key).first()
        if participant is not None:
            return participant.user
    user = get_policy().visible_users(actor).filter(pk=key).first()
    if user is None:
        raise InvalidReference
    return user


def find_removable(actor: Any, conversation: AbstractConversation, key: Any) -> Any:
    """Return a user to remove: as `find_person`, and, to those who may remove, also one who has left already.

    A removal that is repeated must not fail only because the first one took the user out of sight. Raises
    InvalidReference.
    """
    try:
        return find_person(actor, conversation, key)
    except InvalidReference:
        departure = Departure.objects.filter(conversation=conversation.pk, user=key).select_related("user").first()
        if departure is None or not _may_remove(actor, conversation, departure.user):
            raise
        return departure.user


def _may_remove(actor: Any, conversation: AbstractConversation, user: Any) -> bool:
    try:
        authorize(actor, capabilities.PARTICIPANT_REMOVE, conversation=conversation, users=[user])
    except Denied:
        return False
    return True


def may_see_members(actor: Any, conversation: AbstractConversation) -> bool:
    """Say whether the actor may know who takes part: members, and those who moderate or view any conversation."""
    if conversation.membership_of(actor) is not None:
        return True
    powers = (capabilities.MODERATE_ANY, capabilities.VIEW_ANY)
    return any(allows(actor, power) for power in powers)


def find_participants(actor: Any, conversation: AbstractConversation) -> QuerySet[Participant]:
    """Return the participants with their users; raises Denied where the actor may not know them."""
    if not may_see_members(actor, conversation):
        raise Denied
    return participants(conversation)


def find_participant(actor: Any, conversation: AbstractConversation, key: Any) -> Participant:
    """Return one participant with their user; raises Denied, and NotFound where there is none."""
    participant = find_participants(actor, conversation).filter(user=key).first()
    if participant is None:
        raise NotFound
    return participant


def participants(conversation: AbstractConversation) -> QuerySet[Participant]:
    """Return the participants with their users, whoever asks."""
    return Participant.objects.filter(conversation=conversation.pk).select_related("user")
