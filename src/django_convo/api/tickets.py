"""`POST /ticket/`: what opens one socket for a client whose login cannot travel with it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.db.models import Model
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.selectors.logins import SESSION, keeps_sessions

from .base import ConvoViewSet


class TicketSerializer(serializers.Serializer[Any]):
    """Sent as the subprotocol `ticket.<ticket>` beside `convo.v1`, once, within `CONVO_TICKET_LIFETIME`."""

    ticket = serializers.CharField()


class TicketViewSet(ConvoViewSet):
    """Tickets of the caller's."""

    noun = "tickets"
    throttle_scopes = {"create": "ticket"}

    def get_answer_class(self) -> type[TicketSerializer]:
        """Return the shape of the answer."""
        return TicketSerializer

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Issue a ticket; the connection that it opens ends with the login by which it was asked for."""
        kind, key = known_by(request)
        ticket = actions.issue_ticket(actor=request.user, login_kind=kind, login_key=key)
        return Response({"ticket": ticket}, status=201)


def known_by(request: Request) -> tuple[str, str]:
    """Return by what the caller is known: kind and key of a token's row or a session; neither with a password."""
    token: Any = request.auth
    if isinstance(token, Model):
        return token._meta.label, str(token.pk)
    session: Any = getattr(request, "session", None)
    is_session = token is None and session is not None and session.get(SESSION_KEY) == str(request.user.pk)
    if is_session and keeps_sessions():
        return SESSION, str(session.session_key)
    return "", ""
