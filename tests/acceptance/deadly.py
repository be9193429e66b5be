"""A broker that ends its process where a hint should go out: killed between the commit and the hint."""

from __future__ import annotations

import os
import signal
from typing import ClassVar

from django_convo.realtime.brokers.memory import MemoryBroker
from django_convo.types import Hint


class DeadlyBroker(MemoryBroker):
    """Tells nobody of anything."""

    supports_processes: ClassVar[bool] = False

    def publish(self, hint: Hint) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
