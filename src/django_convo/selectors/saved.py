"""What concerns a user alone: the messages that they have saved, and those that name them."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from django_convo.models import Mention, Participant, SavedMessage


def is_saved(actor: Any, wanted: bool) -> Q:
    """Return the filter for messages that the actor has saved, those deleted since left out; or for all others.

    Asked by key: a few saved messages are looked up one by one, however many there are to see.
    """
    saved = SavedMessage.objects.filter(user=actor)
    if wanted:
        return Q(pk__in=saved.values("message"), deleted_at=None)
    return ~Q(Exists(saved.filter(message=OuterRef("pk"))))


def is_mention(actor: Any, wanted: bool) -> Q:
    """Return the filter for messages that count as a mention of the actor, or for all others.

    As `MessageQuerySet.mentioning`, but from the mentions to the messages: those of the actor by name, and those of
    everyone in the conversations of the actor.
    """
    own = Participant.objects.filter(user=actor).values("conversation")
    by_name, of_all = Mention.objects.filter(user=actor), Mention.objects.filter(user=None, conversation__in=own)
    others = Q(sender=None) | ~Q(sender=actor)
    if wanted:
        # A union, since each half has its part of the index; an OR of the two would be asked of every message.
        named = by_name.values("message").union(of_all.values("message"), all=True)
        return Q(others, pk__in=named, deleted_at=None)
    here = Mention.objects.filter(Q(user=actor) | Q(user=None), message=OuterRef("pk"))
    return ~Q(Q(others) & Q(Exists(here)), deleted_at=None)
