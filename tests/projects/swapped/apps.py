from __future__ import annotations

from django.apps import AppConfig


class TestTalkConfig(AppConfig):
    name = "tests.projects.swapped"
    label = "test_talk"
