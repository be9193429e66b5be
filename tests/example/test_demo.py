"""`manage.py demo`: fills once, says who can log in, leaves something unread."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.example.conftest import PASSWORD, Caller, Filling
from tests.example.site import Site


def test_demo_fills_the_site_and_says_who_can_log_in(filling: Filling) -> None:
    assert filling.counts["accounts_user"] > 30
    assert filling.counts["stays_booking"] > 30
    assert filling.counts["django_convo_message"] > 300
    for text in ("maya@lantern.example", "tomas@lantern.example", "admin@lantern.example", PASSWORD, "curl -u"):
        assert text in filling.printed


def test_demo_says_the_same_elsewhere_and_a_second_run_adds_nothing(filling: Filling, tmp_path: Path) -> None:
    site = Site(folder=tmp_path)
    runs = [site.manage("demo", "--no-serve") for _ in range(2)]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr + runs[1].stderr
    assert site.counts() == filling.counts
    bodies = site.rows("SELECT message_body FROM django_convo_message ORDER BY message_id")
    assert [body for (body,) in bodies] == filling.said
    assert "nothing is added" in runs[1].stdout
    assert "maya@lantern.example" in runs[1].stdout


def test_demo_empty_adds_nobody_and_says_how_to_register(tmp_path: Path) -> None:
    site = Site(folder=tmp_path)
    finished = site.manage("demo", "--empty", "--no-serve")
    assert finished.returncode == 0, finished.stderr
    counts = site.counts()
    assert counts["accounts_user"] == counts["stays_listing"] == counts["django_convo_message"] == 0
    assert "/api/users/" in finished.stdout
    assert PASSWORD not in finished.stdout


@pytest.mark.parametrize("email", ["maya@lantern.example", "tomas@lantern.example"])
def test_demo_leaves_unread_messages_whose_count_is_right(caller: Caller, email: str) -> None:
    client = caller(email)
    waiting = client.get("/conversations/", params={"unread": "true"}).json()["results"]
    assert len(waiting) >= 3
    for conversation in waiting:
        last_read_seq = conversation["membership"]["last_read_seq"]
        path = f"/conversations/{conversation['conversation_id']}/messages/"
        page = client.get(path, params={"after": last_read_seq, "limit": 200}).json()["results"]
        unread = [message for message in page if message["kind"] == "user"]
        assert conversation["unread_count"] == len(unread)


def test_demo_has_every_kind_of_conversation_with_answers(caller: Caller) -> None:
    client = caller("maya@lantern.example")
    inbox = client.get("/conversations/", params={"limit": 200}).json()["results"]
    assert {conversation["kind"] for conversation in inbox} == {"direct", "group", "channel"}
    assert any(conversation["subject"] for conversation in inbox)
    assert any(conversation["membership"]["pinned_at"] for conversation in inbox)
    messages = client.get("/messages/", params={"limit": 200}).json()["results"]
    assert any(message["reply_to"] for message in messages)
    assert any(message["kind"] == "system" for message in messages)
    sent = [message["sent_at"] for message in messages]
    assert len({moment[:10] for moment in sent}) > 3, "a history has more than one day"
