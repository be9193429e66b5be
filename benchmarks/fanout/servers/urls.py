"""The routes of ours, and one on which the server itself sends a message."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from benchmarks.fanout.frames import stamped_body
from django_convo import actions
from django_convo.models import get_conversation_model


def publish(request: HttpRequest) -> HttpResponse:
    """Send a message in the process that delivers it."""
    sender, conversation = _talk()
    actions.send_message(actor=sender, conversation=conversation, body=stamped_body())
    return HttpResponse()


@lru_cache(maxsize=1)
def _talk() -> tuple[Any, Any]:
    sender = get_user_model()._default_manager.get(pk=os.environ["CONVO_FANOUT_SENDER"])
    return sender, get_conversation_model()._default_manager.get(pk=os.environ["CONVO_FANOUT_CONVERSATION"])


urlpatterns = [path("api/", include("django_convo.urls")), path("publish/", publish)]
