"""The app: installs defaults, checks and the one signal that we receive."""

from __future__ import annotations

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
