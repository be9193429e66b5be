"""A user as the pages show one: a name, and a face or the letters in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django_convo.api.users.cards import avatar_of, name_of

# As many colours of faces as the style sheet has.
HUES: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody, or something that has a name, such as a group."""

    user_id: str
    name: str
    avatar: str | None = None

    @property
    def initials(self) -> str:
        """The first letters of the first and of the last word of the name."""
        words = self.name.split()
        return "".join(word[0] for word in (words if len(words) < 3 else (words[0], words[-1]))).upper()

    @property
    def hue(self) -> int:
        """Which colour the face has; a script reckons the same."""
        return sum(map(ord, self.user_id)) % HUES


NOBODY: Final = Person(user_id="", name="")


def person_of(user: Any | None) -> Person | None:
    """Return how a user is shown; None for the site, and for somebody who is gone."""
    if user is None:
        return None
    return Person(user_id=str(user.pk), name=name_of(user), avatar=avatar_of(user))
