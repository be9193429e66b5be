"""What somebody wrote, as HTML: their text and nothing else, with links and names that are ours.

The script does the same to what arrives later; `docs/howto/ui.md` has the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from django_convo.api.users.cards import name_of
from django_convo.conf import settings

# Up to a blank, or a character that would turn the direction of writing within the address.
_ADDRESS: Final = r"\bhttps?://[^\s\x00-\x1f\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
_NOT_AT_END: Final = ".,;:!?'\")]}>"
_SCHEMES: Final = ("http://", "https://")
_EVERYONE: Final = "everyone"
# How much of a long message a found one shows around the first hit.
_BEFORE_HIT: Final = 60
_FOUND_LENGTH: Final = 240


def render_body(body: str, *, mentioned: Sequence[Any] = (), viewer: Any = None) -> SafeString:
    """Return the text with its http(s) addresses as links and the names of those `mentioned` marked.

    `mentioned` are users, and None for everyone.
    """
    names = dict(_names(mentioned, viewer))
    by_length = sorted(names, key=len, reverse=True)
    called = "|".join(f"@{re.escape(name)}" for name in by_length)
    pattern = re.compile(f"(?P<address>{_ADDRESS})" + (rf"|(?P<name>(?:{called})(?!\w))" if called else ""), re.I)
    parts: list[str] = []
    end = 0
    for match in pattern.finditer(body):
        text = match[0].rstrip(_NOT_AT_END) if match["address"] else match[0]
        if text.lower() in _SCHEMES:
            continue
        parts.append(escape(body[end : match.start()]))
        parts.append(_link(text) if match["address"] else _name(text, is_me=names.get(text[1:].lower(), False)))
        end = match.start() + len(text)
    return mark_safe("".join([*parts, escape(body[end:])]))  # nosec B308  # noqa: S308 - each part is escaped


def render_found(body: str, highlights: Iterable[tuple[int, int]]) -> SafeString:
    """Return the part of a text in which words were found, with those marked."""
    places = list(highlights)
    begin = max(0, places[0][0] - _BEFORE_HIT) if places else 0
    end = min(len(body), begin + _FOUND_LENGTH)
    parts: list[str] = ["…"] if begin else []
    at = begin
    for start, stop in places:
        if stop > end:
            break
        parts += [escape(body[at:start]), format_html("<mark>{}</mark>", body[start:stop])]
        at = stop
    parts += [escape(body[at:end]), "…" if end < len(body) else ""]
    return mark_safe("".join(parts))  # nosec B308  # noqa: S308 - each part is escaped


def _names(mentioned: Sequence[Any], viewer: Any) -> Iterator[tuple[str, bool]]:
    """Yield, in small letters, what those who are named are called, and whether that is the viewer."""
    for user in mentioned:
        if user is None:
            yield _EVERYONE, True
            continue
        is_me = viewer is not None and user.pk == viewer.pk
        yield name_of(user).lower(), is_me
        if settings.MENTION_FIELD is not None and (login := str(getattr(user, settings.MENTION_FIELD, "") or "")):
            yield login.lower(), is_me


def _link(address: str) -> str:
    return format_html('<a href="{0}" rel="nofollow noopener ugc" target="_blank">{0}</a>', address)


def _name(text: str, *, is_me: bool) -> str:
    mark = mark_safe(" data-me") if is_me else ""  # nosec B308  # a constant
    return format_html('<span class="convo-mention"{}>{}</span>', mark, text)
