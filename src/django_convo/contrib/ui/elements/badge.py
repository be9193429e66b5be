"""`<convo-badge>`: how many messages wait."""

from __future__ import annotations

from typing import Any

from django_convo import selectors

from .surroundings import surroundings


def badge_context(actor: Any) -> dict[str, Any]:
    """Return the context of `convo_ui/badge.html`; one query."""
    return {**surroundings(actor), "unread": selectors.unread(actor).messages}
