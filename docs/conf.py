"""How Sphinx builds the documentation; `tox -e docs` does."""

from __future__ import annotations

project = "django-convo"
author = "the django-convo maintainers"
copyright = f"2026, {author}"  # noqa: A001 - Sphinx asks for this name

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = "django-convo"
