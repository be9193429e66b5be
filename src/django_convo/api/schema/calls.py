"""What no view says of its calls, by noun and view action: parameters, errors, and what an answer is."""

from __future__ import annotations

from typing import Any, Final

from django_convo.api.base import LARGEST_NUMBER
from django_convo.types import AuditAction, ConversationKind, MessageKind, ReportStatus, ScheduledStatus

UUID: Final = {"type": "string", "format": "uuid"}
TIME: Final = {"type": "string", "format": "date-time"}
NUMBER: Final = {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER}
FLAG: Final = {"type": "boolean"}
TEXT: Final = {"type": "string"}
# A key of the host's user model, whose shape is looked up when the document is made.
USER: Final[dict[str, Any]] = {}
THREAD: Final = {"anyOf": [UUID, {"type": "string", "enum": ["none"]}]}


def one_of(choices: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(choices.values)}


# Query parameters besides those of pages, by noun and view action.
QUERY: Final[dict[tuple[str, str], dict[str, dict[str, Any]]]] = {
    ("conversations", "list"): {
        "kind": one_of(ConversationKind),
        "unread": FLAG,
        "archived": FLAG,
        "pinned": FLAG,
        "joined": FLAG,
        "participant": USER,
        "subject_type": TEXT,
        "subject_id": TEXT,
        "search": TEXT,
    },
    ("messages", "list"): {
        "conversation_id": UUID,
        "sender": USER,
        "sent_after": TIME,
        "sent_before": TIME,
        "kind": one_of(MessageKind),
        "saved": FLAG,
        "mentions_me": FLAG,
        "thread_root": THREAD,
        "has_attachment": FLAG,
        "search": TEXT,
    },
    ("messages", "by_conversation"): {"conversation_id": UUID},
    ("events", "list"): {"after": NUMBER, "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER}},
    ("scheduled", "list"): {"status": one_of(ScheduledStatus)},
    ("reports", "list"): {"status": one_of(ReportStatus)},
    ("sanctions", "list"): {"conversation_id": UUID, "user": USER, "active": FLAG},
    ("audit", "list"): {
        "action": one_of(AuditAction),
        "actor": USER,
        "user": USER,
        "conversation_id": UUID,
    },
    ("users", "list"): {"search": TEXT},
    ("search", "list"): {"q": TEXT, "conversation_id": UUID, "sender": USER},
    ("stream", "retrieve"): {"cursor": TEXT},
    ("attachments", "download"): {"token": TEXT, "thumbnail": FLAG},
}
# Parameters by which words are searched for, which is counted against a limit.
SEARCHED: Final = frozenset({"q", "search"})
REQUIRED: Final = {("messages", "by_conversation", "conversation_id"), ("search", "list", "q")}
# Calls that may contradict an earlier one, and those that the settings may switch off.
CONFLICTING: Final = {
    ("conversations", "create"),
    ("messages", "create"),
    ("conversation_messages", "create"),
    ("forward", "create"),
    ("users", "create"),
    ("users", "update"),
    ("users", "partial_update"),
    ("users", "destroy"),
}
# View actions whose answers are pages.
LISTING: Final = {"list", "by_conversation", "revisions", "replies"}
# Taken off something, which answers as it is without it.
LEAVING: Final = {(noun, "destroy") for noun in ("reactions", "pins", "saved", "drafts")}
SENDING: Final = {("messages", "create"), ("conversation_messages", "create")}
SWITCHED: Final = {(noun, action) for noun, action in CONFLICTING if noun == "users"}
# Answer 200 where there is nothing left to create: the direct is there, the message was sent.
REPEATABLE: Final = {
    ("conversations", "create"),
    ("messages", "create"),
    ("conversation_messages", "create"),
    ("forward", "create"),
    ("reports", "create"),
    ("sanctions", "create"),
}
CREATING: Final = REPEATABLE | {("users", "create"), ("attachments", "create"), ("tickets", "create")}
# Answers with a file, and to whoever has its signed address.
DOWNLOADING: Final = ("attachments", "download")
# 404 without an id in the path: the conversation is named by a parameter or the body.
NAMING: Final = {
    ("messages", "create"),
    ("messages", "by_conversation"),
    ("sanctions", "list"),
    ("sanctions", "create"),
}
# Answer nothing but that it is done.
SILENT: Final = {("blocks", "update"), ("typing", "create")}
# Answers with events for as long as both sides like, or with 501.
STREAMING: Final = ("stream", "retrieve")
ERRORS: Final = {
    400: "The request is not valid.",
    401: "Nobody is logged in.",
    403: "Not allowed.",
    404: "Not there, or not for the caller to see.",
    405: "Switched off in this installation.",
    406: "There is no answer in a type that Accept names.",
    409: "Contradicts what is there.",
    413: "The body is too large.",
    415: "The body is of another type.",
    429: "Too many requests; Retry-After says when to come back.",
    501: "This server cannot hold a stream open: poll /sync/.",
    503: "Busy, and nothing was written; Retry-After says when to try again.",
}
