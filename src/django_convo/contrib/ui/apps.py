"""The optional app with the chat's pages, tags, style sheet and script."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UIConfig(AppConfig):
    """Chat pages."""

    name = "django_convo.contrib.ui"
    label = "convo_ui"
    verbose_name = _("Chat pages")
