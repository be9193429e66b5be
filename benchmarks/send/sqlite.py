"""SQLite: many processes that send at once, beside one that sends alone."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from statistics import median
from typing import Any

from django.db import connection
from tests.people import make_group, make_user

PROCESSES = 8


def run(options: argparse.Namespace) -> None:
    """Print messages a second, errors and the longest wait."""
    people = [make_user(f"writer{number}") for number in range(options.writers)]
    tasks = [[str(user.pk), str(make_group(user, make_user(), make_user()).pk)] for user in people]
    one, many = [], []
    for _ in range(options.rounds):
        one.append(_together([tasks[:1]], options.seconds))
        many.append(_together([tasks[number::PROCESSES] for number in range(PROCESSES)], options.seconds))
    alone = median(rate for rate, _, _ in one)
    rate = median(rate for rate, _, _ in many)
    print(f"\n{connection.vendor}: messages a second")
    print(f"  one writer                         {alone:8.0f}")
    print(f"  {options.writers} writers                         {rate:8.0f}   {rate / alone:6.1%}")
    print(f"  errors {sum(errors for _, errors, _ in many)}, longest wait {max(wait for _, _, wait in many):.2f} s")


def _together(shares: list[list[Any]], seconds: int) -> tuple[float, int, float]:
    command = [sys.executable, "-m", "benchmarks.send.writer", str(connection.settings_dict["NAME"]), str(seconds)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
    processes = [
        subprocess.Popen(
            [*command, json.dumps(share)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        for share in shares
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    sent, errors = sum(item["sent"] for item in answers), sum(item["errors"] for item in answers)
    return sent / seconds, errors, max(item["longest"] for item in answers)
