"""What can go wrong, as a caller of Python sees it.

    ConvoError                 code, detail
    ├── NotFound               not there, or not for this actor: the two are never told apart
    ├── Denied                 seen, but not allowed
    ├── Invalid                the input is not acceptable; `field` names what
    │   └── InvalidReference   an id that is unknown, unseen or refused: the three are never told apart
    ├── Conflict               the same key was used for something else
    ├── TooSoon                allowed, but not yet; `wait` says when
    └── TryAgain               the database was busy for longer than the retries lasted

Each carries a stable `code` for programs and a translated `detail` for people. Only `api/base.py` knows HTTP statuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class ConvoError(Exception):
    """Base of every error that an action raises on purpose."""

    default_code: ClassVar[str] = "error"
    default_detail: ClassVar[str | _StrPromise] = _("Something went wrong.")

    def __init__(self, code: str | None = None, detail: str | _StrPromise | None = None) -> None:
        self.code = code or self.default_code
        self.detail = detail or self.default_detail
        super().__init__(self.code, self.detail)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class NotFound(ConvoError):
    """The thing does not exist, or the actor may not know that it does."""

    default_code = "not_found"
    default_detail = _("Not found.")


class Denied(ConvoError):
    """The actor sees the thing but may not do this to it. A policy may raise it with a code of its own."""

    default_code = "permission_denied"
    default_detail = _("You do not have permission to perform this action.")


class Invalid(ConvoError):
    """The input cannot be accepted.

    `field` is the argument or JSON field that is wrong, or None where no single one is.
    """

    default_code = "invalid"
    default_detail = _("Invalid input.")

    def __init__(
        self,
        code: str | None = None,
        detail: str | _StrPromise | None = None,
        *,
        field: str | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.field = field


class InvalidReference(Invalid):
    """An id names something that is unknown, unseen or refused."""

    default_code = "invalid_reference"
    default_detail = _("This refers to something that does not exist or that you may not use.")


class Conflict(ConvoError):
    """The request contradicts one that was already carried out."""

    default_code = "conflict"
    default_detail = _("This contradicts an earlier request.")


class TooSoon(ConvoError):
    """The actor may do this, but not yet. `wait` is in seconds."""

    default_code = "too_soon"
    default_detail = _("Wait a moment before you do this again.")

    def __init__(self, code: str | None = None, detail: str | _StrPromise | None = None, *, wait: float = 1) -> None:
        super().__init__(code, detail)
        self.wait = wait


class TryAgain(ConvoError):
    """Other writers were in the way for longer than the retries lasted; nothing was written."""

    default_code = "try_again"
    default_detail = _("The server is busy. Try again in a moment.")
