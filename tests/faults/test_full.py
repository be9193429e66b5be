"""No space is left: nothing is half written, and once there is space again everything goes on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from django_convo import actions
from tests.faults.rows import assert_whole, stored
from tests.people import bodies_of, make_group, make_user
from tests.pictures import picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(ada: Any) -> APIClient:
    found = APIClient(raise_request_exception=False)
    found.force_authenticate(ada)
    return found


@contextmanager
def full_disk() -> Iterator[None]:
    """Let SQLite's file not grow any more: to it, that is a disk without space."""
    with connection.cursor() as cursor:
        # Pages that are free already would be taken first.
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone can be told so")
def test_send_on_a_full_disk_leaves_nothing(client: APIClient, group: Any, ada: Any) -> None:
    url = f"/api/conversations/{group.pk}/messages/"
    # More than what is free in the pages that there are.
    body = {"message_body": "x" * 9_000, "client_id": "1"}
    before = stored()
    with full_disk():
        with pytest.raises(OperationalError, match="full"):
            actions.send_message(actor=ada, conversation=group, body=body["message_body"], client_id="1")
        assert client.post(url, body, format="json").status_code == 500
        assert stored() == before
        # Who reads notices nothing.
        assert client.get(url).status_code == 200
    assert client.post(url, body, format="json").status_code == 201
    assert bodies_of(group) == [body["message_body"]]
    assert_whole()


def test_upload_to_a_full_storage_leaves_nothing(
    client: APIClient, group: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    storage = storages["default"]
    save, left = storage._save, 1

    def full(name: str, content: Any) -> str:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return save(name, content)

    monkeypatch.setattr(storage, "_save", full)
    before = stored()

    def upload() -> Any:
        return client.post("/api/attachments/", {"file": SimpleUploadedFile("sea.jpg", picture())}, format="multipart")

    # The image fits, its thumbnail does not; then nothing fits.
    assert [upload().status_code for _ in range(2)] == [500, 500]
    assert stored() == before
    left = 10
    answer = upload()
    assert answer.status_code == 201
    url = f"/api/conversations/{group.pk}/messages/"
    sent = client.post(url, {"message_body": "", "attachments": [answer.json()["attachment_id"]]}, format="json")
    assert sent.status_code == 201
    # A forward copies the files first.
    left = 0
    before = stored()
    other = make_group(group.participants.first(), make_user("cyd"))
    before = stored()
    forward = f"{url}{sent.json()['message_id']}/forward/"
    body = {"conversation": str(other.pk), "client_id": "1"}
    assert client.post(forward, body, format="json").status_code == 500
    assert stored() == before
    left = 10
    assert client.post(forward, body, format="json").status_code == 201
    assert_whole()
