"""The pictures on buttons, drawn in place, so that they take the colour of the text and nothing is loaded for them."""

from __future__ import annotations

from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

# Lines on a field of 24 by 24.
PATHS: Final = {
    "reply": "M9 14 4 9l5-5M4 9h9a7 7 0 0 1 7 7v4",
    "react": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01",
    "more": "M5 12v.01M12 12v.01M19 12v.01",
    "send": "M4 12 20 4l-5 16-3.5-6.5L4 12ZM11.5 13.5 20 4",
    "attach": "m20 11-8.5 8.5a5 5 0 0 1-7-7l9-9a3.3 3.3 0 0 1 4.7 4.7l-9 9a1.7 1.7 0 0 1-2.4-2.4l8-8",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 20 20",
    "new": "M12 5v14M5 12h14",
    "back": "m15 5-7 7 7 7",
    "pin": "m14 4 6 6-3 1-4 4-.5 4-8-8 4-.5 4-4 1.5-2.5ZM8.5 15.5 4 20",
    "mute": "M6 16V11a6 6 0 0 1 9-5.2M18 10v6l1.5 2H8M10 20.5h4M4 4l16 16",
    "settings": (
        "M4 7h8.5M17.5 7H20M4 17h2.5M11.5 17H20M17.5 7a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z"
        "M11.5 17a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z"
    ),
    "people": (
        "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0"
        "M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5a6 6 0 0 1 3.5 5"
    ),
    "channel": "M9 4 7 20M17 4l-2 16M4.5 9h16M3.5 15h16",
    "save": "M6 4h12v16l-6-4.5L6 20V4Z",
    "block": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM5.7 5.7l12.6 12.6",
    "flag": "M5 21V4h11l-1.5 4L16 12H5",
    "shield": "M12 3l8 3v6c0 4.5-3.2 7.6-8 9-4.8-1.4-8-4.5-8-9V6l8-3Z",
    "file": "M6 3h8l4 4v14H6V3ZM14 3v4h4",
    "close": "m6 6 12 12M18 6 6 18",
    "down": "m6 9 6 6 6-6",
    "edit": "m4 20 1-4L16 5l3 3L8 19l-4 1Z",
    "delete": "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
    "forward": "m15 14 5-5-5-5M20 9h-9a7 7 0 0 0-7 7v4",
    "copy": "M9 9h11v11H9V9ZM5 15H4V4h11v1",
    "unread": "M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10Z",
    "details": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5M12 8v.01",
    "restore": "M4 5v5h5M5 10a8 8 0 1 1-1 5",
    "thread": "M4 5h16v11h-9l-4 4v-4H4V5Z",
}


def icon(name: str) -> SafeString:
    """Return a picture as an element that says nothing to screen readers."""
    return format_html(
        '<svg class="convo-icon convo-icon-{}" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">'
        '<path d="{}"/></svg>',
        name,
        mark_safe(PATHS[name]),  # nosec B308  # noqa: S308 - ours
    )
