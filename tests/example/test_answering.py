"""Somebody answers in the demo; and a booking has its conversation beside it."""

from __future__ import annotations

import re
import time

import httpx

from tests.example.conftest import Browser, Caller
from tests.example.site import Site

MAYA, TOMAS, ADMIN = "maya@lantern.example", "tomas@lantern.example", "admin@lantern.example"
ANSWER_SECONDS = 40
# Asks the demo's own code what it would say; the module belongs to the example, not to this process.
ASK = """
from random import Random
from stays.answering import answer_to
for body in {bodies!r}:
    print(answer_to(body, Random(1)))
"""
FITTING = {
    "Hello there": r"Hello|Hi",
    "Thank you so much": r"welcome|pleasure|Any time",
    "May my dog come?": r"animals|garden",
    "Does the train stop there?": r"key box|train",
    "It rains.": r"Noted|good|see to it|Wonderful",
}


def talk_with(client: httpx.Client, name: str) -> str:
    """Return the direct with somebody, opened if need be."""
    (person,) = client.get("/users/", params={"search": name}).json()["results"]
    answer = client.post("/conversations/", json={"participants": [person["user_id"]]})
    key: str = answer.json()["conversation_id"]
    return key


def said(client: httpx.Client, conversation: str) -> list[tuple[str, str]]:
    page = client.get(f"/conversations/{conversation}/messages/").json()["results"]
    return [(message["sender"]["name"], message["message_body"]) for message in reversed(page)]


def test_a_host_answers_once(caller: Caller) -> None:
    client = caller(MAYA)
    conversation = talk_with(client, "Zanele")
    client.post(f"/conversations/{conversation}/messages/", json={"message_body": "Is there a fire pit?"})

    deadline = time.monotonic() + ANSWER_SECONDS
    while len(said(client, conversation)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(4)

    spoken = said(client, conversation)
    assert [name for name, _ in spoken] == ["Maya Lindqvist", "Zanele Mthembu"]
    (receipt,) = [
        row
        for row in client.get(f"/conversations/{conversation}/").json()["participants"]
        if row["role"] and "Zanele" in row["user"]["name"]
    ]
    assert receipt["last_read_seq"] == 2


def test_nobody_answers_for_somebody_who_is_there(browser: Browser, caller: Caller) -> None:
    browser(ADMIN)
    client = caller(MAYA)
    conversation = talk_with(client, "Ines")
    client.post(f"/conversations/{conversation}/messages/", json={"message_body": "Hello?"})
    time.sleep(4)

    assert [name for name, _ in said(client, conversation)] == ["Maya Lindqvist"]


def test_answers_fit(site: Site) -> None:
    answers = site.python(ASK.format(bodies=tuple(FITTING))).splitlines()
    assert len(answers) == len(FITTING)
    for (body, fitting), answer in zip(FITTING.items(), answers, strict=True):
        assert re.search(fitting, answer), body


def test_a_booking_has_its_conversation_beside_it(browser: Browser) -> None:
    client = browser(MAYA)
    address = re.findall(r'href="(/bookings/\d+/)"', client.get("/").text)[0]

    page = client.get(address).text

    assert "<convo-thread" in page
    assert "data-composer" in page
    assert browser(ADMIN).get(address).status_code == 404


def test_login_page_offers_the_people_of_the_demo(address: str) -> None:
    page = httpx.get(f"{address}/accounts/login/", trust_env=False).text

    for email in (MAYA, TOMAS, ADMIN):
        assert f'value="{email}"' in page


def test_pictures_are_the_same_each_time(address: str) -> None:
    first, second = (httpx.get(f"{address}/stays/3/", trust_env=False).text for _ in range(2))
    drawn = [re.search(r"<svg viewBox.*?</svg>", page, re.DOTALL) for page in (first, second)]

    assert drawn[0] is not None
    assert drawn[1] is not None
    assert drawn[0][0] == drawn[1][0]
