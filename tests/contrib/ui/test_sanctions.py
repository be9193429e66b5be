"""Muting and banning: who is forbidden what, where and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.models import Participant, Sanction
from tests.contrib.ui.conftest import Visitor
from tests.contrib.ui.html import Element, parse
from tests.contrib.ui.test_markup import queries_of
from tests.people import make_group, make_user

pytestmark = pytest.mark.django_db


def cards(page: Element) -> list[str]:
    """Return what the cards of a page say, with one blank between words."""
    return [" ".join(card.text.split()) for card in page.one("main").by_class("convo-card")]


def links_of(page: Element) -> set[str]:
    return {link.attributes["href"] for link in page.one("main").all("a")}


def test_a_mute_is_imposed_from_the_members_page(as_ada: Visitor, cyd: Any, group: Any) -> None:
    (link,) = [one for one in links_of(as_ada.page("members", group)) if one.endswith(f"?user={cyd.pk}")]
    form = parse(as_ada.client.get(link).content).one("form", class_="convo-form")
    assert form.one("input", type="hidden", name="user").attributes["value"] == str(cyd.pk)
    before = timezone.now()

    response = as_ada.client.post(link, {"user": str(cyd.pk), "kind": "mute", "lasts": "week", "reason": "noise"})

    assert (response.status_code, response.headers["Location"]) == (302, link.partition("?")[0])
    sanction = Sanction.objects.get()
    assert (sanction.user, sanction.kind, sanction.reason) == (cyd, "mute", "noise")
    assert sanction.conversation_id == group.pk
    assert sanction.expires_at is not None
    assert timedelta(days=7) <= sanction.expires_at - before < timedelta(days=7, minutes=1)
    (card,) = cards(as_ada.page("conversation-sanctions", group))
    assert "Cyd Tester" in card
    assert "Muted · until" in card
    assert "noise" in card


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"lasts": ""}, None),
        ({"lasts": "", "expires_at": "2100-01-01T10:00"}, datetime(2100, 1, 1, 10)),
        ({"lasts": "hour", "expires_at": "2100-01-01T10:00"}, datetime(2100, 1, 1, 10)),
    ],
    ids=["for good", "until then", "a time comes before a choice"],
)
def test_it_ends_when_it_is_to_end(
    fields: dict[str, str], end: datetime | None, as_ada: Visitor, cyd: Any, group: Any
) -> None:
    as_ada.post("conversation-sanctions", group, user=str(cyd.pk), kind="ban", **fields)

    found = Sanction.objects.get().expires_at
    assert (found and timezone.make_naive(found)) == end
    assert not Participant.objects.filter(conversation=group.pk, user=cyd).exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "flog"}, "flog"),
        ({"kind": "mute", "lasts": "", "expires_at": "2001-01-01T10:00"}, "This moment is over."),
        ({"kind": "mute", "lasts": "century"}, "century"),
    ],
)
def test_what_is_refused_is_said_above_the_form(
    fields: dict[str, str], said: str, as_ada: Visitor, cyd: Any, group: Any
) -> None:
    response = as_ada.post("conversation-sanctions", group, user=str(cyd.pk), reason="noise", **fields)

    assert response.status_code == 400
    page = parse(response.content)
    assert said in page.one("div", class_="convo-error").text
    assert page.one("textarea", name="reason").text.strip() == "noise"
    assert not Sanction.objects.exists()


def test_whoever_stands_higher_is_not_sanctioned(as_bob: Visitor, ada: Any, bob: Any, group: Any) -> None:
    for user in (ada, bob):
        response = as_bob.post("conversation-sanctions", group, user=str(user.pk), kind="mute")
        assert response.status_code == 403
        assert parse(response.content).one("div", class_="convo-error").text.strip()
    assert not Sanction.objects.exists()


def test_nobody_is_sanctioned_who_is_not_there(as_ada: Visitor, stranger: Any, group: Any) -> None:
    for key in (str(stranger.pk), "nonsense"):
        assert as_ada.post("conversation-sanctions", group, user=key, kind="mute").status_code == 404
    assert as_ada.get("conversation-sanctions", group, query=f"?user={stranger.pk}").status_code == 404


def test_lifting_leads_back_and_keeps_it_among_those_that_are_over(as_ada: Visitor, cyd: Any, group: Any) -> None:
    as_ada.post("conversation-sanctions", group, user=str(cyd.pk), kind="mute", lasts="day")
    (button,) = as_ada.page("conversation-sanctions", group).one("main").all("button", form="convo-actions")

    response = as_ada.client.post(button.attributes["formaction"])

    assert (response.status_code, response.headers["Location"]) == (
        302,
        button.attributes["formaction"].partition("sanctions/")[0] + "sanctions/",
    )
    assert cards(as_ada.page("conversation-sanctions", group)) == []
    (card,) = cards(as_ada.page("conversation-sanctions", group, query="?which=over"))
    assert "Muted · lifted" in card
    assert "Lifted by Ada Tester" in card
    assert "Lift this" not in as_ada.page("conversation-sanctions", group, query="?which=over").text


def test_what_has_ended_by_itself_is_over(as_ada: Visitor, ada: Any, cyd: Any, group: Any) -> None:
    soon = timezone.now() + timedelta(hours=1)
    actions.impose_sanction(actor=ada, user=cyd, conversation=group, kind="mute", expires_at=soon)
    Sanction.objects.update(expires_at=timezone.now() - timedelta(minutes=1))

    assert cards(as_ada.page("conversation-sanctions", group)) == []
    (card,) = cards(as_ada.page("conversation-sanctions", group, query="?which=over"))
    assert "Muted · ended" in card


def test_a_sanction_is_lifted_where_it_was_imposed(as_ada: Visitor, ada: Any, cyd: Any, group: Any) -> None:
    other = make_group(ada, cyd)
    sanction, _ = actions.impose_sanction(actor=ada, user=cyd, conversation=group, kind="mute")

    assert as_ada.post("conversation-sanction-lift", other, sanction).status_code == 404
    assert Sanction.objects.active().exists()


def test_one_person_alone_is_shown(as_ada: Visitor, ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    actions.impose_sanction(actor=ada, user=bob, conversation=group, kind="mute")

    page = as_ada.page("conversation-sanctions", group, query=f"?user={cyd.pk}")

    assert cards(page) == []
    assert "Cyd Tester is neither muted nor banned." in page.text
    assert len(cards(as_ada.page("conversation-sanctions", group, query=f"?user={bob.pk}"))) == 1


def test_only_whoever_may_is_led_there(as_ada: Visitor, as_cyd: Visitor, as_admin: Visitor, group: Any) -> None:
    def leads(page: Element) -> bool:
        return any("/sanctions/" in link.attributes["href"] for link in page.all("a"))

    assert not leads(as_cyd.page("members", group))
    assert leads(as_ada.page("members", group))
    assert not leads(as_ada.page("inbox"))
    assert leads(as_admin.page("inbox"))


def test_of_the_site(as_admin: Visitor, ada: Any, cyd: Any, group: Any) -> None:
    response = as_admin.post("sanction-list", user=str(cyd.pk), kind="ban", lasts="month", where="")
    assert response.status_code == 302
    actions.impose_sanction(actor=ada, user=cyd, conversation=group, kind="mute")

    mute, ban = cards(as_admin.page("sanction-list"))

    assert "Banned · until" in ban
    assert "On the whole site" in ban
    assert "Muted · for good · In a conversation" in mute
    sanction = Sanction.objects.get(kind="ban")
    assert sanction.conversation_id is None
    assert as_admin.post("sanction-lift", sanction).status_code == 302
    assert [card for card in cards(as_admin.page("sanction-list")) if "Banned" in card] == []


def test_moderators_of_all_choose_where(as_admin: Visitor, as_ada: Visitor, cyd: Any, group: Any) -> None:
    query = f"?user={cyd.pk}"
    assert not as_ada.page("conversation-sanctions", group, query=query).all("input", name="where")
    assert not as_admin.page("sanction-list", query=query).all("input", name="where")
    assert len(as_admin.page("conversation-sanctions", group, query=query).all("input", name="where")) == 2

    here = as_admin.post("conversation-sanctions", group, user=str(cyd.pk), kind="mute", where="")
    everywhere = as_admin.post("conversation-sanctions", group, user=str(cyd.pk), kind="mute", where="site")

    assert here.headers["Location"].endswith(f"/c/{group.pk}/sanctions/")
    assert everywhere.headers["Location"].endswith("/chat/sanctions/")
    assert set(Sanction.objects.values_list("conversation", flat=True)) == {group.pk, None}


def test_owners_do_not_reach_the_whole_site(as_ada: Visitor, cyd: Any, group: Any) -> None:
    as_ada.post("conversation-sanctions", group, user=str(cyd.pk), kind="mute", where="site")

    assert Sanction.objects.get().conversation_id == group.pk


def test_the_queue_of_reports_leads_to_whom_it_is_about(as_admin: Visitor, ada: Any, bob: Any, group: Any) -> None:
    message = actions.send_message(actor=bob, conversation=group, body="Buy this")
    actions.report_message(actor=ada, message=message, reason="spam")

    (link,) = [one for one in links_of(as_admin.page("report-list")) if "/sanctions/" in one]

    assert link.endswith(f"/c/{group.pk}/sanctions/?user={bob.pk}")
    assert "Mute or ban Bob Tester" in parse(as_admin.client.get(link).content).text


@pytest.mark.usefixtures("as_admin")
def test_whoever_reviews_and_sanctions_alone_reaches_whom_a_report_is_about(
    ada: Any, bob: Any, group: Any, settings: Any
) -> None:
    """Without administering users, nor moderating any conversation: they share none with whom it is about."""
    message = actions.send_message(actor=bob, conversation=group, body="Buy this")
    actions.report_message(actor=ada, message=message, reason="spam")
    settings.CONVO_ROLES = {"admin": ["-user.administer", "-conversation.moderate_any"]}
    moderator = Visitor(make_user("moderator", is_admin=True))

    (link,) = [one for one in links_of(moderator.page("report-list")) if "/sanctions/" in one and "user=" in one]
    assert link.endswith(f"/chat/sanctions/?user={bob.pk}")
    response = moderator.client.post(link, {"user": str(bob.pk), "kind": "mute", "lasts": "day"})

    assert response.status_code == 302
    assert Sanction.objects.get().user == bob
    assert moderator.get("sanction-list", query=f"?user={ada.pk}").status_code == 404


def test_pages_lead_to_the_end(as_ada: Visitor, ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PAGE_SIZE = 2
    people = [make_user("person") for _ in range(5)]
    for person in people:
        actions.add_participant(actor=ada, conversation=group, user=person)
        actions.impose_sanction(actor=ada, user=person, conversation=group, kind="mute")

    found, query = 0, "?"
    while query:
        page = as_ada.page("conversation-sanctions", group, query=query)
        found += len(cards(page))
        more = page.one("main").by_class("convo-more")
        query = more[0].one("a").attributes["href"] if more else ""

    assert found == len(people)


@pytest.mark.parametrize(("name", "most"), [("conversation-sanctions", 13), ("sanction-list", 6), ("report-list", 9)])
def test_queries_are_few_and_do_not_grow(
    name: str, most: int, as_admin: Visitor, ada: Any, bob: Any, group: Any
) -> None:
    arguments = [group] if name.startswith("conversation") else []

    def add(count: int) -> None:
        for person in [make_user("person") for _ in range(count)]:
            actions.add_participant(actor=ada, conversation=group, user=person)
            other = make_group(ada, bob, person)
            for place in (group, other):
                actions.impose_sanction(actor=ada, user=person, conversation=place, kind="mute")
                message = actions.send_message(actor=ada, conversation=place, body="Hello")
                actions.report_message(actor=person, message=message, reason="spam")

    add(1)
    before = queries_of(as_admin, name, *arguments)
    add(6)
    after = queries_of(as_admin, name, *arguments)

    assert after <= before
    assert after <= most
