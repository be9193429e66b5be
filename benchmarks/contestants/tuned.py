"""The same answers as naive, by somebody who knows Django well: joins, prefetches, annotations, no counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.shortcuts import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_convo.models import Attachment, Mention, Participant, Reaction, get_conversation_model, get_message_model

from . import serializers as plain

_LIMIT = 50


class ConversationSerializer(plain.ConversationSerializer):
    """Shows what the view has read for the whole page."""

    def get_participants(self, conversation: Any) -> Any:
        return plain.ParticipantSerializer(conversation.first, many=True).data

    def get_last_message(self, conversation: Any) -> Any:
        message = self.context["last"].get(conversation.last_message_id)
        return None if message is None else plain.MessageSerializer(message).data

    def get_unread_count(self, conversation: Any) -> int:
        return int(conversation.unread)


class FullMessageSerializer(plain.FullMessageSerializer):
    """Shows what the view has read for the whole page."""

    def get_reactions(self, message: Any) -> Any:
        return plain.ReactionSerializer(self.context["reactions"].get(message.pk, []), many=True).data

    def get_attachments(self, message: Any) -> Any:
        return plain.AttachmentSerializer(self.context["attachments"].get(message.pk, []), many=True).data

    def get_mentions(self, message: Any) -> Any:
        return plain.MentionSerializer(self.context["mentions"].get(message.pk, []), many=True).data


class Inbox(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        """Return a page in three queries."""
        limit = int(request.query_params["limit"])
        own = Q(convo_participant__user=request.user)
        unread = F("count_seq") - F("convo_participant__read_count_seq")
        rows = get_conversation_model()._default_manager.filter(own).annotate(unread=unread)
        page = list(rows.select_related("created_by").order_by("-last_message_at", "-pk")[:limit])
        first = _grouped(_first_participants(page), "conversation_id")
        for row in page:
            row.first = first.get(row.pk, [])
        last = _with_senders().in_bulk([row.last_message_id for row in page])
        return Response({"results": ConversationSerializer(page, many=True, context={"last": last}).data})


class Messages(APIView):
    permission_classes = (IsAuthenticated,)
    is_full = False

    def get(self, request: Request, conversation_id: str) -> Response:
        """Return a page in two queries, by the number of a message, and in full three more."""
        get_object_or_404(Participant, conversation=conversation_id, user=request.user)
        rows = _with_senders().filter(conversation=conversation_id)
        if "before" in request.query_params:
            rows = rows.filter(seq__lt=int(request.query_params["before"]))
        if "around" in request.query_params:
            rows = rows.filter(seq__lte=int(request.query_params["around"]) + _LIMIT // 2)
        page = list(rows.order_by("-seq")[:_LIMIT])
        if not self.is_full:
            return Response({"results": plain.MessageSerializer(page, many=True).data})
        context = {
            "reactions": _grouped(Reaction.objects.filter(message__in=page), "message_id"),
            "attachments": _grouped(Attachment.objects.filter(message__in=page).order_by("position"), "message_id"),
            "mentions": _grouped(Mention.objects.filter(message__in=page).select_related("user"), "message_id"),
        }
        return Response({"results": FullMessageSerializer(page, many=True, context=context).data})


class FullMessages(Messages):
    is_full = True


class Unread(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        """Return two sums over counters."""
        waiting = F("conversation__count_seq") - F("read_count_seq")
        rows = Participant.objects.filter(user=request.user)
        return Response(
            rows.aggregate(
                conversations=Count("pk", filter=Q(conversation__count_seq__gt=F("read_count_seq"))),
                messages=Sum(waiting),
            )
        )


def _with_senders() -> QuerySet[Any]:
    return get_message_model()._default_manager.select_related("sender", "reply_to__sender")


def _first_participants(page: list[Any]) -> QuerySet[Any]:
    place = Window(RowNumber(), partition_by=F("conversation"), order_by=F("pk").asc())
    rows = Participant.objects.filter(conversation__in=page).select_related("user")
    return rows.annotate(place=place).filter(place__lte=10).order_by("pk")


def _grouped(rows: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found
