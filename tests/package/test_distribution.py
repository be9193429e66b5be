"""The wheel holds everything that runs, and the sdist everything that builds and tests it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.package.conftest import SOURCE, Distribution

pytestmark = pytest.mark.package


def shipped_files() -> set[str]:
    """Return every file of the package as it stands in the checkout, what Python and editors leave behind apart."""
    return {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "django_convo").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".pyc", ".pyo", ".swp"}
    }


def wheel_files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_every_file_of_the_package_and_nothing_else(distribution: Distribution) -> None:
    in_package = {name for name in wheel_files(distribution.wheel) if ".dist-info/" not in name}
    assert in_package == shipped_files()


def test_wheel_says_that_it_is_typed(distribution: Distribution) -> None:
    assert "django_convo/py.typed" in wheel_files(distribution.wheel)


def test_wheel_holds_each_translation_compiled(distribution: Distribution) -> None:
    files = wheel_files(distribution.wheel)
    translations = {name for name in files if name.endswith(".po")}
    assert {f"{name.removesuffix('.po')}.mo" for name in translations} <= files


def test_wheel_requires_three_packages(distribution: Distribution) -> None:
    with zipfile.ZipFile(distribution.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(line.split(">=")[0].lower() for line in required) == [
        "django",
        "django-model-utils",
        "djangorestframework",
    ]


def test_wheel_carries_the_licence(distribution: Distribution) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel_files(distribution.wheel))


def test_sdist_holds_what_builds_and_tests_it(distribution: Distribution) -> None:
    with tarfile.open(distribution.sdist) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "tox.ini",
        "docs/conf.py",
        "tests/package/test_distribution.py",
    } <= files


def test_registry_would_accept_both(distribution: Distribution) -> None:
    subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(distribution.wheel), str(distribution.sdist)],
        check=True,
    )
