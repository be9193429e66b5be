"""Who is measured: how each is started, how a client opens it, and how something is published in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_SERVERS = Path(__file__).parent / "servers"
_PACKAGES = ("ws@8", "socket.io@4")
_SCRIPTS = (("ws", "ws.js", "/"), ("socket.io", "socketio.js", "/socket.io/?EIO=4&transport=websocket"))
_SETTINGS = {"DJANGO_SETTINGS_MODULE": "benchmarks.fanout.settings"}
# To which ours answers when it serves the socket; the others say something by themselves.
_PING = '{"type":"ping"}'


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """One server. `publish` names what the publisher is to do."""

    name: str
    command: tuple[str, ...]
    publish: str
    kind: str = "socket"
    path: str = "/"
    hello: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ours: bool = False


def contestants(node_folder: Path | None) -> list[Contestant]:
    """Return all of them; without those on Node where no folder for its packages is given, or there is no Node."""
    found = [
        _ours("ours-memory", publish="post", broker="memory"),
        _ours("ours-redis", publish="send", broker="channels"),
        _ours("ours-database", publish="send", broker="database"),
        _groups("groups-memory", publish="post", layer="memory"),
        _groups("groups-redis", publish="group", layer="redis"),
        _groups("groups-pubsub", publish="group", layer="pubsub"),
        _ours("ours-sse", publish="send", broker="channels", kind="stream", path="/api/stream/"),
        _groups("groups-sse", publish="group", layer="pubsub", kind="stream", path="/stream/"),
    ]
    if node_folder is not None and shutil.which("node") and shutil.which("npm"):
        _install(node_folder)
        environment = {"NODE_PATH": str(node_folder / "node_modules")}
        for name, script, path in _SCRIPTS:
            command = ("node", str(_SERVERS / script), "{port}")
            found.append(Contestant(name=name, command=command, publish="post", path=path, environment=environment))
    return found


def _ours(name: str, *, publish: str, broker: str, kind: str = "socket", path: str = "/ws/convo/") -> Contestant:
    return Contestant(
        name=name,
        command=_uvicorn("ours"),
        publish=publish,
        kind=kind,
        path=path,
        hello=_PING if kind == "socket" else "",
        environment={**_SETTINGS, "CONVO_FANOUT_BROKER": broker, "CONVO_FANOUT_LAYER": "pubsub"},
        is_ours=True,
    )


def _groups(name: str, *, publish: str, layer: str, kind: str = "socket", path: str = "/") -> Contestant:
    return Contestant(
        name=name,
        command=_uvicorn("groups"),
        publish=publish,
        kind=kind,
        path=path,
        environment={**_SETTINGS, "CONVO_FANOUT_LAYER": layer},
    )


def _uvicorn(module: str) -> tuple[str, ...]:
    command = (sys.executable, "-m", "uvicorn", f"benchmarks.fanout.servers.{module}:application")
    options = ("--port", "{port}", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false")
    return (*command, *options, "--lifespan", "off", "--log-level", "warning", "--backlog", "4096")


def _install(folder: Path) -> None:
    if not (folder / "node_modules" / "socket.io").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *_PACKAGES]
        subprocess.run(command, check=True)
