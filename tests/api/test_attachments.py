"""Uploading, listing and opening files over REST; and who does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from django_convo import actions, files
from django_convo.api.frames import render_frames
from django_convo.models import Attachment, AuditEntry, Sanction
from django_convo.selectors import read_log
from django_convo.selectors.messages import find_conversation
from tests.people import make_group
from tests.pictures import SECRET, opened, picture, png_bomb, upload

UPLOAD = "/api/attachments/"


def post(client: Any, raw: bytes = b"words", name: str = "notes.txt", **extra: Any) -> Any:
    file = SimpleUploadedFile(name, raw, content_type=extra.pop("content_type", "text/plain"))
    return client.post(UPLOAD, {"file": file}, format="multipart", **extra)


def read(response: Any) -> bytes:
    return b"".join(response) if response.streaming else response.content


def path_of(address: str) -> str:
    """Return an address without its host, as the test client takes it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


@pytest.fixture
def sent(group: Any, cyd: Any) -> Attachment:
    """Cyd's picture, in the group."""
    attachment = upload(cyd, picture(size=(400, 200)), "ship.jpg")
    actions.send_message(actor=cyd, conversation=group, body="look", attachments=[attachment])
    return Attachment.objects.get(pk=attachment.pk)


def shown_to(client: Any, attachment: Attachment) -> dict[str, Any]:
    data: dict[str, Any] = client.get(f"{UPLOAD}{attachment.pk}/").json()
    return data


# Uploading


def test_upload_answers_what_is_kept(as_ada: Any, ada: Any) -> None:
    response = post(as_ada, picture(), "ship.png", content_type="application/x-whatever")

    data, stored = response.json(), Attachment.objects.get()
    assert response.status_code == 201
    assert list(data) == [
        "attachment_id",
        "name",
        "content_type",
        "size",
        "width",
        "height",
        "url",
        "thumbnail_url",
    ]
    assert (data["attachment_id"], data["name"], data["content_type"]) == (str(stored.pk), "ship.png", "image/jpeg")
    assert (data["width"], data["height"], data["size"]) == (40, 20, stored.size)
    assert data["url"].startswith(f"http://testserver/api/attachments/{stored.pk}/download/?token=")
    assert data["thumbnail_url"] == f"{data['url']}&thumbnail=true"
    assert stored.uploader == ada


def test_upload_is_sent_with_a_message(as_ada: Any, as_cyd: Any, group: Any) -> None:
    keys = [post(as_ada, name=f"{number}.txt").json()["attachment_id"] for number in range(2)]
    body = {"attachments": keys[::-1], "client_id": "1"}
    first = as_ada.post(f"/api/conversations/{group.pk}/messages/", body)
    again = as_ada.post(f"/api/conversations/{group.pk}/messages/", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert [row["attachment_id"] for row in first.json()["attachments"]] == keys[::-1]
    read_by_cyd = as_cyd.get(f"/api/messages/{first.json()['message_id']}/").json()
    assert [row["name"] for row in read_by_cyd["attachments"]] == ["1.txt", "0.txt"]
    assert read(as_cyd.get(path_of(read_by_cyd["attachments"][0]["url"]))) == b"words"


def test_send_refuses_files_that_are_unknown_sent_or_anothers_alike(
    as_ada: Any, as_bob: Any, group: Any, sent: Attachment
) -> None:
    foreign = post(as_bob).json()["attachment_id"]
    answers = set()
    for key in (str(uuid4()), foreign, str(sent.pk), "nonsense"):
        response = as_ada.post(f"/api/conversations/{group.pk}/messages/", {"attachments": [key]})
        answers.add((response.status_code, response.content))

    assert len(answers) == 1
    assert b"invalid_reference" in answers.pop()[1]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty_file"),
        (b"<svg onload='alert(1)'/>", "type_not_allowed"),
        (b"MZ\0\0", "type_not_allowed"),
        (png_bomb(100_000, 100_000), "too_many_pixels"),
        (picture()[:-100], "invalid_image"),
    ],
)
def test_upload_is_refused_by_its_content(as_ada: Any, raw: bytes, code: str) -> None:
    response = post(as_ada, raw, "holiday.jpg", content_type="image/jpeg")

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Attachment.objects.exists()


def test_upload_beyond_the_limit_is_too_large(as_ada: Any, settings: Any) -> None:
    settings.CONVO_ATTACHMENT_MAX_BYTES = 1000
    assert post(as_ada, b"x" * 1000).status_code == 201

    for size in (1001, 70_000, 300_000):
        response = post(as_ada, b"x" * size)
        assert (response.status_code, response.json()["code"]) == (413, "payload_too_large")
    assert Attachment.objects.count() == 1


def multipart(*parts: tuple[str, bytes]) -> bytes:
    lines = [
        b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="a.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\n%s\r\n" % (name.encode(), raw)
        for name, raw in parts
    ]
    return b"".join(lines) + b"--edge--\r\n"


def send_raw(client: Any, body: bytes, **headers: Any) -> Any:
    return client.generic("POST", UPLOAD, body, content_type="multipart/form-data; boundary=edge", **headers)


def test_upload_is_measured_whatever_its_length_is_said_to_be(as_ada: Any, settings: Any) -> None:
    settings.CONVO_ATTACHMENT_MAX_BYTES = 1000
    body = multipart(("file", b"x" * 50_000))
    answers = {}
    for length in ("1", "100", str(len(body) - 1), "9" * 30, "-1", "nonsense", "", "\u0661\u0660"):
        response = send_raw(as_ada, body, CONTENT_LENGTH=length)
        answers[length] = response.status_code
        assert "code" in response.json() or "file" in response.json()
    # Whoever reads more than was said, as an ASGI server's spooled body is, is stopped by the bytes themselves.
    assert send_raw(as_ada, body, **{"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}).status_code == 413

    assert set(answers.values()) <= {400, 413}
    assert not Attachment.objects.exists()


def test_upload_of_many_files_counts_them_together(as_ada: Any, settings: Any) -> None:
    settings.CONVO_ATTACHMENT_MAX_BYTES = 1000

    response = send_raw(as_ada, multipart(*((f"f{number}", b"x" * 400) for number in range(3)), ("file", b"x")))

    assert (response.status_code, response.json()["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"--edge",
        b"--edge--\r\n",
        b"--edge\r\n\r\n",
        multipart(("file", b"words"))[:-12],
        multipart(("other", b"words")),
        b'--edge\r\nContent-Disposition: form-data; name="file"\r\n\r\nwords\r\n--edge--\r\n',
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\nwords\r\n--edge--\r\n',
        multipart(*((f"f{number}", b"x") for number in range(200))),
        b"--edge\r\n" + b"X" * 100_000 + b"\r\n\r\nwords\r\n--edge--\r\n",
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--edge--\r\n",
    ],
    ids=range(12),
)
def test_upload_without_a_file_is_refused(as_ada: Any, body: bytes) -> None:
    response = send_raw(as_ada, body)

    assert response.status_code == 400, response.content
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", "x"])
def test_upload_of_another_type_is_refused(as_ada: Any, content_type: str) -> None:
    response = as_ada.generic("POST", UPLOAD, b"{}", content_type=content_type)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "x" * 5000, "; boundary=\xff", "; charset=x"])
def test_upload_with_an_odd_boundary_is_refused(as_ada: Any, boundary: str) -> None:
    response = as_ada.generic(
        "POST", UPLOAD, multipart(("file", b"words")), content_type=f"multipart/form-data{boundary}"
    )

    assert response.status_code in (400, 415)
    assert not Attachment.objects.exists()


def test_upload_of_which_no_length_is_told_is_refused(as_ada: Any) -> None:
    response = as_ada.generic("POST", UPLOAD, HTTP_TRANSFER_ENCODING="chunked")

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("灯.txt", "灯.txt"),
        ("page.html", "page.html.txt"),
        ("x" * 600 + ".txt", "x" * 251 + ".txt"),
    ],
)
def test_upload_has_a_name_that_is_only_shown(as_ada: Any, name: str, shown: str) -> None:
    response = post(as_ada, name=name)

    assert response.json()["name"] == shown
    assert Attachment.objects.get().file.name.startswith("convo/")


def test_uploads_are_limited(as_ada: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"upload": "2/hour"}

    answers = [post(as_ada) for _ in range(3)]

    assert [response.status_code for response in answers] == [201, 201, 429]
    assert "Retry-After" in answers[2]


def test_unsent_uploads_are_limited(as_ada: Any, settings: Any) -> None:
    settings.CONVO_ATTACHMENT_MAX_UNSENT = 1

    answers = [post(as_ada) for _ in range(2)]

    assert [response.status_code for response in answers] == [201, 400]
    assert answers[1].json()["code"] == "too_many_unsent"


def test_upload_without_the_extra_is_switched_off(as_ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "attachments" in as_ada.get("/api/config/").json()["features"]
    monkeypatch.setattr(files.uploads, "find_spec", lambda name: None)

    response = post(as_ada)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "attachments" not in as_ada.get("/api/config/").json()["features"]


def test_session_is_checked_and_measured(settings: Any, ada: Any) -> None:
    """The check of the CSRF token reads the body, before our parser is asked."""
    if "django.contrib.sessions" not in settings.INSTALLED_APPS:
        pytest.skip("This host has no sessions.")
    settings.CONVO_ATTACHMENT_MAX_BYTES = 1000
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    client.cookies["csrftoken"] = token = "x" * 32

    def send(size: int, **fields: str) -> Any:
        return client.post(UPLOAD, {**fields, "file": SimpleUploadedFile("a.txt", b"x" * size)})

    assert send(5).status_code == 403
    assert send(5, csrfmiddlewaretoken=token).status_code == 201
    assert send(50_000, csrfmiddlewaretoken=token).status_code == 413
    assert Attachment.objects.count() == 1


# Opening


def test_download_gives_the_file_and_lets_no_browser_run_it(as_bob: Any, sent: Attachment) -> None:
    response = as_bob.get(f"{UPLOAD}{sent.pk}/download/")

    raw = read(response)
    assert (response.status_code, len(raw)) == (200, sent.size)
    assert SECRET not in raw
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Length"] == str(sent.size)
    assert response["Content-Disposition"] == "attachment; filename=\"ship.jpg\"; filename*=UTF-8''ship.jpg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, no-cache"


def test_download_by_asgi_is_read_part_by_part(as_bob: Any, sent: Attachment) -> None:
    address = as_bob.get(f"/api/attachments/{sent.pk}/").json()["url"]
    expected = b"".join(as_bob.get(address))

    async def download() -> tuple[Any, bytes]:
        response: Any = await AsyncClient().get(address.removeprefix("http://testserver"))
        assert response.is_async
        return response, b"".join([part async for part in response.streaming_content])

    response, content = async_to_sync(download)()

    assert content == expected
    assert response["Content-Length"] == str(len(expected))
    assert response["X-Content-Type-Options"] == "nosniff"


def test_thumbnail_is_a_small_one(as_bob: Any, sent: Attachment) -> None:
    response = as_bob.get(f"{UPLOAD}{sent.pk}/download/", {"thumbnail": "true"})

    assert opened(read(response)).size == (320, 160)
    assert response["Content-Type"] == "image/webp"
    assert 'filename="ship.jpg.webp"' in response["Content-Disposition"]


def test_text_is_served_as_the_text_it_is(as_ada: Any, ada: Any) -> None:
    attachment = upload(ada, "Zoë".encode(), '灯".txt')

    response = as_ada.get(f"{UPLOAD}{attachment.pk}/download/")

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == "attachment; filename=\"_.txt\"; filename*=UTF-8''%E7%81%AF%22.txt"
    refused = as_ada.get(f"{UPLOAD}{attachment.pk}/download/", {"thumbnail": "true"})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_signed_address_opens_without_a_login(anonymous: APIClient, as_bob: Any, sent: Attachment) -> None:
    shown = shown_to(as_bob, sent)

    assert len(read(anonymous.get(path_of(shown["url"])))) == sent.size
    assert opened(read(anonymous.get(path_of(shown["thumbnail_url"])))).size == (320, 160)
    assert anonymous.get(f"{UPLOAD}{sent.pk}/download/").status_code in (401, 403)
    # The address opens the file, and no other door.
    query = urlsplit(shown["url"]).query
    assert anonymous.get(f"{UPLOAD}{sent.pk}/?{query}").status_code in (401, 403)


def not_found(response: Any) -> bool:
    return (response.status_code, response.json()) == (404, {"detail": "Not found.", "code": "not_found"})


def test_signed_address_is_for_one_user_one_file_and_some_minutes(
    anonymous: APIClient, as_ada: Any, as_bob: Any, cyd: Any, group: Any, sent: Attachment, settings: Any
) -> None:
    other = upload(cyd)
    actions.send_message(actor=cyd, conversation=group, attachments=[other])
    address = path_of(shown_to(as_bob, sent)["url"])
    token = address.partition("token=")[2]
    assert as_bob.get(address).status_code == 200

    for wrong in (
        address[:-1],
        address[:-1] + ("A" if address[-1] != "A" else "B"),
        address.replace("token=", "token=x"),
        f"{UPLOAD}{sent.pk}/download/?token={signing.dumps(['x'], salt='django_convo.attachment')}",
        f"{UPLOAD}{sent.pk}/download/?token={signing.dumps([1, 2], salt='django_convo.attachment')}",
        f"{UPLOAD}{sent.pk}/download/?token={signing.dumps(['x', sent.pk.hex], salt='django_convo.attachment')}",
        f"{UPLOAD}{sent.pk}/download/?token={signing.dumps([str(cyd.pk), sent.pk.hex])}",
        f"{UPLOAD}{other.pk}/download/?token={token}",
        f"{UPLOAD}{uuid4()}/download/?token={token}",
    ):
        assert not_found(anonymous.get(wrong)), wrong
    assert not_found(as_ada.get(address)), "signed for somebody else"
    settings.CONVO_ATTACHMENT_URL_LIFETIME = timedelta(microseconds=1)
    assert not_found(anonymous.get(address))


def leave(group: Any, bob: Any, attachment: Any) -> None:
    actions.leave(actor=bob, conversation=group)


def delete_message(group: Any, bob: Any, attachment: Any) -> None:
    actions.delete_message(actor=None, message=attachment.message)


def delete_conversation(group: Any, bob: Any, attachment: Any) -> None:
    actions.delete_conversation(actor=None, conversation=group)


def ban(group: Any, bob: Any, attachment: Any) -> None:
    Sanction.objects.create(user=bob, kind="ban")


def return_without_history(group: Any, bob: Any, attachment: Any) -> None:
    actions.leave(actor=bob, conversation=group)
    actions.add_participant(actor=None, conversation=group, user=bob)
    group.refresh_from_db()


@pytest.mark.parametrize(
    "loss",
    [leave, delete_message, delete_conversation, ban, return_without_history],
    ids=lambda loss: loss.__name__,
)
def test_file_that_is_seen_no_more_is_as_one_that_is_not_there(
    loss: Callable[..., None], anonymous: APIClient, as_bob: Any, group: Any, bob: Any, sent: Attachment, settings: Any
) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    shown = shown_to(as_bob, sent)
    assert as_bob.get(f"{UPLOAD}{sent.pk}/download/").status_code == 200

    loss(group, bob, sent)

    asked = []
    for key in (sent.pk, uuid4()):
        for tail in ("", "download/", "download/?thumbnail=true"):
            with CaptureQueriesContext(connection) as queries:
                assert not_found(as_bob.get(f"{UPLOAD}{key}/{tail}"))
            asked.append(len(queries))
    assert set(asked) == {1}
    assert not_found(anonymous.get(path_of(shown["url"])))
    assert not_found(anonymous.get(path_of(shown["thumbnail_url"])))


def test_signed_address_of_a_user_who_is_gone_opens_nothing(
    anonymous: APIClient, as_bob: Any, bob: Any, sent: Attachment
) -> None:
    address = path_of(shown_to(as_bob, sent)["url"])

    get_user_model()._default_manager.get(pk=bob.pk).delete()

    assert not_found(anonymous.get(address))


def test_signed_address_of_the_deactivated_opens_nothing(
    anonymous: APIClient, as_bob: Any, bob: Any, sent: Attachment, deactivate: Any
) -> None:
    address = path_of(shown_to(as_bob, sent)["url"])

    deactivate(bob)

    assert not_found(anonymous.get(address))


def test_file_of_a_message_that_is_restored_is_there_again(as_bob: Any, cyd: Any, sent: Attachment) -> None:
    actions.delete_message(actor=cyd, message=sent.message)
    assert as_bob.get(f"/api/messages/{sent.message_id}/").json()["attachments"] == []
    actions.restore_message(actor=cyd, message=sent.message)

    assert as_bob.get(f"{UPLOAD}{sent.pk}/download/").status_code == 200
    assert len(as_bob.get(f"/api/messages/{sent.message_id}/").json()["attachments"]) == 1


def test_unsent_file_is_its_uploaders_alone(as_ada: Any, as_bob: Any, as_admin: Any, ada: Any, group: Any) -> None:
    attachment = upload(ada)

    for tail in ("", "download/"):
        assert as_ada.get(f"{UPLOAD}{attachment.pk}/{tail}").status_code == 200
        for other in (as_bob, as_admin):
            assert not_found(other.get(f"{UPLOAD}{attachment.pk}/{tail}"))
    Sanction.objects.create(user=ada, kind="ban")
    assert not_found(as_ada.get(f"{UPLOAD}{attachment.pk}/download/"))


def test_who_may_view_any_opens_files_and_each_is_written_down(as_admin: Any, sent: Attachment, settings: Any) -> None:
    for tail in ("", "download/"):
        assert not_found(as_admin.get(f"{UPLOAD}{sent.pk}/{tail}"))
    assert not AuditEntry.objects.exists()
    settings.CONVO_ROLES = {"admin": ["conversation.view_any"]}

    for tail in ("", "download/", "download/?thumbnail=1"):
        assert as_admin.get(f"{UPLOAD}{sent.pk}/{tail}").status_code == 200

    entries = AuditEntry.objects.values_list("action", "message_id")
    assert list(entries) == [("message.viewed", sent.message_id)] * 3


def test_file_that_the_storage_lost_is_not_there(as_bob: Any, sent: Attachment) -> None:
    sent.file.storage.delete(sent.file.name)

    assert not_found(as_bob.get(f"{UPLOAD}{sent.pk}/download/"))


# What a host may put in the place of our answer


def own_response(request: Any, attachment: Attachment, file: Any) -> HttpResponse:
    assert request.META["REQUEST_METHOD"] == "GET"
    return HttpResponse(f"{attachment.name} at {file.name}", content_type="text/html")


def test_host_may_answer_in_our_place(as_bob: Any, sent: Attachment, settings: Any) -> None:
    settings.CONVO_ATTACHMENT_RESPONSE = f"{__name__}.own_response"

    response = as_bob.get(f"{UPLOAD}{sent.pk}/download/", {"thumbnail": "1"})

    assert response.content.decode() == f"ship.jpg at {sent.thumbnail.name}"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_nginx_may_send_the_file(as_bob: Any, as_stranger: Any, sent: Attachment, settings: Any) -> None:
    settings.CONVO_ATTACHMENT_RESPONSE = "django_convo.api.downloads.accel_redirect"

    response = as_bob.get(f"{UPLOAD}{sent.pk}/download/")

    assert (response.status_code, response.content) == (200, b"")
    assert response["X-Accel-Redirect"] == f"/convo-files/{sent.file.name}"
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("attachment; ")
    assert not_found(as_stranger.get(f"{UPLOAD}{sent.pk}/download/"))


def test_storage_may_send_the_file(as_bob: Any, as_stranger: Any, sent: Attachment, settings: Any) -> None:
    settings.CONVO_ATTACHMENT_RESPONSE = "django_convo.api.downloads.storage_redirect"

    response = as_bob.get(f"{UPLOAD}{sent.pk}/download/")

    assert (response.status_code, response["Location"]) == (302, sent.file.storage.url(sent.file.name))
    assert response["Cache-Control"] == "private, no-cache"
    assert not_found(as_stranger.get(f"{UPLOAD}{sent.pk}/download/"))


def test_storage_is_the_one_of_the_settings(as_ada: Any, ada: Any, settings: Any) -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {"default": memory, "files": memory}
    settings.CONVO_ATTACHMENT_STORAGE = "files"
    attachment = upload(ada)
    assert read(as_ada.get(f"{UPLOAD}{attachment.pk}/download/")) == b"words"

    settings.CONVO_ATTACHMENT_STORAGE = "default"

    assert as_ada.get(f"{UPLOAD}{attachment.pk}/download/").status_code == 404


# Lists


def test_list_of_a_conversation_begins_with_the_newest(as_bob: Any, ada: Any, group: Any, sent: Attachment) -> None:
    others = [upload(ada, name=f"{number}.txt") for number in range(2)]
    actions.send_message(actor=ada, conversation=group, attachments=others)
    gone, elsewhere, _unsent = upload(ada), upload(ada), upload(ada)
    deleted = actions.send_message(actor=ada, conversation=group, attachments=[gone])
    actions.delete_message(actor=ada, message=deleted)
    actions.send_message(actor=ada, conversation=make_group(ada), attachments=[elsewhere])
    address = f"/api/conversations/{group.pk}/attachments/"

    page = as_bob.get(address, {"limit": 2}).json()
    rest = as_bob.get(page["next"]).json()

    assert [row["name"] for row in page["results"]] == ["1.txt", "0.txt"]
    assert [row["attachment_id"] for row in rest["results"]] == [str(sent.pk)]
    assert rest["next"] is None
    assert as_bob.get(path_of(rest["results"][0]["url"])).status_code == 200


def test_list_begins_where_one_may_see(as_bob: Any, bob: Any, group: Any, sent: Attachment, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    return_without_history(group, bob, sent)

    assert as_bob.get(f"/api/conversations/{group.pk}/attachments/").json()["results"] == []


@pytest.mark.parametrize("address", ["/api/conversations/{}/attachments/", "/api/messages/?has_attachment=true"])
def test_list_asks_as_much_of_many_files_as_of_few(as_bob: Any, ada: Any, group: Any, address: str) -> None:
    counts = []
    for number in (2, 20):
        for _ in range(number):
            actions.send_message(actor=ada, conversation=group, attachments=[upload(ada), upload(ada, picture())])
        with CaptureQueriesContext(connection) as queries:
            response = as_bob.get(address.format(group.pk))
        assert len(response.json()["results"]) >= number
        # Savepoints in the test's transaction ask nothing.
        counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))

    assert counts[0] == counts[1] == 2


def test_messages_are_kept_by_whether_they_have_files(as_bob: Any, ada: Any, group: Any, sent: Attachment) -> None:
    plain = actions.send_message(actor=ada, conversation=group, body="plain")
    deleted = actions.send_message(actor=ada, conversation=group, attachments=[upload(ada)])
    actions.delete_message(actor=ada, message=deleted)

    def found(**filters: str) -> list[str]:
        return [row["message_id"] for row in as_bob.get("/api/messages/", filters).json()["results"]]

    assert found(has_attachment="true") == [str(sent.message_id)]
    assert found(has_attachment="false") == [str(deleted.pk), str(plain.pk)]
    assert found(has_attachment="1", conversation_id=str(group.pk)) == [str(sent.message_id)]
    assert len(found()) == 3


# Frames


def test_addresses_in_frames_are_signed_for_each_viewer(
    anonymous: APIClient, as_ada: Any, ada: Any, bob: Any, group: Any, sent: Attachment
) -> None:
    addresses = {}
    for viewer in (ada, bob):
        row = find_conversation(viewer, group.pk)
        log = read_log(viewer, row, after=0, limit=10)
        request: Any = type("Request", (), {"user": viewer})()
        frames = render_frames(log.events, conversations={row.pk: row}, context={"request": request})
        shown = next(frame for frame in frames if frame["type"] == "message.created")
        addresses[viewer.pk] = shown["data"]["message"]["attachments"][0]["url"]

    assert anonymous.get(addresses[ada.pk]).status_code == anonymous.get(addresses[bob.pk]).status_code == 200
    assert as_ada.get(addresses[ada.pk]).status_code == 200
    assert not_found(as_ada.get(addresses[bob.pk]))
    from_rest = as_ada.get(f"/api/conversations/{group.pk}/events/", {"after": 1}).json()["results"][0]
    assert anonymous.get(path_of(from_rest["data"]["message"]["attachments"][0]["thumbnail_url"])).status_code == 200
