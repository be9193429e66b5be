"""The models that the settings name are the ones that are written, and ours have no table where they are swapped."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from django_convo import actions
from django_convo.models import Conversation, Message, Participant, get_conversation_model, get_message_model

# What the test projects add to their own models, and what a row holds where nobody sets it.
ADDED = {"priority": 0, "language": "en"}
pytestmark = pytest.mark.django_db(transaction=True)


def added_columns(row: Any) -> dict[str, Any]:
    names = {field.name for field in row._meta.concrete_fields}
    return {name: getattr(row, name) for name in ADDED if name in names}


@pytest.mark.parametrize(("model", "setting"), [(Conversation, "CONVERSATION_MODEL"), (Message, "MESSAGE_MODEL")])
def test_unswapped_model_has_a_table_only_where_it_is_in_use(model: Any, setting: str) -> None:
    is_in_use = getattr(settings, f"CONVO_{setting}") == model._meta.label
    assert (model._meta.db_table in connection.introspection.table_names()) == is_in_use


def test_actions_write_rows_of_the_models_in_use(ada: Any, bob: Any) -> None:
    direct, _ = actions.create_conversation(actor=ada, participants=[bob])
    message = actions.send_message(actor=ada, conversation=direct, body="hello")
    assert (type(direct), type(message)) == (get_conversation_model(), get_message_model())
    assert direct._meta.label == settings.CONVO_CONVERSATION_MODEL
    assert message._meta.label == settings.CONVO_MESSAGE_MODEL
    for row in (direct, message):
        stored = type(row)._default_manager.get(pk=row.pk)
        is_ours = row._meta.app_label == "django_convo"
        assert added_columns(stored).items() <= ADDED.items()
        assert bool(added_columns(stored)) is not is_ours


def test_participants_are_a_relation_of_the_model_in_use(ada: Any, bob: Any, cyd: Any) -> None:
    direct, _ = actions.create_conversation(actor=ada, participants=[bob])
    actions.create_conversation(actor=bob, participants=[cyd])
    of_ada = get_conversation_model()._default_manager.filter(participants=ada)
    assert list(of_ada) == [direct]
    assert set(direct.participants.all()) == {ada, bob}
    assert Participant.objects.filter(conversation__participants=ada).count() == 2
    with pytest.raises(TypeError, match=r"actions\.add_participant"):
        direct.participants.add(cyd)


@pytest.mark.skipif(not apps.is_installed("tests.projects.bookings"), reason="this host has no such model")
def test_host_points_at_a_conversation_and_a_message(ada: Any, bob: Any) -> None:
    from tests.projects.bookings.models import Booking

    direct, _ = actions.create_conversation(actor=ada, participants=[bob])
    message = actions.send_message(actor=None, conversation=direct, body="Confirmed")
    booking = Booking.objects.create(guest=ada, host=bob, conversation=direct, confirmation=message)
    found = Booking.objects.select_related("conversation", "confirmation").get(
        conversation__participants=bob, confirmation__message_body="Confirmed"
    )
    assert (found.conversation, found.confirmation) == (direct, message)
    get_conversation_model()._default_manager.filter(pk=direct.pk).delete()
    booking.refresh_from_db()
    assert (booking.conversation, booking.confirmation) == (None, None)
