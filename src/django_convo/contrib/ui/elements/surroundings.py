"""What every element says of where it is: the API beside it, and who is looking."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse

from django_convo.contrib.ui.shapes import person_of
from django_convo.policy import allows, capabilities

_LIST = "conversations/"


def api_root() -> str:
    """Return the address of the API, or nothing where the host has not included it: the pages are then not live."""
    try:
        return reverse("django_convo:conversation-list").removesuffix(_LIST)
    except NoReverseMatch:
        return ""


def surroundings(actor: Any) -> dict[str, Any]:
    """Return what each template may use; no query."""
    return {
        "api": api_root(),
        "me": person_of(actor),
        "may_create": allows(actor, capabilities.CREATE_DIRECT) or allows(actor, capabilities.CREATE_GROUP),
        "may_review": allows(actor, capabilities.REPORT_REVIEW),
        "may_sanction": allows(actor, capabilities.USER_SANCTION),
    }
