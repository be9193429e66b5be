from __future__ import annotations

from django.apps import AppConfig


class TestAccountsConfig(AppConfig):
    name = "tests.projects.accounts"
    label = "test_accounts"
