"""What every model here shares, and how the two swappable models are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from model_utils.fields import AutoCreatedField

from django_convo.conf import Settings, settings

from .fields import LastModifiedField

if TYPE_CHECKING:
    from .conversations import AbstractConversation
    from .messages import AbstractMessage


class CreatedModel(models.Model):
    """Adds `created_at`."""

    created_at = AutoCreatedField()

    class Meta:
        abstract = True


class UpdatedModel(models.Model):
    """Adds `updated_at`; QuerySet.update() does not move it, the QuerySet methods beside each model do."""

    updated_at = LastModifiedField()

    class Meta:
        abstract = True


def _get_model(setting: str, label: str) -> type[models.Model]:
    try:
        return apps.get_model(label, require_ready=False)
    except (LookupError, ValueError) as error:
        raise ImproperlyConfigured(
            f"{setting} refers to model {label!r}, which is not installed. "
            f"Set {setting} = 'app_label.ModelName' and keep that app in INSTALLED_APPS."
        ) from error


def get_conversation_model() -> type[AbstractConversation]:
    """Return the conversation model in use (`CONVO_CONVERSATION_MODEL`); ImproperlyConfigured where it is missing."""
    model = _get_model(Settings.CONVERSATION_MODEL.name, settings.CONVERSATION_MODEL)
    return cast("type[AbstractConversation]", model)


def get_message_model() -> type[AbstractMessage]:
    """Return the message model in use (`CONVO_MESSAGE_MODEL`); ImproperlyConfigured where it is missing."""
    model = _get_model(Settings.MESSAGE_MODEL.name, settings.MESSAGE_MODEL)
    return cast("type[AbstractMessage]", model)
