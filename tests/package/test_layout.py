"""The map of the rooms in the docs shows the floors that import-linter holds, in their order."""

from __future__ import annotations

import re
import sys
from itertools import chain

import pytest

from tests.package.conftest import ROOT, SOURCE

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it along

pytestmark = pytest.mark.package


def rooms_in_contract() -> list[set[str]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    floors = [set(re.findall(r"\w+", layer)) for layer in layers]
    return [rooms for rooms in (floor & rooms_in_package() for floor in floors) if rooms]


def rooms_in_docs() -> list[set[str]]:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs" / "why" / "layout.md").read_text(), flags=re.MULTILINE)
    return [{name.removesuffix(".py").rstrip("/") for name in re.findall(r"`(.*?)`", row)} for row in rows]


def rooms_in_package() -> set[str]:
    return {
        path.stem for path in (SOURCE / "django_convo").iterdir() if path.suffix == ".py" or any(path.rglob("*.py"))
    }


def test_map_shows_each_floor_in_order() -> None:
    assert rooms_in_docs() == rooms_in_contract()


def test_map_leaves_out_no_room() -> None:
    beside = {"migrations", "locale", "__init__", "__pycache__"}
    assert set(chain.from_iterable(rooms_in_docs())) >= rooms_in_package() - beside
