"""The example, served to clients that were generated, and people who talk through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.example.site import ROOT, Site

DOCUMENT = ROOT / "docs" / "reference" / "openapi.yaml"
PASSWORD = "kestrel-4711-lamp"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody with a token."""

    user_id: str
    token: str


Register = Callable[[str], Person]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the example is served, with nobody in it yet."""
    site = Site(folder=tmp_path_factory.mktemp("example"))
    made = site.manage("demo", "--empty", "--no-serve")
    assert made.returncode == 0, made.stderr
    with site.served("--empty") as address:
        yield address


@pytest.fixture
def register(address: str, tmp_path: Path) -> Register:
    """Return what registers somebody and fetches them a token, which is the host's business."""

    def make(name: str) -> Person:
        email = f"{name}.{tmp_path.name}@clients.example"
        user = {"first_name": name.capitalize(), "last_name": "Tester", "email": email, "password": PASSWORD}
        with httpx.Client(base_url=f"{address}/api", trust_env=False) as client:
            registered = client.post("/users/", json=user)
            assert registered.status_code == 201, registered.text
            issued = client.post("/token/", json={"username": email, "password": PASSWORD})
        return Person(user_id=registered.json()["user_id"], token=issued.json()["token"])

    return make
