"""Access that hangs on rows of the host's: saying that it may have changed."""

from __future__ import annotations

from django_convo import events
from django_convo.models import AbstractConversation
from django_convo.types import Hint, HintKind

from .base import Change, action, lock_conversation


@action
def refresh_access(conversation: AbstractConversation) -> AbstractConversation:
    """Say that who sees the conversation may have changed, by rows of the host's that the policy looks at.

    Open connections ask the policy again before the next frame: who sees it no longer is told so and hears nothing
    more, who sees it anew gets all of it. Call it in the transaction that changes those rows. Locks the conversation.
    Raises NotFound. Emits no event: nothing has changed in the conversation itself.
    """
    row = lock_conversation(conversation)
    change = Change(row, None)
    change.move_membership()
    # Moved as by an event, so that the sweep finds what no hint announced.
    change.set(changed_at=change.now)
    change.write()
    events.hint(Hint(kind=HintKind.ACCESS, conversation_id=row.pk), using=str(row._state.db))
    return row
