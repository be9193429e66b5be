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
PARTICIPANT_SANCTION: Final = "participant.sanction"
MESSAGE_SEND: Final = "message.send"
MESSAGE_EDIT: Final = "message.edit"
MESSAGE_DELETE: Final = "message.delete"
MESSAGE_DELETE_ANY: Final = "message.delete_any"
MESSAGE_MENTION_ALL: Final = "message.mention_all"
MESSAGE_PIN: Final = "message.pin"
MESSAGE_REACT: Final = "message.react"
MESSAGE_VIEW_REVISIONS: Final = "message.view_revisions"
REPORT_REVIEW: Final = "report.review"
USER_SANCTION: Final = "user.sanction"
AUDIT_VIEW: Final = "audit.view"
USER_ADMINISTER: Final = "user.administer"

# What a participant does with messages; a sanction that mutes takes it all away.
SPEAKING: Final = frozenset(
    {MESSAGE_SEND, MESSAGE_EDIT, MESSAGE_MENTION_ALL, MESSAGE_PIN, MESSAGE_REACT},
)
# What one may do to one's own messages alone.
OF_ONES_OWN: Final = frozenset({MESSAGE_EDIT, MESSAGE_DELETE})
# Need a role in the conversation as well as a site role.
IN_CONVERSATION: Final = SPEAKING | {
    UPDATE,
    CLOSE,
    DELETE,
    PARTICIPANT_ADD,
    PARTICIPANT_REMOVE,
    PARTICIPANT_SET_ROLE,
    PARTICIPANT_SANCTION,
    MESSAGE_DELETE,
    MESSAGE_DELETE_ANY,
    MESSAGE_VIEW_REVISIONS,
}
# Powers over other people's conversations and accounts.
ADMINISTRATIVE: Final = frozenset(
    {VIEW_ANY, MODERATE_ANY, USER_ADMINISTER, USER_SANCTION, REPORT_REVIEW, AUDIT_VIEW},
)
# What whoever registers can do, as far as their role in a conversation goes.
ORDINARY: Final = IN_CONVERSATION | {CREATE_DIRECT, CREATE_GROUP, CREATE_CHANNEL, CONTACT, JOIN}
ALL: Final = ORDINARY | ADMINISTRATIVE
# What `conversation.moderate_any` allows without being a participant: members, closing, deleting; no bodies.
MODERATED: Final = frozenset(
    {
        CLOSE,
        DELETE,
        PARTICIPANT_ADD,
        PARTICIPANT_REMOVE,
        PARTICIPANT_SET_ROLE,
        PARTICIPANT_SANCTION,
        MESSAGE_DELETE_ANY,
    }
)
# What a conversation's JSON lists as the caller's `capabilities`.
SHOWN: Final = IN_CONVERSATION | {JOIN}
