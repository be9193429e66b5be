"""The closed list of what may be allowed or refused. `docs/reference/capabilities.md` explains each."""

from __future__ import annotations

from typing import Final

CREATE_DIRECT: Final = "conversation.create_direct"
CREATE_GROUP: Final = "conversation.create_group"
CREATE_CHANNEL: Final = "conversation.create_channel"
CONTACT: Final = "conversation.contact"
JOIN: Final = "conversation.join"
VIEW_ANY: Final = "conversation.view_any"
MODERATE_ANY: Final = "conversation.moderate_any"
UPDATE: Final = "conversation.update"
CLOSE: Final = "conversation.close"
DELETE: Final = "conversation.delete"
PARTICIPANT_ADD: Final = "participant.add"
PARTICIPANT_REMOVE: Final = "participant.remove"
PARTICIPANT_SET_ROLE: Final = "participant.set_role"
MESSAGE_SEND: Final = "message.send"
USER_ADMINISTER: Final = "user.administer"

# Need a role in the conversation as well as a site role.
IN_CONVERSATION: Final = frozenset(
    {UPDATE, CLOSE, DELETE, PARTICIPANT_ADD, PARTICIPANT_REMOVE, PARTICIPANT_SET_ROLE, MESSAGE_SEND}
)
# Powers over other people's conversations and accounts.
ADMINISTRATIVE: Final = frozenset({VIEW_ANY, MODERATE_ANY, USER_ADMINISTER})
# What whoever registers can do, as far as their role in a conversation goes.
ORDINARY: Final = IN_CONVERSATION | {CREATE_DIRECT, CREATE_GROUP, CREATE_CHANNEL, CONTACT, JOIN}
ALL: Final = ORDINARY | ADMINISTRATIVE
# What `conversation.moderate_any` allows without being a participant: members, closing, deleting; no bodies.
MODERATED: Final = frozenset({CLOSE, DELETE, PARTICIPANT_ADD, PARTICIPANT_REMOVE, PARTICIPANT_SET_ROLE})
# What a conversation's JSON lists as the caller's `capabilities`.
SHOWN: Final = IN_CONVERSATION | {JOIN}
