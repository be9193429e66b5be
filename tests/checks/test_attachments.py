from __future__ import annotations

from typing import Any

import pytest

from django_convo import files
from django_convo.checks.attachments import check_attachment_extra, check_attachment_storage, check_attachment_types
from django_convo.checks.paths import check_dotted_paths
from tests.checks.found import found, only, written

not_callable = "words"


def test_storage_that_is_missing_is_an_error(settings: Any) -> None:
    settings.STORAGES = {"default": {}, "attachments": {}}
    settings.CONVO_ATTACHMENT_STORAGE = "atachments"

    message = only(check_attachment_storage)

    assert message.id == "django_convo.E017"
    assert written(message) == {"CONVO_ATTACHMENT_STORAGE": "attachments"}
    settings.CONVO_ATTACHMENT_STORAGE = "attachments"
    assert found(check_attachment_storage) == []


def test_types_that_no_file_is_of_are_a_warning(settings: Any) -> None:
    settings.CONVO_ATTACHMENT_TYPES = ["image/png", "image/svg+xml", "image/heic", "text/html", "audio/ogg"]

    message = only(check_attachment_types)

    assert message.id == "django_convo.W012"
    assert written(message) == {"CONVO_ATTACHMENT_TYPES": ["image/png", "audio/ogg"]}


def test_default_types_are_fine() -> None:
    assert found(check_attachment_types) == []


def test_setting_without_the_extra_is_a_warning(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CONVO_ATTACHMENT_MAX_BYTES = 5
    assert found(check_attachment_extra) == []
    monkeypatch.setattr(files.uploads, "find_spec", lambda name: None)

    message = only(check_attachment_extra)

    assert message.id == "django_convo.W013"
    assert message.hint == "pip install 'django-convo[attachments]'"
    assert "CONVO_ATTACHMENT_MAX_BYTES" in message.msg
    del settings.CONVO_ATTACHMENT_MAX_BYTES
    assert found(check_attachment_extra) == []
    assert found(check_attachment_types) == []


def test_response_that_cannot_be_called_is_an_error(settings: Any) -> None:
    settings.CONVO_ATTACHMENT_RESPONSE = f"{__name__}.not_callable"

    message = only(check_dotted_paths)

    assert message.id == "django_convo.E018"
    assert written(message) == {"CONVO_ATTACHMENT_RESPONSE": "django_convo.api.downloads.accel_redirect"}
    for path in ("accel_redirect", "storage_redirect", "serve"):
        settings.CONVO_ATTACHMENT_RESPONSE = f"django_convo.api.downloads.{path}"
        assert found(check_dotted_paths) == []
    settings.CONVO_ATTACHMENT_RESPONSE = "nowhere.at_all"
    assert only(check_dotted_paths).id == "django_convo.E006"
