"""Frames written ready-made to the transport of uvicorn's sockets: at half the cost of handing them over by ASGI.

Only where the server is the one that this knows, and nothing stands between it and the consumer. Whatever else serves
a socket gets its frames by ASGI; so does this one where it has to wait.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

_UVICORN: Final = "uvicorn.protocols.websockets.websockets_sansio_impl"
_CLASS: Final = "WebSocketsSansIOProtocol"
# What is read from a socket of uvicorn's. It is no interface that is promised: a version without it is not touched.
_KNOWN: Final = ("conn", "disconnected", "initial_response", "transport", "writable")


def direct_write(send: Any) -> Callable[[str], bool] | None:
    """Return what writes a frame if the socket takes it at once, and says whether it does; None for other servers.

    `send` is what the server gave to the consumer; the socket has been accepted.
    """
    # Where uvicorn serves it, it is imported already.
    known = getattr(sys.modules.get(_UVICORN), _CLASS, None)
    protocol: Any = getattr(send, "__self__", None)
    if known is None or type(protocol) is not known or getattr(send, "__func__", None) is not known.send:
        return None
    if not all(hasattr(protocol, name) for name in _KNOWN) or protocol.initial_response is not None:
        return None
    connection = protocol.conn
    # With extensions frames are compressed, for each socket anew.
    if getattr(connection, "extensions", None) != [] or getattr(connection.state, "name", None) != "OPEN":
        return None
    return _Writer(protocol).take


class _Writer:
    """One socket, with what uvicorn's `send` looks at before it writes."""

    __slots__ = ("_open", "_protocol")

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._open = protocol.conn.state

    def take(self, text: str) -> bool:
        """Write a frame, unless what was written before is still on its way, or the socket is being closed."""
        protocol = self._protocol
        if (
            protocol.disconnected
            # As soon as a close has been sent it is another.
            or protocol.conn.state is not self._open
            or not protocol.writable.is_set()
        ):
            return False
        protocol.transport.write(_frame(text))
        return True


@lru_cache(maxsize=16)
def _frame(text: str) -> bytes:
    """Return a frame of RFC 6455 as `websockets` makes it, once for all who get the same text."""
    frames = sys.modules["websockets.frames"]
    frame: bytes = frames.Frame(frames.Opcode.TEXT, text.encode()).serialize(mask=False, extensions=[])
    return frame
