"""These tests start every project themselves; once, from the default one, is enough."""

from __future__ import annotations

from django.conf import settings

collect_ignore_glob = [] if settings.SETTINGS_MODULE == "tests.projects.default.settings" else ["test_*.py"]
