"""The project around the app, and the checks' own registration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import registry
from django.core.management import call_command

import django_convo.checks
from django_convo.api.throttles import DEFAULT_RATES
from django_convo.checks import ALWAYS, ON_DEPLOY, TAG
from django_convo.checks.site import REDIS_CACHE, check_rest_framework_is_installed, check_throttle_cache
from tests.checks.found import found, only

ROOT = Path(__file__).parents[2]


def test_missing_rest_framework_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    is_installed = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "rest_framework" and is_installed(name))

    message = only(check_rest_framework_is_installed)

    assert message.id == "django_convo.E001"
    assert message.hint == 'INSTALLED_APPS = [..., "rest_framework", "django_convo"]'


def test_installed_rest_framework_is_fine() -> None:
    assert found(check_rest_framework_is_installed) == []


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_throttles_on_a_cache_of_the_process_are_a_warning(settings: Any, backend: str) -> None:
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    settings.CONVO_THROTTLE_RATES = {}

    message = only(check_throttle_cache)

    assert message.id == "django_convo.W004"
    assert message.hint == REDIS_CACHE


@pytest.mark.parametrize("backend", ["redis.RedisCache", "db.DatabaseCache"])
def test_throttles_on_a_shared_cache_are_fine(settings: Any, backend: str) -> None:
    settings.CACHES = {
        "default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": "redis://localhost"}
    }
    settings.CONVO_THROTTLE_RATES = {}

    assert found(check_throttle_cache) == []


def test_any_cache_will_do_without_throttles(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.CONVO_THROTTLE_RATES = dict.fromkeys(DEFAULT_RATES)
    assert found(check_throttle_cache) == []

    settings.CONVO_THROTTLE_RATES = {"send": None, "create": None, "register": None}
    assert found(check_throttle_cache) == ["W004"]


def test_checks_run_with_the_command() -> None:
    registered = {check for check in registry.registry.get_checks(include_deployment_checks=True) if TAG in check.tags}

    assert registered == {*ALWAYS, *ON_DEPLOY}
    assert not set(ON_DEPLOY) & set(registry.registry.get_checks())
    call_command("check", tags=[TAG], fail_level="WARNING")


def code_of_checks() -> str:
    """Return the source of the checks, those of the brokers included."""
    folder = Path(django_convo.checks.__file__).parent
    files = [*folder.glob("*.py"), *(folder.parent / "realtime" / "brokers").glob("*.py")]
    return "".join(path.read_text(encoding="utf-8") for path in files)


def test_table_of_checks_names_each_once() -> None:
    code = code_of_checks()
    used = re.findall(r'id="django_convo\.([EW]\d{3})"', code)
    page = (ROOT / "docs" / "reference" / "checks.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `django_convo\.([EW]\d{3})` \|", page, flags=re.MULTILINE)

    assert len(used) == len(set(used))
    assert listed == sorted(used)


def test_every_check_has_a_test() -> None:
    code = code_of_checks()
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))

    used = set(re.findall(r'id="django_convo\.([EW]\d{3})"', code))

    assert {number for number in used if number in re.findall(r"[EW]\d{3}", tests)} == used
