"""The app: installs defaults, checks and the one signal that we receive."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from django_convo import conf


class DjangoConvoConfig(AppConfig):
    """Messaging."""

    name = "django_convo"
    label = "django_convo"
    verbose_name = _("Conversations")
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        conf.install_model_defaults()
        super().import_models()

    def ready(self) -> None:
        # Imported here, because models, which actions are made of, exist only once every app is loaded.
        from django.contrib.auth import get_user_model
        from django.db.models.signals import pre_delete

        pre_delete.connect(_forget_user, sender=get_user_model(), dispatch_uid="django_convo.forget_user")


def _forget_user(instance: Any, **kwargs: Any) -> None:
    """The one signal that we receive: a host's `user.delete()` leaves conversations as any leaving does."""
    from django_convo import actions

    actions.forget_user(user=instance)
