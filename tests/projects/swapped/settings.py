"""The default project with both models the host's, and the host's apps before ours."""

from __future__ import annotations

from tests.projects.databases import database
from tests.projects.default.settings import *  # noqa: F403
from tests.projects.default.settings import INSTALLED_APPS

DATABASES = {"default": database("swapped")}
INSTALLED_APPS = ["tests.projects.swapped", *reversed(INSTALLED_APPS)]
CONVO_CONVERSATION_MODEL = "test_talk.Conversation"
CONVO_MESSAGE_MODEL = "test_talk.Message"
