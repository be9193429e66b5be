"""The nginx of docs/howto/deploy.md, as it stands there, without its certificate and on ports that are free."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import HOST, free_port, stop, wait_for

PAGE = Path(__file__).parents[1] / "docs" / "howto" / "deploy.md"
# Forced, since the one who colours it does not know JSON within nginx.
WRITTEN = re.compile(r"^```\{code-block\} nginx\n:force:\n\n(.+?)\n```$", re.MULTILINE | re.DOTALL)
AT_ONCE = "limit_conn rest 256;"


def is_installed() -> bool:
    """Say whether there is an nginx."""
    return shutil.which("nginx") is not None


@contextmanager
def nginx(folder: Path, *, rest: int, sockets: int, at_once: int | None = None) -> Iterator[int]:
    """Run it in front of these ports, and give its own; `at_once` requests of REST, or as many as the page says."""
    port = free_port()
    [written] = WRITTEN.findall(PAGE.read_text())
    servers = _replaced(
        written,
        {
            "listen 443 ssl;": f"listen {HOST}:{port};",
            ":8001;": f":{rest};",
            ":8002;": f":{sockets};",
            AT_ONCE: AT_ONCE if at_once is None else f"limit_conn rest {at_once};",
        },
    )
    places = "".join(
        f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration, log = folder / "nginx.conf", folder / "nginx.log"
    log.touch()
    configuration.write_text(
        f"daemon off;\nerror_log {log};\npid {folder / 'nginx.pid'};\nevents {{ worker_connections 4096; }}\n"
        f"http {{\naccess_log off;\n{places}{servers}\n}}\n"
    )
    process = subprocess.Popen(["nginx", "-e", str(log), "-p", str(folder), "-c", str(configuration)])
    try:
        wait_for(process, port, log)
        yield port
    finally:
        stop(process)


def _replaced(text: str, parts: dict[str, str]) -> str:
    for old, new in parts.items():
        assert old in text, old
        text = text.replace(old, new)
    return text
