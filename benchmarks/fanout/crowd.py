"""One conversation with everybody in it, each with a session of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from django_convo import actions
from django_convo.models import Participant, get_conversation_model

_BATCH = 1000


def make_crowd(members: int) -> dict[str, Any]:
    """Make so many members beside the sender; returns their cookies, and the keys of sender and conversation."""
    model: Any = get_user_model()
    users = [
        model(first_name=f"User{number}", last_name="Tester", email=f"{uuid4()}@example.com")
        for number in range(members + 1)
    ]
    model._default_manager.bulk_create(users, batch_size=_BATCH)
    sender, *others = users
    conversation = actions.create_conversation(actor=sender, participants=[], kind="group", title="Everybody")[0]
    Participant.objects.bulk_create(
        [Participant(conversation=conversation, user=user) for user in others], batch_size=_BATCH
    )
    rows = get_conversation_model()._default_manager.filter(pk=conversation.pk)
    rows.update(participant_count=len(users))
    return {"sender": str(sender.pk), "conversation": str(conversation.pk), "cookies": _log_in(others)}


def _log_in(users: list[Any]) -> list[str]:
    store = SessionStore()
    until = timezone.now() + timedelta(days=1)
    sessions = [
        Session(session_key=uuid4().hex, session_data=store.encode(_login(user)), expire_date=until) for user in users
    ]
    Session.objects.bulk_create(sessions, batch_size=_BATCH)
    return [f"{settings.SESSION_COOKIE_NAME}={session.session_key}" for session in sessions]


def _login(user: Any) -> dict[str, str]:
    return {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
