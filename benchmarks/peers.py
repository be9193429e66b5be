"""Other packages beside ours, each in an environment of its own, over a small data set of the same shape.

Twenty conversations between two, one of them long; the inbox, the newest 50 messages and a send. What does not install
or run is told with its error.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from benchmarks.calls import Caller
from benchmarks.data import SIZES, data_set
from benchmarks.options import add_options, prepared
from benchmarks.report import Folder, table
from benchmarks.rounds import Figures, compare, compare_calls
from benchmarks.sends import DOORS, new_message
from benchmarks.workloads import FLOOR, NAIVE, OURS, reads

_ROOT = Path(__file__).parents[1]
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "django-convo-benchmarks"
# As it comes, then with older releases of Django.
_PINS = ("Django", "Django<5.3", "Django<4.3")
_TITLES = {"inbox": "inbox: 20 conversations", "newest": "the newest 50 messages", "send": "a send"}
_DRIVERS = {"postgresql": ["psycopg[binary]"], "sqlite": []}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Peer:
    package: str
    module: str


_PEERS = (
    _Peer(package="django-postman", module="postman"),
    _Peer(package="django-private-chat2", module="private_chat2"),
    _Peer(package="django-df-chat", module="df_chat"),
    _Peer(package="django-messages-drf", module="messages_drf"),
)


def main(arguments: list[str]) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks peers", description=__doc__)
    add_options(parser)
    parser.set_defaults(size="10k")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where the environments are kept")
    options = parser.parse_args(arguments)
    folder = Folder(options.output)
    found = _own(options)
    lacks: dict[str, dict[str, str]] = {name: {} for name in found}
    for peer in _PEERS:
        result, errors = _run(peer, options)
        for error in errors:
            print(f"{peer.package}: {error}", flush=True)
        if result is None:
            continue
        print(f"{peer.package}: runs on Django {result['django']}", flush=True)
        for name, figures in result["figures"].items():
            found[name][peer.package] = Figures(**figures)
        for name, reason in result["lacks"].items():
            lacks[name][peer.package] = reason
    print()
    for name, figures in found.items():
        print(table(_TITLES[name], figures, lacks[name]), flush=True)
        folder.write(f"peers_{name}", _TITLES[name], figures, lacks=lacks[name])


def _own(options: argparse.Namespace) -> dict[str, dict[str, Figures]]:
    """Measure ours, the floor and naive."""
    size, limits = SIZES[options.size], {"rounds": options.rounds, "seconds": options.seconds}
    caller, names = Caller(), (FLOOR, NAIVE, OURS)
    with prepared(), data_set(size, fresh=options.fresh, keep=not options.drop) as cast:
        asked = {workload.name: workload.requests for workload in reads(cast, size)}
        found = {name: compare({key: asked[name][key] for key in names}, **limits) for name in ("inbox", "newest")}

        def send(door: str) -> Any:
            return lambda _: len(caller(new_message(door, cast.writer, cast.pair)).body)

        found["send"] = compare_calls({name: send(DOORS[name]) for name in names}, **limits)
    return found


def _run(peer: _Peer, options: argparse.Namespace) -> tuple[dict[str, Any] | None, list[str]]:
    """Return what the peer's site printed, or None; and what went wrong on the way."""
    errors = []
    for pin in _PINS:
        python, error = _environment(peer, pin, options.cache)
        if error is None:
            result, error = _measure(peer, python, options)
            if result is not None:
                return result, errors
        errors.append(f"not with {pin}: {error}")
    return None, errors


def _environment(peer: _Peer, pin: str, cache: Path) -> tuple[Path, str | None]:
    """Make the environment, unless it is there; return its Python, or what the installation said last."""
    name = f"{peer.package}-{pin.replace('<', '-')}-{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache / name
    python, done = folder / "bin" / "python", folder / "installed"
    if done.exists():
        return python, None
    venv.create(folder, with_pip=True, clear=True)
    # Some of the packages of before ask for setuptools without saying so.
    wanted = [peer.package, pin, "setuptools<81", *_DRIVERS[connection.vendor]]
    ran = subprocess.run([python, "-m", "pip", "install", "-q", *wanted], capture_output=True, text=True)
    if ran.returncode:
        return python, _last_line(ran.stderr)
    done.touch()
    return python, None


def _measure(peer: _Peer, python: Path, options: argparse.Namespace) -> tuple[dict[str, Any] | None, str | None]:
    database = {key: connection.settings_dict[key] for key in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")}
    name = str(connection.settings_dict["NAME"])
    is_file = connection.vendor == "sqlite"
    database["TEST"] = {"NAME": f"{name}.peer" if is_file else f"convo_benchmark_peer_{peer.module}"}
    facts = {"database": database, "rounds": options.rounds, "seconds": options.seconds}
    command = [python, "-m", "benchmarks.peer_sites.run", peer.module, json.dumps(facts)]
    ran = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True)
    if ran.returncode:
        return None, _last_line(ran.stderr)
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return result, None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no word about why"])[-1]
