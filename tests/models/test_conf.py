from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_convo.conf import Settings, all_settings, settings
from django_convo.models import get_conversation_model, get_message_model


def test_settings_are_read_when_they_are_used() -> None:
    assert settings.MESSAGE_MAX_LENGTH == 10_000
    with override_settings(CONVO_MESSAGE_MAX_LENGTH=5):
        assert settings.MESSAGE_MAX_LENGTH == 5
    assert settings.MESSAGE_MAX_LENGTH == 10_000


def test_every_default_passes_its_own_check() -> None:
    assert [setting.name for setting in all_settings() if setting.complaint(setting.default) is not None] == []
    assert all(setting.name.startswith("CONVO_") for setting in all_settings())


@pytest.mark.parametrize(
    ("label", "getter"), [("CONVERSATION", get_conversation_model), ("MESSAGE", get_message_model)]
)
@pytest.mark.parametrize("value", ["nowhere.Model", "nonsense"])
def test_a_swapped_model_that_is_missing_is_named(label: str, getter: object, value: str) -> None:
    assert callable(getter)
    name = getattr(Settings, f"{label}_MODEL").name
    with override_settings(**{name: value}), pytest.raises(ImproperlyConfigured, match=f"{name}.*{value}"):
        getter()
