"""The conversation that is sent to, locked, and in the same statement what there is to know of who sends."""

from __future__ import annotations

from typing import Any, Final

from django.db import connections, router
from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet
from django.utils import timezone

from django_convo.actions.base import lock_conversation
from django_convo.exceptions import NotFound
from django_convo.models import AbstractConversation, get_conversation_model
from django_convo.policy.sanctions import Standing, between_two_apart, sanction_mark
from django_convo.selectors.kept import bound_actor, bound_id, bound_now, kept

_MEMBERSHIP: Final = "sender_membership"
_SANCTION: Final = "sender_sanction"
_IS_APART: Final = "sender_is_apart"


def lock_to_send(
    actor: Any | None, conversation: AbstractConversation
) -> tuple[AbstractConversation, Standing | None]:
    """Return the row, locked as `lock_conversation` does, and the actor's standing where it was read with it.

    Not on PostgreSQL: who waits there for a row gets it as it is by then, and what was joined to it as it was before.
    """
    model = get_conversation_model()
    if actor is None or connections[router.db_for_write(model)].vendor == "postgresql":
        return lock_conversation(conversation), None
    rows = _locked_with_standing().read(conversation=conversation.pk, actor=actor.pk, now=timezone.now())
    if not rows:
        raise NotFound
    facts = rows[0].__dict__
    rows[0].remember_membership(actor, facts.pop(_MEMBERSHIP, None))
    return rows[0], Standing(sanction=facts.pop(_SANCTION), is_apart=facts.pop(_IS_APART))


@kept
def _locked_with_standing() -> QuerySet[AbstractConversation]:
    actor, now = bound_actor(), bound_now()
    facts: dict[str, Any] = {
        _MEMBERSHIP: FilteredRelation("convo_participant", condition=Q(convo_participant__user=actor)),
        _SANCTION: sanction_mark(actor, now),
        _IS_APART: Exists(between_two_apart(actor, OuterRef(OuterRef("pk")))),
    }
    rows: Any = get_conversation_model()._default_manager
    return rows.live().locked().filter(pk=bound_id("conversation")).annotate(**facts).select_related(_MEMBERSHIP)  # type: ignore[no-any-return]
