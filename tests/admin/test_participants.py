"""Participants are added, removed and given roles by actions, as the host."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, ForeignKeyRawIdWidget
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.test import Client

from django_convo import actions
from django_convo.admin import ConversationAdmin, ParticipantAdmin
from django_convo.models import Participant, get_conversation_model
from tests.admin.pages import bounded_queries, url
from tests.people import json_key, log_of, make_direct, make_group, make_user, row_of
from tests.recount import assert_counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Any:
    return make_user("member")


@pytest.fixture
def talk(member: Any) -> Any:
    return make_group(make_user("owner"), member)


def add(site: Client, conversation: Any, user: Any, role: str = "member") -> Any:
    form = {"conversation": str(conversation.pk), "user": str(user.pk), "role": role}
    return site.post(url("participant", "add"), form, follow=True)


def test_add_is_an_action_of_the_host(site: Client, talk: Any) -> None:
    newcomer = make_user("newcomer")

    response = add(site, talk, newcomer, "moderator")

    assert response.redirect_chain
    assert row_of(talk, newcomer).role == "moderator"
    assert log_of(talk, after=1) == [
        ("participant.added", None, None, {"user": json_key(newcomer), "role": "moderator"})
    ]
    assert_counts(talk.pk)


def test_add_someone_twice_is_refused(site: Client, talk: Any, member: Any) -> None:
    response = add(site, talk, member)

    assert response.context["adminform"].form.errors
    assert log_of(talk, after=1) == []


def test_add_to_a_direct_is_refused_with_its_reason(site: Client, member: Any) -> None:
    direct = make_direct(member, make_user())

    response = add(site, direct, make_user())

    assert "fixed" in str(next(iter(response.context["messages"])))
    assert Participant.objects.filter(conversation=direct.pk).count() == 2


def test_change_role_is_an_action_of_the_host(site: Client, talk: Any, member: Any) -> None:
    site.post(url("participant", "change", row_of(talk, member).pk), {"role": "owner"})

    assert row_of(talk, member).role == "owner"
    assert log_of(talk, after=1) == [("participant.updated", None, None, {"user": json_key(member), "role": "owner"})]


def test_change_role_of_the_last_owner_is_refused(site: Client, talk: Any) -> None:
    owner = Participant.objects.get(conversation=talk.pk, role="owner")

    response = site.post(url("participant", "change", owner.pk), {"role": "member"}, follow=True)

    assert "owner" in str(next(iter(response.context["messages"])))
    assert Participant.objects.get(pk=owner.pk).role == "owner"


def test_remove_is_an_action_of_the_host(site: Client, talk: Any, member: Any) -> None:
    site.post(url("participant", "delete", row_of(talk, member).pk), {"post": "yes"})

    assert not Participant.objects.filter(conversation=talk.pk, user=member).exists()
    assert log_of(talk, after=1) == [("participant.removed", None, None, {"user": json_key(member)})]
    assert_counts(talk.pk)


def test_participant_of_a_direct_can_only_be_looked_at(site: Client, member: Any) -> None:
    page = row_of(make_direct(member, make_user()), member).pk

    assert site.get(url("participant", "change", page)).status_code == 200
    assert site.post(url("participant", "change", page), {"role": "owner"}).status_code == 403
    assert site.post(url("participant", "delete", page), {"post": "yes"}).status_code == 403


def test_page_shows_the_counts_and_costs_the_same_at_any_size(site: Client, talk: Any, member: Any) -> None:
    counts = []
    for messages in (1, 30):
        for number in range(messages):
            actions.send_message(actor=make_owner(talk), conversation=talk, body=f"{number}")
        with bounded_queries() as captured:
            response = site.get(url("participant", "change", row_of(talk, member).pk))
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 4
    assert ">31</div>" in response.content.decode()


def make_owner(talk: Any) -> Any:
    return Participant.objects.get(conversation=talk.pk, role="owner").user


def test_add_form_reads_no_users(site: Client, talk: Any) -> None:
    counts = []
    for people in (2, 50):
        for _ in range(people):
            make_user()
        with bounded_queries() as captured:
            page = site.get(url("participant", "add")).content.decode()
        counts.append(len(captured))
        # The four roles, and an empty line in each field that is completed.
        assert page.count("<option") <= 6

    assert counts[0] == counts[1] <= 3


def test_users_are_completed_where_the_hosts_admin_can_be_searched() -> None:
    user, conversation = get_user_model(), get_conversation_model()
    for options, offered in (
        ({"search_fields": [user.USERNAME_FIELD]}, ["conversation", "user"]),
        ({}, ["conversation"]),
    ):
        site = admin.AdminSite()
        site.register(user, admin.ModelAdmin, **options)
        site.register(conversation, ConversationAdmin)

        page = ParticipantAdmin(Participant, site)

        assert page.get_autocomplete_fields(HttpRequest()) == offered
        widget = page.get_form(HttpRequest()).base_fields["user"].widget
        assert isinstance(widget, AutocompleteSelect if "user" in offered else ForeignKeyRawIdWidget)


def test_users_are_given_by_key_where_the_host_has_no_admin_for_them() -> None:
    page = ParticipantAdmin(Participant, admin.AdminSite())

    assert page.get_autocomplete_fields(HttpRequest()) == []
