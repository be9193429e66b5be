"""The lists stay as cheap in a large table as in a small one, and tell nothing that the page does not show."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client

from django_convo import actions
from django_convo.admin import base, conversations
from django_convo.models import Participant, get_conversation_model, get_message_model
from tests.admin.pages import NOUNS, bounded_queries, list_url, model_of
from tests.people import make_direct, make_group, make_user
from tests.pictures import upload

pytestmark = pytest.mark.django_db

SECRET = "nobody but the two of us"


@pytest.fixture
def talk() -> Any:
    return make_talk()


def make_talk(title: str = "") -> Any:
    owner = make_user("owner")
    conversation = make_group(owner, make_user("member"), title=title)
    actions.send_message(actor=owner, conversation=conversation, body=SECRET, attachments=[upload(owner)])
    actions.send_message(actor=None, conversation=conversation, body=SECRET)
    return conversation


def listed(site: Client, noun: str, **parameters: Any) -> list[Any]:
    response = site.get(list_url(noun), parameters)
    assert response.status_code == 200, response.status_code
    return [row.pk for row in response.context["cl"].result_list]


@pytest.mark.parametrize("noun", NOUNS)
def test_list_asks_as_much_of_many_rows_as_of_few(site: Client, noun: str) -> None:
    asked: dict[str, list[int]] = {"": [], "q=a+word": [], "p=1": []}
    for talks in (2, 40):
        while get_conversation_model()._default_manager.count() < talks:
            make_talk()
        for query, counts in asked.items():
            with bounded_queries() as captured:
                site.get(f"{list_url(noun)}?{query}")
            counts.append(len(captured))

    for query, (few, many) in asked.items():
        assert few == many, query
        # Session, user, the bounded count, the rows; a search adds the user and the floor of the titles.
        assert many <= 8, query


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the others plan small tables in another way than large ones"
)
@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("filtered", [False, True])
def test_list_is_sorted_by_an_index(site: Client, talk: Any, noun: str, filtered: bool) -> None:
    by = {"kind__exact": "group"} if noun == "conversation" else {"conversation__exact": str(talk.pk)}

    plan = site.get(list_url(noun), by if filtered else {}).context["cl"].queryset.explain()

    # Sorting the last term alone sorts what is equal in those before it.
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan, plan


@pytest.mark.parametrize("noun", NOUNS)
def test_list_counts_no_further_than_its_bound(site: Client, noun: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MAX_LISTED", 3)
    for _ in range(4):
        make_talk()

    response = site.get(list_url(noun))

    assert response.context["cl"].result_count == 3
    assert "The newest 3" in response.content.decode()


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("order", ["1", "-2", "3", "99", "x"])
def test_list_order_is_not_the_addresss_to_choose(site: Client, talk: Any, noun: str, order: str) -> None:
    assert listed(site, noun, o=order) == listed(site, noun)


@pytest.mark.parametrize("noun", NOUNS)
def test_list_shows_facets_to_nobody(site: Client, talk: Any, noun: str) -> None:
    with bounded_queries():
        assert site.get(list_url(noun), {"_facets": "True"}).status_code in {200, 302}


def test_list_of_messages_has_no_body(site: Client, talk: Any) -> None:
    page = site.get(list_url("message")).content.decode()

    assert "2 messages" in page
    assert SECRET not in page


@pytest.mark.parametrize(
    ("noun", "lookup"),
    [
        ("message", "message_body__startswith"),
        ("message", "metadata__has_key"),
        ("message", "reply_to__message_body__contains"),
        ("conversation", "metadata__has_key"),
        ("participant", "user__password__startswith"),
        ("event", "actor__password__startswith"),
    ],
)
def test_list_cannot_be_filtered_by_what_it_does_not_show(site: Client, talk: Any, noun: str, lookup: str) -> None:
    assert site.get(list_url(noun), {lookup: "n"}).status_code == 400


@pytest.mark.parametrize("noun", ["participant", "message", "event", "attachment"])
def test_list_of_one_conversation(site: Client, talk: Any, noun: str) -> None:
    make_talk()
    own = set(model_of(noun)._default_manager.filter(conversation=talk.pk).values_list("pk", flat=True))

    with bounded_queries():
        found = listed(site, noun, conversation__exact=str(talk.pk))
    assert set(found) == own
    assert set(listed(site, noun, q=str(talk.pk))) == own


@pytest.mark.parametrize("noun", ["participant", "message", "event", "attachment"])
def test_list_of_a_conversation_that_is_no_id_is_refused(site: Client, talk: Any, noun: str) -> None:
    assert site.get(list_url(noun), {"conversation__exact": "nonsense"}).status_code == 302


def test_conversations_of_a_kind(site: Client, talk: Any) -> None:
    direct = make_direct(make_user(), make_user())

    with bounded_queries():
        assert listed(site, "conversation", kind__exact="direct") == [direct.pk]


def test_conversation_is_found_by_its_id(site: Client, talk: Any) -> None:
    make_talk()

    assert listed(site, "conversation", q=f" {talk.pk} ") == [talk.pk]


def test_conversations_are_found_by_a_participant(site: Client, talk: Any) -> None:
    make_talk()
    user = Participant.objects.filter(conversation=talk.pk).latest("pk").user
    second = make_direct(user, make_user())

    for term in (user.get_username(), str(user.pk)):
        assert set(listed(site, "conversation", q=term)) == {talk.pk, second.pk}


def test_conversation_is_found_by_the_beginning_of_its_title(site: Client) -> None:
    wanted, _other = make_talk("Winter in Lisbon"), make_talk("Lisbon")

    assert listed(site, "conversation", q="winter") == [wanted.pk]


def test_title_is_looked_for_among_the_newest_only(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "TITLES_SEARCHED", 2)
    _oldest, middle, newest = (make_talk(f"Winter {number}") for number in range(3))

    assert listed(site, "conversation", q="winter") == [newest.pk, middle.pk]


def test_messages_are_found_by_sender_and_by_id(site: Client, talk: Any) -> None:
    make_talk()
    message = get_message_model()._default_manager.get(conversation=talk.pk, seq=1)

    assert listed(site, "message", q=message.sender.get_username()) == [message.pk]
    assert listed(site, "message", q=str(message.pk)) == [message.pk]


def test_participants_are_found_by_user(site: Client, talk: Any) -> None:
    make_talk()
    participant = Participant.objects.filter(conversation=talk.pk).latest("pk")

    assert listed(site, "participant", q=participant.user.get_username()) == [participant.pk]


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("term", ["\x00", "9" * 30, "%", "'", "-1", "x" * 10_000])
def test_search_for_anything_answers(site: Client, talk: Any, noun: str, term: str) -> None:
    assert listed(site, noun, q=term) == [] or "\x00" in term


@pytest.mark.parametrize("term", ["", "win", "\x00", "9" * 30])
def test_autocomplete_answers_a_page(site: Client, term: str) -> None:
    wanted = make_talk("Winter in Lisbon")
    field = {"app_label": "django_convo", "model_name": "participant", "field_name": "conversation"}

    with bounded_queries():
        response = site.get("/admin/autocomplete/", {**field, "term": term})

    found = [row["id"] for row in response.json()["results"]]
    assert found == ([str(wanted.pk)] if term in {"", "win"} else [])


def test_pages_are_registered_for_the_models_in_use() -> None:
    assert all(admin.site.is_registered(model_of(noun)) for noun in NOUNS)
