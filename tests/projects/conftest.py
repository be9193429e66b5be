"""The tests of a project run in that project alone."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

_here = Path(__file__).parent
_current = settings.SETTINGS_MODULE.split(".")[-2]
collect_ignore = [path.name for path in _here.iterdir() if path.is_dir() and path.name != _current]
