"""`POST /sync/`: everything that a client has missed, whatever it was doing."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import selectors
from django_convo.conf import settings

from .base import LARGEST_NUMBER, ConvoViewSet, rendered
from .conversations import ConversationSerializer
from .frames import FrameSerializer, render_frames

# More than a screen of conversations; a client that holds more asks in turns.
MOST_HEADS: Final = 500


class HeadsField(serializers.DictField):
    """The last `event_seq` that a client has, by conversation."""

    child = serializers.IntegerField(min_value=0, max_value=LARGEST_NUMBER)

    def to_internal_value(self, data: Any) -> dict[UUID, int]:
        if isinstance(data, dict) and len(data) > MOST_HEADS:
            raise serializers.ValidationError(
                _("Ask for at most {limit} conversations at a time.").format(limit=MOST_HEADS), code="too_many_heads"
            )
        heads: dict[str, int] = super().to_internal_value(data)
        try:
            return {UUID(key): head for key, head in heads.items()}
        except ValueError as error:
            raise serializers.ValidationError(_("A head is named by a conversation's id."), code="invalid") from error


class SyncRequestSerializer(serializers.Serializer[Any]):
    """Where the client stands; without a cursor, nowhere."""

    cursor = serializers.CharField(required=False, allow_null=True)
    heads = HeadsField(required=False, allow_null=True)


class SyncSerializer(serializers.Serializer[Any]):
    """What the client has missed; while there is `more`, it asks again at once, with the cursor."""

    conversations = ConversationSerializer(many=True)
    events = serializers.DictField(child=FrameSerializer(many=True))
    limited = serializers.ListField(child=serializers.UUIDField())
    removed = serializers.ListField(child=serializers.UUIDField())
    cursor = serializers.CharField()
    more = serializers.BooleanField()
    epoch = serializers.CharField()


class SyncViewSet(ConvoViewSet):
    """Catching up over all of one's conversations."""

    noun = "sync"
    inputs = {"create": SyncRequestSerializer}

    def get_answer_class(self) -> type[SyncSerializer]:
        """Return the shape of the answer."""
        return SyncSerializer

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Return a page of what changed, and the events that follow the heads."""
        asked = self.parse()
        changes = selectors.changes(
            request.user,
            position=read_cursor(request.user, asked.get("cursor")),
            heads=asked.get("heads") or {},
            limit=settings.PAGE_SIZE,
        )
        selectors.decorate(request.user, changes.conversations)
        context = dict(self.get_serializer_context())
        events = [event for log in changes.logs.values() for event in log.events]
        replayed: dict[str, list[Any]] = {str(key): [] for key in changes.logs}
        for frame in render_frames(events, conversations=changes.known, context=context):
            replayed[frame["conversation_id"]].append(frame)
        return Response(
            {
                "conversations": rendered("conversation", changes.conversations, context=context, many=True),
                "events": replayed,
                "limited": [str(key) for key in changes.limited],
                "removed": [str(key) for key in changes.removed],
                "cursor": write_cursor(request.user, changes.position),
                "more": changes.more,
                "epoch": settings.EPOCH,
            }
        )


def read_heads(data: Any) -> dict[UUID, int] | None:
    """Return the heads that a frame gives; none where it gives none, and None for what are no heads."""
    try:
        return {} if data is None else HeadsField().run_validation(data)
    except serializers.ValidationError:
        return None


def _salt(user: Any) -> str:
    # The user is part of the salt: another user's cursor fails as an altered one does.
    return f"django_convo.sync:{user.pk}"


def write_cursor(user: Any, position: selectors.Position) -> str:
    """Return where a client stands, signed for the user."""
    key = position.conversation_id
    moments = (position.since, position.started, position.moved_at)
    values = [moment and moment.isoformat() for moment in moments]
    return signing.dumps([settings.EPOCH, *values, key and key.hex], salt=_salt(user))


def read_cursor(user: Any, cursor: str | None) -> selectors.Position | None:
    """Return the position, or None for the beginning.

    A cursor of another epoch begins anew: the times in it are of a database that is no more. One that is older than
    the log is refused, since what was left before then is no longer known. Raises ParseError (`invalid_cursor`).
    """
    if not cursor:
        return None
    try:
        epoch, since, started, moved_at, key = signing.loads(cursor, salt=_salt(user))
    except (signing.BadSignature, ValueError) as error:
        raise _invalid_cursor() from error
    if epoch != settings.EPOCH:
        return None
    position = selectors.Position(
        since=since and datetime.fromisoformat(since),
        started=started and datetime.fromisoformat(started),
        moved_at=moved_at and datetime.fromisoformat(moved_at),
        conversation_id=key and UUID(key),
    )
    if position.is_expired:
        raise _invalid_cursor()
    return position


def _invalid_cursor() -> ParseError:
    return ParseError(_("This cursor is not valid. Start without one."), code="invalid_cursor")
