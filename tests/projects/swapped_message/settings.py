"""The default project with a message model of the host's."""

from __future__ import annotations

from tests.projects.databases import database
from tests.projects.default.settings import *  # noqa: F403
from tests.projects.default.settings import INSTALLED_APPS

DATABASES = {"default": database("swapped_message")}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.projects.swapped_message"]
CONVO_MESSAGE_MODEL = "test_messages.Message"
