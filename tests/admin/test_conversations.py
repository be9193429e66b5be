"""The page of a conversation: each button is an action, made as the host."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from django_convo import actions
from django_convo.models import Event, get_conversation_model
from tests.admin.pages import bounded_queries, list_url, url
from tests.people import bodies_of, log_of, make_direct, make_group, make_user
from tests.recount import assert_counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk() -> Any:
    return make_group(make_user("owner"), make_user("member"), title="Before")


def fresh(conversation: Any) -> Any:
    return get_conversation_model()._default_manager.get(pk=conversation.pk)


def change(site: Client, conversation: Any, **values: Any) -> Any:
    form = {"title": conversation.title, "topic": conversation.topic, "metadata": "{}", "system_message": ""}
    form["slow_mode_seconds"] = conversation.slow_mode_seconds
    return site.post(url("conversation", "change", conversation.pk), form | values, follow=True)


def test_create_makes_an_empty_group(site: Client) -> None:
    response = site.post(
        url("conversation", "add"), {"new_kind": "channel", "title": "News", "topic": "", "metadata": "{}"}
    )

    assert response.status_code == 302
    made = get_conversation_model()._default_manager.get()
    assert (made.kind, made.title, made.participant_count) == ("channel", "News", 0)
    assert log_of(made) == [("conversation.created", None, None, {"kind": "channel"})]
    assert LogEntry.objects.get().object_id == str(made.pk)


def test_create_offers_no_direct(site: Client) -> None:
    response = site.post(
        url("conversation", "add"), {"new_kind": "direct", "title": "", "topic": "", "metadata": "{}"}
    )

    assert "new_kind" in response.context["adminform"].form.errors
    assert not get_conversation_model()._default_manager.exists()


def test_change_is_an_update_by_the_host(site: Client, staff: Any, talk: Any) -> None:
    change(site, talk, title="After", metadata='{"priority": 1}')

    assert (fresh(talk).title, fresh(talk).metadata) == ("After", {"priority": 1})
    assert log_of(talk, after=1) == [("conversation.updated", None, None, {"fields": ["metadata", "title"]})]
    assert LogEntry.objects.get().user_id == staff.pk


def test_change_nothing_writes_no_event(site: Client, talk: Any) -> None:
    change(site, talk)

    assert fresh(talk).event_seq == 1


@pytest.mark.parametrize("metadata", ["[1]", '{"a": {"b": {"c": {"d": {"e": {}}}}}}', '{"a": "\\u0000"}', "{"])
def test_change_refuses_bad_metadata(site: Client, talk: Any, metadata: str) -> None:
    response = change(site, talk, metadata=metadata)

    assert "metadata" in response.context["adminform"].form.errors
    assert fresh(talk).event_seq == 1


def test_close_and_reopen(site: Client, talk: Any) -> None:
    change(site, talk, is_closed="on")
    assert fresh(talk).is_closed
    change(site, talk)
    assert not fresh(talk).is_closed

    assert [row[0] for row in log_of(talk, after=1)] == ["conversation.closed", "conversation.reopened"]


def test_system_message_is_sent_by_the_host(site: Client, talk: Any) -> None:
    change(site, talk, system_message="We close at noon.")

    assert bodies_of(talk) == ["We close at noon."]
    assert_counts(talk.pk)


def test_system_message_that_is_too_long_is_refused(site: Client, talk: Any, settings: Any) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 5

    response = change(site, talk, system_message="We close at noon.")

    assert "system_message" in response.context["adminform"].form.errors
    assert bodies_of(talk) == []


def test_slow_mode_is_an_update_within_its_limit(site: Client, talk: Any, settings: Any) -> None:
    settings.CONVO_SLOW_MODE_MAX_SECONDS = 60
    assert change(site, talk, slow_mode_seconds=61).context["adminform"].form.errors.keys() == {"slow_mode_seconds"}
    change(site, talk, slow_mode_seconds=60)

    assert fresh(talk).slow_mode_seconds == 60
    assert log_of(talk, after=1) == [("conversation.updated", None, None, {"fields": ["slow_mode_seconds"]})]


def test_delete_leaves_a_tombstone(site: Client, talk: Any) -> None:
    response = site.post(url("conversation", "delete", talk.pk), {"post": "yes"})

    assert response.status_code == 302
    assert fresh(talk).deleted_at is not None
    assert log_of(talk, after=1) == [("conversation.deleted", None, None, {})]


def test_delete_page_does_not_collect_what_hangs_on_the_conversation(site: Client, talk: Any) -> None:
    counts = []
    for messages in (1, 30):
        for number in range(messages):
            actions.send_message(actor=None, conversation=talk, body=f"{number}")
        with bounded_queries() as captured:
            assert site.get(url("conversation", "delete", talk.pk)).status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_direct_can_be_neither_deleted_nor_named(site: Client) -> None:
    direct = make_direct(make_user(), make_user())

    assert site.post(url("conversation", "delete", direct.pk), {"post": "yes"}).status_code == 403
    change(site, direct, title="A name", topic="A topic")

    assert (fresh(direct).title, fresh(direct).topic) == ("", "A topic")


def test_deleted_conversation_can_only_be_looked_at(site: Client, talk: Any) -> None:
    actions.delete_conversation(actor=None, conversation=talk)

    assert site.get(url("conversation", "change", talk.pk)).status_code == 200
    assert change(site, talk, title="After").status_code == 403
    assert site.post(url("conversation", "delete", talk.pk), {"post": "yes"}).status_code == 403


def test_what_an_action_refuses_is_a_message_and_nothing_is_written(
    site: Client, talk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(**arguments: Any) -> None:
        actions.delete_conversation(actor=None, conversation=talk)
        actions.update_conversation(actor=None, conversation=talk, title="After")

    monkeypatch.setattr("django_convo.admin.conversations.actions.close", vanish)

    response = change(site, talk, is_closed="on", topic="Another")

    assert [str(message) for message in response.context["messages"]] == ["Not found."]
    assert (fresh(talk).topic, fresh(talk).deleted_at) == ("", None)
    assert not LogEntry.objects.exists()


def test_page_costs_as_much_for_a_large_conversation(site: Client) -> None:
    counts = []
    for members in (2, 60):
        conversation = make_group(*(make_user() for _ in range(members)))
        for number in range(members):
            actions.send_message(actor=None, conversation=conversation, body=f"{number}")
        with bounded_queries() as captured:
            site.get(url("conversation", "change", conversation.pk))
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 5


def test_page_leads_to_participants_messages_and_events(site: Client, talk: Any) -> None:
    page = site.get(url("conversation", "change", talk.pk)).content.decode()

    for noun in ("participant", "message", "event"):
        assert f'href="{list_url(noun)}?conversation__exact={talk.pk}"' in page


def test_page_names_the_subject_without_reading_it(site: Client) -> None:
    owner = make_user("owner")
    conversation = make_group(owner, make_user(), subject=owner)

    page = site.get(url("conversation", "change", conversation.pk)).content.decode()

    assert f"{owner._meta.label_lower} {owner.pk}" in page


def test_staff_without_permission_sees_nothing(talk: Any) -> None:
    client = Client()
    client.force_login(make_user("clerk", is_staff=True))

    assert client.get(list_url("conversation")).status_code == 403
    assert client.get(url("conversation", "change", talk.pk)).status_code == 403


def test_staff_who_may_only_look_gets_no_form(talk: Any) -> None:
    clerk = make_user("clerk", is_staff=True)
    permission = get_permission("view")
    clerk.user_permissions.add(permission)
    client = Client()
    client.force_login(clerk)

    response = client.get(url("conversation", "change", talk.pk))

    assert response.status_code == 200
    assert "system_message" not in response.content.decode()
    assert change(client, talk, title="After").status_code == 403
    assert not Event.objects.filter(conversation=talk.pk, event_seq__gt=1).exists()


def get_permission(verb: str) -> Permission:
    options = get_conversation_model()._meta
    return Permission.objects.get(content_type__app_label=options.app_label, codename=f"{verb}_{options.model_name}")
