"""The optional app that offers the abstract user; hosts need not install it to subclass the user."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Accounts."""

    name = "django_convo.contrib.accounts"
    label = "django_convo_accounts"
    verbose_name = _("Accounts")
