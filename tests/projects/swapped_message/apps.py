from __future__ import annotations

from django.apps import AppConfig


class TestMessagesConfig(AppConfig):
    name = "tests.projects.swapped_message"
    label = "test_messages"
