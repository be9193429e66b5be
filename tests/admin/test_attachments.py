"""Attachments are listed and deleted, never edited, and not opened from here."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from django_convo import actions
from django_convo.models import Attachment
from tests.admin.pages import list_url, url
from tests.people import log_of, make_group, make_user
from tests.pictures import picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> Any:
    owner = make_user("owner")
    attachment = upload(owner, picture(), "ship.jpg")
    actions.send_message(actor=owner, conversation=make_group(owner), attachments=[attachment])
    return Attachment.objects.get()


def listed(site: Client, **parameters: str) -> list[Any]:
    return [row.pk for row in site.get(list_url("attachment"), parameters).context["cl"].result_list]


def test_list_says_what_and_whose(site: Client, sent: Any) -> None:
    page = site.get(list_url("attachment")).content.decode()

    for shown in ("ship.jpg", "image/jpeg", str(sent.size), str(sent.uploader)):
        assert shown in page
    assert "download" not in page


def test_attachment_is_found_by_any_of_its_keys(site: Client, sent: Any) -> None:
    upload(make_user("other"))

    for term in (sent.pk, sent.message_id, sent.conversation_id, sent.uploader.get_username()):
        assert listed(site, q=str(term)) == [sent.pk]
    assert listed(site, q="ship") == []
    assert len(listed(site)) == 2


def test_attachment_is_not_edited(site: Client, sent: Any) -> None:
    page = url("attachment", "change", sent.pk)

    assert site.get(page).status_code == 200
    assert site.post(page, {"name": "changed"}).status_code == 403
    assert site.post(url("attachment", "add")).status_code == 403


def test_attachment_is_deleted_by_the_action(site: Client, sent: Any) -> None:
    page = url("attachment", "delete", sent.pk)
    assert site.get(page).status_code == 200

    assert site.post(page, {"post": "yes"}).status_code == 302

    assert not Attachment.objects.exists()
    assert [entry[0] for entry in log_of(sent.conversation)][-1] == "message.updated"


def test_attachment_of_a_deleted_conversation_is_left_to_the_command(site: Client, sent: Any) -> None:
    actions.delete_conversation(actor=None, conversation=sent.conversation)

    site.post(url("attachment", "delete", sent.pk), {"post": "yes"})

    assert Attachment.objects.exists()
