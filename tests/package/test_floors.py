"""The floors environment has installed exactly the oldest releases that pyproject.toml admits."""

from __future__ import annotations

from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

pytestmark = pytest.mark.floors


def floors() -> list[tuple[str, Version]]:
    """Return the packages that the suite needs, each with the oldest release that the metadata admits."""
    wanted = [Requirement(line) for line in requires("django-convo") or []]
    return [
        (requirement.name, Version(next(item.version for item in requirement.specifier if item.operator == ">=")))
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate({"extra": "openapi"})
    ]


def test_installed_release_is_the_oldest_one() -> None:
    oldest = floors()
    assert len(oldest) == 4
    assert {name: Version(version(name)) for name, _ in oldest} == dict(oldest)
