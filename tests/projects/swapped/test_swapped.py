"""A host works with the columns that it has added as with any of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.api.messages import MessageSerializer
from tests.people import make_direct, make_user
from tests.projects.swapped.models import Conversation, Message

pytestmark = pytest.mark.django_db


class MessageInALanguage(MessageSerializer):
    """The host's own shape of a message."""

    language = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {**super().to_representation(instance), "language": instance.language}


@pytest.fixture
def direct() -> Any:
    return make_direct(make_user("ada"), make_user("bob"))


def test_added_columns_are_the_hosts_to_write_and_to_filter_by(direct: Any) -> None:
    message = actions.send_message(actor=None, conversation=direct, body="Willkommen")
    Conversation.objects.filter(pk=direct.pk).update(priority=7)
    Message.objects.filter(pk=message.pk).update(language="de")
    assert Message.objects.filter(language="de", conversation__priority=7).get() == message


def test_a_send_writes_added_columns_as_they_are_by_default(direct: Any) -> None:
    sender = direct.created_by
    Conversation.objects.filter(pk=direct.pk).update(priority=7)
    with CaptureQueriesContext(connection) as queries:
        message = actions.send_message(actor=sender, conversation=direct, body="Willkommen")
    assert (message.language, message.conversation.priority) == ("en", 7)
    assert Message.objects.get(pk=message.pk).language == "en"
    sent = [query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(sent) == (1 if connection.vendor == "postgresql" else 5)


def test_actions_leave_added_columns_alone(direct: Any) -> None:
    Conversation.objects.filter(pk=direct.pk).update(priority=7)
    for text in ("one", "two"):
        actions.send_message(actor=None, conversation=direct, body=text)
    stored = Conversation.objects.get(pk=direct.pk)
    assert (stored.priority, stored.last_seq) == (7, 2)


def test_answers_show_added_columns_where_the_host_says_so(direct: Any, settings: Any) -> None:
    client = APIClient()
    client.force_authenticate(direct.participants.first())
    actions.send_message(actor=None, conversation=direct, body="hello")
    data = client.get(f"/api/conversations/{direct.pk}/").json()
    assert "priority" not in data
    assert "language" not in data["last_message"]
    settings.CONVO_SERIALIZERS = {"message": f"{__name__}.MessageInALanguage"}
    (message,) = client.get(f"/api/conversations/{direct.pk}/messages/").json()["results"]
    assert message["language"] == "en"
