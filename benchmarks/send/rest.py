"""Over REST: gunicorn with two processes, and clients on loopback that wait for each answer."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import monotonic
from typing import Any
from uuid import uuid4

from django.db import connection
from tests.people import make_group, make_user
from tests.serving import free_port, wait_for

# Ours by the statement that PostgreSQL has, ours by the way that every database has, and the naive app.
CONTESTANTS = ("naive", "ours, portable", "ours")


def run(options: argparse.Namespace) -> None:
    """Print answers a second."""
    people = [make_user(f"client{number}") for number in range(options.writers)]
    groups = [make_group(user, *(make_user() for _ in range(2))) for user in people]
    figures: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    with _server() as plain, _server(CONVO_BENCHMARK_PORTABLE="1") as portable:
        ports = {"naive": plain, "ours, portable": portable, "ours": plain}
        for _ in range(options.rounds):
            for name, port in ports.items():
                figures[name].append(_load(name, port, people, groups, options.seconds))
    naive = median(figures["naive"])
    print(f"\nOver REST, {options.writers} clients, 2 processes: messages a second")
    for name, rates in figures.items():
        print(f"  {name:34} {median(rates):8.0f}   {median(rates) / naive:5.2f} times")


def _load(name: str, port: int, people: list[Any], groups: list[Any], seconds: int) -> float:
    counts, end = [0] * len(people), monotonic() + seconds

    def work(number: int) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Content-Type": "application/json", "X-User": str(people[number].pk)}
        key = str(groups[number].pk)
        path = "/naive/messages/" if name == "naive" else f"/api/conversations/{key}/messages/"
        while monotonic() < end:
            body = {"message_body": "The boat comes tomorrow before noon"}
            body |= {"conversation": key} if name == "naive" else {"client_id": uuid4().hex}
            client.request("POST", path, json.dumps(body), headers)
            answer = client.getresponse()
            text = answer.read()
            if answer.status != 201:
                raise RuntimeError(text)
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(people))]
    started = monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not all(counts):
        raise RuntimeError(f"{name}: somebody was not answered")
    return sum(counts) / (monotonic() - started)


@contextmanager
def _server(**variables: str) -> Iterator[int]:
    port = free_port()
    names = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.send.site",
        "CONVO_BENCHMARK_DATABASE": connection.settings_dict["NAME"],
    }
    command = [sys.executable, "-m", "gunicorn", "benchmarks.send.wsgi:application", "-b", f"127.0.0.1:{port}"]
    command += ["-w", "2", "-k", "gthread", "--threads", "16", "--keep-alive", "60", "--log-level", "error"]
    process = subprocess.Popen(command, env=os.environ | names | variables)
    try:
        wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(20)
