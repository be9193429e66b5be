"""What a file is, its content says; and only what is on the list is taken."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile

from django_convo.conf import Settings
from django_convo.exceptions import Invalid
from django_convo.files.reading import is_known, read
from tests import pictures

MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0" * 64
M4A = b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + b"\0" * 64
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + b"\0" * 64
MP3 = b"ID3\x03\0\0\0\0\0\0" + b"\xff" * 64
TAKEN: dict[str, tuple[bytes, str]] = {
    "png": (pictures.picture("PNG"), "image/png"),
    "apng": (pictures.animation("PNG"), "image/png"),
    "jpeg": (pictures.picture(), "image/jpeg"),
    "gif": (pictures.picture("GIF"), "image/gif"),
    "webp": (pictures.picture("WEBP"), "image/webp"),
    "pdf": (b"%PDF-1.7\n\xe2\xe3\xcf\xd3 and so on", "application/pdf"),
    "zip": (b"PK\x03\x04\x14\0\0\0" + b"\0" * 64, "application/zip"),
    "mp3": (MP3, "audio/mpeg"),
    "m4a": (M4A, "audio/mp4"),
    "mp4": (MP4, "video/mp4"),
    "webm": (WEBM, "video/webm"),
    "words": ("Zoë, 灯\r\n\tis lit\f🏮".encode(), "text/plain"),
    "marked": ("\ufeffa file of Windows".encode(), "text/plain"),
    "heart": (b"<3 and 1 < 2", "text/plain"),
    "like_a_bitmap": (b"BMW is a car", "text/plain"),
}
REFUSED: dict[str, bytes] = {
    "executable": b"MZ" + b"\0" * 64,
    "elf": b"\x7fELF\x02\x01\x01" + b"\0" * 64,
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "html_after_blanks": b" \r\n\t<HTML><body onload=alert(1)>",
    "html_after_mark": "\ufeff<script>alert(1)</script>".encode(),
    "html_comment": b"<!-- --><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg_in_xml": b'<?xml version="1.0"?><svg onload="alert(1)"/>',
    "end_tag": b"</p><script>alert(1)</script>",
    "nul": b"words\0words",
    "control": b"\x1b[2J",
    "c1_control": "\x9b2J".encode(),
    "latin1": b"Zo\xeb",
    "utf16": "words".encode("utf-16"),
    "bitmap": b"BM" + b"\x80" * 64,
    "tiff": b"II*\0" + b"\0" * 64,
    "noise": bytes(range(256)),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64,
}


def read_bytes(raw: bytes, name: str = "holiday.png") -> Any:
    return read(ContentFile(raw, name))


@pytest.mark.parametrize("kind", sorted(TAKEN))
def test_type_is_what_the_content_says(kind: str) -> None:
    raw, content_type = TAKEN[kind]

    content = read_bytes(raw)

    assert content.content_type == content_type
    is_image = content_type.startswith("image/")
    assert ((content.width, content.height, content.thumbnail) == (None, None, None)) is not is_image
    content.file.seek(0)
    kept = content.file.read()
    assert len(kept) == content.size
    assert (kept == raw) is not is_image


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_is_not_on_the_list_is_refused(kind: str) -> None:
    with pytest.raises(Invalid, match="type_not_allowed"):
        read_bytes(REFUSED[kind])


@pytest.mark.parametrize("content_type", ["image/png", "text/plain", "application/pdf"])
def test_list_is_the_hosts(settings: Any, content_type: str) -> None:
    settings.CONVO_ATTACHMENT_TYPES = [content_type]
    taken = set()
    for raw, _ in TAKEN.values():
        try:
            taken.add(read_bytes(raw).content_type)
        except Invalid as error:
            taken.add(error.code)

    assert taken == {content_type, "type_not_allowed"}


def test_image_that_cannot_be_made_anew_is_refused_though_it_is_on_the_list(settings: Any) -> None:
    settings.CONVO_ATTACHMENT_TYPES = ["image/bmp", "image/tiff", "image/heic", "image/svg+xml"]
    for kind in ("bitmap", "tiff", "heic", "svg"):
        with pytest.raises(Invalid, match="type_not_allowed"):
            read_bytes(REFUSED[kind])
    assert not any(map(is_known, settings.CONVO_ATTACHMENT_TYPES))


def test_default_types_are_known() -> None:
    assert all(map(is_known, Settings.ATTACHMENT_TYPES.default))
    assert not is_known("text/html")


def test_file_has_bytes_and_not_too_many(settings: Any) -> None:
    settings.CONVO_ATTACHMENT_MAX_BYTES = 5
    assert read_bytes(b"words").size == 5

    with pytest.raises(Invalid, match="file_too_large"):
        read_bytes(b"words.")
    with pytest.raises(Invalid, match="empty_file"):
        read_bytes(b"")


@pytest.mark.parametrize("length", [1, 4, 8, 12, 16, 20])
def test_few_bytes_of_anything_are_taken_or_refused(length: int) -> None:
    outcomes = set()
    for raw, _ in TAKEN.values():
        try:
            read_bytes(raw[:length])
        except Invalid as error:
            outcomes.add(error.code)

    assert outcomes <= {"type_not_allowed", "invalid_image", "too_many_pixels"}
    assert "type_not_allowed" in outcomes
