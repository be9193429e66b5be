"""A process that sends in threads until its time is over: `python -m benchmarks.send.writer NAME SECONDS TASKS`."""

from __future__ import annotations

import json
import sys
import threading
from time import monotonic, perf_counter
from typing import Any

import django
from django.conf import settings


def main(name: str, seconds: float, tasks: list[Any]) -> None:
    """Send as each of these people to their conversation."""
    settings.DATABASES["default"]["NAME"] = name
    django.setup()
    found: list[tuple[int, int, float]] = []
    gate = threading.Event()
    threads = [threading.Thread(target=_send, args=(*task, seconds, gate, found)) for task in tasks]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    gate.set()
    for thread in threads:
        thread.join()
    sent, errors, longest = zip(*found, strict=True)
    print(json.dumps({"sent": sum(sent), "errors": sum(errors), "longest": max(longest)}), flush=True)


def _send(user: str, key: str, seconds: float, gate: threading.Event, found: list[tuple[int, int, float]]) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection

    from django_convo import actions
    from django_convo.models import get_conversation_model

    actor: Any = get_user_model()._default_manager.get(pk=user)
    conversation = get_conversation_model()._default_manager.get(pk=key)
    sent = errors = 0
    longest = 0.0
    gate.wait()
    end = monotonic() + seconds
    while monotonic() < end:
        started = perf_counter()
        try:
            actions.send_message(actor=actor, conversation=conversation, body=f"hello {sent}")
            sent += 1
        except Exception as error:
            errors += 1
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        longest = max(longest, perf_counter() - started)
    found.append((sent, errors, longest))
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), json.loads(sys.argv[3]))
