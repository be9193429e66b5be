"""Each workload runs, on a data set as small as can be, and its contestants give the same answers.

A process of its own: the benchmarks have settings of their own, which Django REST Framework reads once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.exhaustive


def run(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run a workload in SQLite, and return what it wrote."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.contestants.settings",
        "CONVO_TEST_DATABASE": "sqlite",
        "CONVO_TEST_FOLDER": str(folder),
    }
    output = folder / arguments[0]
    small = ("--size", "tiny", "--rounds", "1", "--output", str(output))
    command = [sys.executable, "-W", "error", "-m", "benchmarks", *arguments, *small]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.stem: json.loads(path.read_text()) for path in output.glob("*.json")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the data set stands that all of them use."""
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="module")
def reads(folder: Path) -> dict[str, Any]:
    return run(folder, "reads")


def test_reads_run_beside_their_floor(reads: dict[str, Any]) -> None:
    # That the answers agree is asked by the run itself, which fails otherwise.
    assert reads.keys() == {
        "inbox",
        "inbox_busy",
        "newest",
        "full",
        "deep",
        "around",
        "unread",
        "unread_busy",
        "sync",
        "search_rare",
        "search_frequent",
    }
    assert all({"ours", "floor"} <= result["figures"].keys() for result in reads.values())


def test_reads_count_the_queries(reads: dict[str, Any]) -> None:
    queries = {
        name: result["figures"]["naive"]["queries"] for name, result in reads.items() if "naive" in result["figures"]
    }

    floor = {name: result["figures"]["floor"]["queries"] for name, result in reads.items()}

    assert floor["newest"] == floor["unread"] == 1
    assert floor["inbox"] == floor["full"] == 2
    assert queries["newest"] > 50


def test_sends_go_through_every_door(folder: Path) -> None:
    # The run fails where the floor answers otherwise, or takes another number.
    sends = run(folder, "sends")

    assert sends.keys() == {"send_hot", "send_many", "send_pair", "send_large"}
    assert all(result["figures"].keys() == {"floor", "naive", "ours"} for result in sends.values())


def test_server_answers_all_that_people_do(folder: Path) -> None:
    pytest.importorskip("gunicorn")
    mixed = run(folder, "mixed", "--seconds", "0.2", "--turns", "1", "--clients", "2", "--workers", "1")

    assert mixed.keys() == {"mixed", "mixed_common", "sends_many", "sends_hot"}
    assert all(figures["per_second"] > 0 for result in mixed.values() for figures in result["figures"].values())
    assert not any(figures["refused"] for result in mixed.values() for figures in result["figures"].values())


def test_endurance_is_asked_for_a_share_a_burst_and_afterwards(folder: Path) -> None:
    pytest.importorskip("gunicorn")
    options = ("--seconds", "2", "--burst-seconds", "0.2", "--clients", "2", "--workers", "1")
    figures = run(folder, "endurance", *options)["endurance"]["figures"]

    assert figures.keys() == {"share", "burst", "after"}
    assert all(phase["answered"] and phase["memory_mib"] for phase in figures.values())
    assert figures["after"]["differences"] == 0


def test_growth_compares_sizes(folder: Path) -> None:
    grown = run(folder, "growth", "--sizes", "tiny,tiny", "--only", "newest,deep")

    assert grown.keys() == {"growth_newest", "growth_deep", "growth_send_many", "growth_send_large"}
