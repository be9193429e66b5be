"""The thread in which a process sends its hints, so that nobody who writes waits for a broker."""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from django_convo.realtime.backoff import Backoff
from django_convo.types import Hint

logger = logging.getLogger("django_convo.realtime")

# Hints that wait while a broker is slow; what is beyond is dropped, and found by the sweeps.
MOST_WAITING: Final = 10_000
# Sent in one go at most.
_AT_ONCE: Final = 200
# How long a process that ends waits for its last hints.
_FLUSH_SECONDS: Final = 1.0


class Outbox:
    """Gathers hints and sends them from one thread, which begins with the first of them, anew in a forked process.

    `send` gets them in order; what it raises is logged once a streak, and the hints are dropped.
    """

    def __init__(self, send: Callable[[Sequence[Hint]], None]) -> None:
        self._send = send
        self._pid = 0
        self._lock = threading.Lock()
        self._queue: queue.Queue[Hint | None] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None

    def put(self, hint: Hint) -> None:
        """Send a hint soon; drops it where too many wait."""
        if self._pid != os.getpid():
            self._begin()
        try:
            self._queue.put_nowait(hint)
        except queue.Full:
            logger.warning("More than %d hints wait for the broker: dropping one.", MOST_WAITING)

    def _begin(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._queue = queue.Queue(MOST_WAITING)
            self._thread = threading.Thread(target=self._run, args=(self._queue,), name="convo-outbox", daemon=True)
            self._thread.start()
            self._pid = os.getpid()
            atexit.register(self._flush, self._thread, self._queue)

    @staticmethod
    def _flush(thread: threading.Thread, waiting: queue.Queue[Hint | None]) -> None:
        try:
            waiting.put_nowait(None)
        except queue.Full:
            return
        thread.join(_FLUSH_SECONDS)

    def _run(self, waiting: queue.Queue[Hint | None]) -> None:
        backoff = Backoff()
        while True:
            hints = _take(waiting)
            is_last = None in hints
            try:
                self._send([hint for hint in hints if hint is not None])
                backoff.reset()
            except Exception:
                if backoff.is_fresh:
                    logger.exception("The broker cannot be reached: hints are dropped, and found by the sweeps.")
                if not is_last:
                    time.sleep(backoff.next())
            if is_last:
                return


def _take(waiting: queue.Queue[Hint | None]) -> list[Hint | None]:
    """Wait for one, and take what has gathered behind it."""
    hints = [waiting.get()]
    while len(hints) < _AT_ONCE and hints[-1] is not None:
        try:
            hints.append(waiting.get_nowait())
        except queue.Empty:
            break
    return hints
