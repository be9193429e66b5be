"""The host's functions that see each message before it is written (`CONVO_MESSAGE_HOOKS`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import import_string

from django_convo.conf import settings
from django_convo.models import AbstractConversation, AbstractMessage


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingMessage:
    """What a user is about to send, or what an edit is about to make of a message.

    `edited` is the message as it stands, and None for a new one.
    """

    actor: Any
    conversation: AbstractConversation
    body: str
    metadata: Mapping[str, Any]
    edited: AbstractMessage | None = None


def run_hooks(outgoing: OutgoingMessage) -> OutgoingMessage:
    """Return what the hooks make of a message, one after another.

    A hook returns None to accept, or another OutgoingMessage (`dataclasses.replace`) to rewrite `body` and `metadata`,
    and raises `Denied(code, detail)` to refuse with a reason. Whatever else it raises aborts the send and leaves
    nothing. Hooks run within the transaction, while the conversation is locked: others wait for them. They are not
    asked about what the host itself sends.
    """
    for path in settings.MESSAGE_HOOKS:
        outgoing = import_string(path)(outgoing) or outgoing
    return outgoing
