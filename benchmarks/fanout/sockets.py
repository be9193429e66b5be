"""The lightest client there can be: it counts the frames that are published, and notes how old they are."""

from __future__ import annotations

import asyncio
import os
import sys
from array import array
from collections.abc import Callable
from time import monotonic_ns
from typing import cast

from .frames import DIGITS, MARK

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA


class Tally:
    """What all sockets of a process have received."""

    def __init__(self) -> None:
        self.received = 0
        self.bytes = 0
        self.lost_connections = 0
        self.ages = array("q")

    def clear(self) -> None:
        """Count anew."""
        self.received = self.bytes = 0
        self.ages = array("q")

    def note(self, data: bytes, place: int) -> None:
        """Count a frame, whose time stands behind the place of a mark."""
        self.received += 1
        start = place + len(MARK)
        self.ages.append(monotonic_ns() - int(data[start : start + DIGITS]))


class Client(asyncio.Protocol):
    """One connection; `opened` is called once it is served."""

    def __init__(self, request: bytes, hello: str, tally: Tally, opened: Callable[[], None]) -> None:
        self._request = request
        self._hello = hello
        self._tally = tally
        self._opened: Callable[[], None] | None = opened
        self._is_upgraded = False
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        self._tally.lost_connections += 1

    def has_opened(self) -> None:
        """Tell that it is served."""
        if self._opened is not None:
            self._opened()
            self._opened = None

    def head(self, data: bytes, status: bytes) -> bytes | None:
        """Return what follows the head of the answer; None where that has not come yet."""
        head, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            self._rest = data
            return None
        if status not in head.partition(b"\r\n")[0]:
            raise RuntimeError(data[:500].decode())
        self._is_upgraded = True
        self._rest = b""
        return rest


class SocketClient(Client):
    """A WebSocket, also with socket.io upon it."""

    def data_received(self, data: bytes) -> None:
        tally = self._tally
        tally.bytes += len(data)
        if self._rest:
            data = self._rest + data
        if not self._is_upgraded:
            rest = self.head(data, b" 101 ")
            if rest is None:
                return
            if self._hello:
                self._say(_TEXT, self._hello.encode())
            data = rest
        start, end = 0, len(data)
        while end - start >= 2:
            first, length = data[start], data[start + 1]
            body = start + 2
            if length >= 126:
                wide = 2 if length == 126 else 8
                if end - body < wide:
                    break
                length = int.from_bytes(data[body : body + wide], "big")
                body += wide
            if end - body < length:
                break
            start = body + length
            kind = first & 0xF
            # The bytes of a ping are by chance.
            place = data.find(MARK, body, start) if kind == _TEXT else -1
            if place >= 0:
                tally.note(data, place)
            else:
                self._hear(kind, data[body:start])
        self._rest = data[start:] if start < end else b""

    def _hear(self, kind: int, body: bytes) -> None:
        if kind == _PING:
            self._say(_PONG, body)
        elif kind == _CLOSE:
            print("A server has closed a socket:", body, file=sys.stderr)
        elif kind != _TEXT:
            return
        elif body.startswith(b"0{"):
            self._say(_TEXT, b"40")
        elif body == b"2":
            self._say(_TEXT, b"3")
        else:
            self.has_opened()

    def _say(self, kind: int, body: bytes) -> None:
        # Masked by zeros, which any server takes.
        self.transport.write(bytes((0x80 | kind, 0x80 | len(body), 0, 0, 0, 0)) + body)


class StreamClient(Client):
    """A stream of server-sent events."""

    def data_received(self, data: bytes) -> None:
        tally = self._tally
        tally.bytes += len(data)
        if self._rest:
            data = self._rest + data
        if not self._is_upgraded:
            rest = self.head(data, b" 200 ")
            if rest is None:
                return
            data = rest
        if data:
            self.has_opened()
        start = 0
        while (place := data.find(MARK, start)) >= 0 and len(data) - place >= len(MARK) + DIGITS:
            tally.note(data, place)
            start = place + len(MARK) + DIGITS
        # A mark and its time may come in two pieces.
        self._rest = data[max(start, len(data) - len(MARK) - DIGITS + 1) :]


def request_of(kind: str, port: int, path: str, cookie: str) -> bytes:
    """Return the request that opens a connection."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if kind == "socket":
        key = os.urandom(16).hex()[:22] + "=="
        lines += ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}"]
        lines += ["Sec-WebSocket-Version: 13"]
    else:
        lines.append("Accept: text/event-stream")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
