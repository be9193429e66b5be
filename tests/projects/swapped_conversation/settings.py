"""The default project with a conversation model of the host's."""

from __future__ import annotations

from tests.projects.databases import database
from tests.projects.default.settings import *  # noqa: F403
from tests.projects.default.settings import INSTALLED_APPS

DATABASES = {"default": database("swapped_conversation")}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.projects.swapped_conversation"]
CONVO_CONVERSATION_MODEL = "test_conversations.Conversation"
