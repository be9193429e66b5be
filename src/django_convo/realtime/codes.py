"""With which code a socket is closed. `docs/reference/errors.md` has a row for each."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class CloseCode(IntEnum):
    """The application's own range of RFC 6455, each as near to a status of HTTP as there is one."""

    MALFORMED = 4400
    LOGGED_OUT = 4401
    FOREIGN_ORIGIN = 4403
    TOO_SLOW = 4408
    TOO_MANY_CONNECTIONS = 4409
    FRAME_TOO_LARGE = 4413
    NO_TEXT = 4415
    BANNED = 4423
    TOO_MANY_FRAMES = 4429
    TRY_AGAIN = 4503


# What is said with the code; never a word about whether somebody exists.
REASONS: Final = {
    CloseCode.MALFORMED: "malformed",
    CloseCode.LOGGED_OUT: "logged_out",
    CloseCode.FOREIGN_ORIGIN: "foreign_origin",
    CloseCode.TOO_SLOW: "too_slow",
    CloseCode.TOO_MANY_CONNECTIONS: "too_many_connections",
    CloseCode.FRAME_TOO_LARGE: "frame_too_large",
    CloseCode.NO_TEXT: "no_text",
    CloseCode.BANNED: "banned",
    CloseCode.TOO_MANY_FRAMES: "too_many_frames",
    CloseCode.TRY_AGAIN: "try_again",
}
