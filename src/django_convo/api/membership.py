"""One's own state in a conversation over REST: what is archived, pinned, muted, and how far one has read."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.exceptions import Denied
from django_convo.models import AbstractConversation, Participant
from django_convo.types import ConversationRole, NotifyLevel

from .base import LARGEST_NUMBER, MomentField, rendered, stamp
from .drafts import DraftSerializer, draft_of
from .scoped import ConversationScopedViewSet


class MembershipSerializer(serializers.Serializer[Any]):
    """One's own participant row, as it stands in a conversation's JSON."""

    role = serializers.ChoiceField(choices=ConversationRole.choices)
    joined_at = serializers.DateTimeField()
    last_read_seq = serializers.IntegerField()
    read_count_seq = serializers.IntegerField()
    muted_until = serializers.DateTimeField(allow_null=True)
    archived_at = serializers.DateTimeField(allow_null=True)
    pinned_at = serializers.DateTimeField(allow_null=True)
    notify = serializers.ChoiceField(choices=NotifyLevel.choices)
    draft = DraftSerializer(allow_null=True)

    def to_representation(self, instance: Participant) -> dict[str, Any]:
        return {
            "role": instance.role,
            "joined_at": stamp(instance.joined_at),
            "last_read_seq": instance.last_read_seq,
            "read_count_seq": instance.read_count_seq,
            "muted_until": stamp(instance.muted_until),
            "archived_at": stamp(instance.archived_at),
            "pinned_at": stamp(instance.pinned_at),
            "notify": instance.notify,
            "draft": None if instance.own_draft is None else draft_of(instance.own_draft),
        }


class MembershipStateSerializer(MembershipSerializer):
    """One's own participant row with its counts, as it stands alone."""

    conversation_id = serializers.UUIDField()
    unread_count = serializers.IntegerField()
    mention_count = serializers.IntegerField()

    def to_representation(self, instance: Participant) -> dict[str, Any]:
        membership: dict[str, Any] = rendered("membership", instance, context=self.context)
        return {
            "conversation_id": str(instance.conversation_id),
            **membership,
            **counts(instance.conversation, instance),
        }


def counts(conversation: AbstractConversation, participant: Participant | None) -> dict[str, int]:
    """Return what waits for a participant: two counters of the server's, never a count over messages."""
    if participant is None:
        return {"unread_count": 0, "mention_count": 0}
    return {
        "unread_count": conversation.count_seq - participant.read_count_seq,
        "mention_count": participant.mention_count,
    }


class MembershipChangeSerializer(serializers.Serializer[Any]):
    """What one may change of it; what is left out stays."""

    archived = serializers.BooleanField(required=False)
    pinned = serializers.BooleanField(required=False)
    muted_until = MomentField(required=False, allow_null=True)
    notify = serializers.ChoiceField(choices=NotifyLevel.choices, required=False)


class ReadSerializer(serializers.Serializer[Any]):
    """How far one has read; to the end, where nothing is said."""

    seq = serializers.IntegerField(min_value=0, max_value=LARGEST_NUMBER, required=False, allow_null=True)


class UnreadSerializer(serializers.Serializer[Any]):
    """From which message on everything is to be unread."""

    seq = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)


class MembershipViewSet(ConversationScopedViewSet):
    """One's own row of a conversation."""

    noun = "membership"
    inputs = {"partial_update": MembershipChangeSerializer, "read": ReadSerializer, "unread": UnreadSerializer}
    outputs = dict.fromkeys(("retrieve", "partial_update", "read", "unread"), "membership_state")

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Return one's own row."""
        conversation = self.get_conversation()
        participant = conversation.membership_of(request.user)
        if participant is None:
            raise Denied
        participant.conversation = conversation
        return self.render(participant)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Archive, pin, mute, or choose what to be told of."""
        return self.render(
            actions.update_membership(actor=request.user, conversation=self.get_conversation(), **self.parse())
        )

    def read(self, request: Request, **kwargs: Any) -> Response:
        """Mark as read up to a message, or to the end."""
        conversation = self.get_conversation()
        seq = self.parse().get("seq")
        return self.render(actions.mark_read(actor=request.user, conversation=conversation, seq=seq))

    def unread(self, request: Request, **kwargs: Any) -> Response:
        """Mark a message and all after it as unread."""
        conversation = self.get_conversation()
        seq = self.parse()["seq"]
        return self.render(actions.mark_unread(actor=request.user, conversation=conversation, seq=seq))
