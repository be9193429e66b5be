"""Participants over REST: pages, adding and removing, joining and leaving, roles."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.models import Participant
from django_convo.selectors import people
from django_convo.selectors.receipts import RECEIPT_MARK
from django_convo.types import ConversationRole

from .base import UserKeyField, path_user_key
from .scoped import ConversationScopedViewSet
from .users import Cards, UserCardSerializer, cards_of


class ParticipantSerializer(serializers.Serializer[Any]):
    """A participant as the others see them; in one's own directs with how far they have read, where that is told.

    The pointers are null where they are not known to the viewer.
    """

    user = UserCardSerializer()
    role = serializers.ChoiceField(choices=ConversationRole.choices)
    last_read_seq = serializers.IntegerField(required=False, allow_null=True)
    last_delivered_seq = serializers.IntegerField(required=False, allow_null=True)

    def to_representation(self, instance: Participant) -> dict[str, Any]:
        return {"user": self._cards.of(instance.user), "role": instance.role, **_pointers(instance)}

    @cached_property
    def _cards(self) -> Cards:
        return cards_of(self.context)


def _pointers(participant: Participant) -> dict[str, int | None]:
    """Return how far a participant has read, as `selectors.decorate` says; nothing where it does not concern them."""
    shown = participant.__dict__.get(RECEIPT_MARK)
    if shown is None:
        return {}
    return {
        "last_read_seq": participant.last_read_seq if shown else None,
        "last_delivered_seq": participant.last_delivered_seq if shown else None,
    }


class RemoveSerializer(serializers.Serializer[Any]):
    """Who is to go."""

    user_id = UserKeyField()


class AddSerializer(RemoveSerializer):
    """Who is to come, and as what."""

    role = serializers.ChoiceField(choices=ConversationRole.choices, default=ConversationRole.MEMBER.value)


class RoleSerializer(serializers.Serializer[Any]):
    """The role that a participant is to have."""

    role = serializers.ChoiceField(choices=ConversationRole.choices)


class ParticipantViewSet(ConversationScopedViewSet):
    """Who is in a conversation."""

    noun = "participants"
    inputs = {"add": AddSerializer, "remove": RemoveSerializer, "partial_update": RoleSerializer}
    outputs = {
        "list": "participant",
        "partial_update": "participant",
        "add": "conversation",
        "remove": "conversation",
        "join": "conversation",
        "leave": "conversation",
    }
    # In the order of joining.
    keyset_order = ("pk",)

    def get_queryset(self) -> QuerySet[Participant]:
        """Return the participants, to whom may know them."""
        return people.find_participants(self.request.user, self.get_conversation())

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the participants in the order in which they joined."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))

    def partial_update(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        """Change a participant's role."""
        conversation = self.get_conversation()
        participant = people.find_participant(request.user, conversation, path_user_key(user_id))
        role = self.parse()["role"]
        changed = actions.change_role(actor=request.user, conversation=conversation, user=participant.user, role=role)
        # The row that the action read knows its user only by key.
        changed.user = participant.user
        return self.render(changed)

    def add(self, request: Request, **kwargs: Any) -> Response:
        """Add a user; nothing changes where they take part already."""
        conversation, fields = self.get_conversation(), self.parse()
        user = people.find_person(request.user, conversation, fields["user_id"])
        return self.render_conversation(
            actions.add_participant(actor=request.user, conversation=conversation, user=user, role=fields["role"])
        )

    def remove(self, request: Request, **kwargs: Any) -> Response:
        """Remove a user, or leave; nothing changes where they take no part."""
        conversation = self.get_conversation()
        user = people.find_removable(request.user, conversation, self.parse()["user_id"])
        return self.render_conversation(
            actions.remove_participant(actor=request.user, conversation=conversation, user=user)
        )

    def join(self, request: Request, **kwargs: Any) -> Response:
        """Join a channel."""
        conversation = self.get_conversation()
        return self.render_conversation(actions.join(actor=request.user, conversation=conversation))

    def leave(self, request: Request, **kwargs: Any) -> Response:
        """Leave; the last owner's leaving hands ownership on."""
        conversation = self.get_conversation()
        return self.render_conversation(actions.leave(actor=request.user, conversation=conversation))
