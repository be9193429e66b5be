from __future__ import annotations

from django.apps import AppConfig


class TestConversationsConfig(AppConfig):
    name = "tests.projects.swapped_conversation"
    label = "test_conversations"
