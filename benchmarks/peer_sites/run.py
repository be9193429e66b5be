"""`python -m benchmarks.peer_sites.run <module> <facts>`, in the environment of that package; prints JSON."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import django
from django.conf import settings
from django.urls import include, path

from benchmarks.calls import Caller, Request
from benchmarks.peer_sites.base import CONVERSATIONS, Site

urlpatterns: list[Any] = []


def main(module: str, facts: dict[str, Any]) -> None:
    """Measure the site, and drop what it was filled with."""
    site: Site = importlib.import_module(f"benchmarks.peer_sites.{module}").SITE
    _configure(site, facts["database"])
    django.setup()
    urlpatterns.append(path("peer/", include(site.urls)))
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        results = _measured(site, facts)
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)
    print(json.dumps({"django": django.get_version(), "figures": results, "lacks": dict(site.lacks)}))


def _measured(site: Site, facts: dict[str, Any]) -> dict[str, Any]:
    from django.contrib.auth import get_user_model

    from benchmarks.rounds import compare_calls

    manager = get_user_model().objects
    names = [f"user{number}" for number in range(CONVERSATIONS + 1)]
    reader, *others = (manager.create(username=name, first_name=name, last_name="Tester") for name in names)
    caller = Caller()

    def call(ask: Request | Callable[[int], Request]) -> Callable[[int], int]:
        return lambda number: len(caller(ask if isinstance(ask, Request) else ask(number)).body)

    figures = {}
    for name, ask in site.seed(reader, others).items():
        taken = compare_calls({name: call(ask)}, rounds=facts["rounds"], seconds=facts["seconds"])
        figures[name] = asdict(taken[name])
    return figures


def _configure(site: Site, database: dict[str, Any]) -> None:
    settings.configure(
        SECRET_KEY="only to measure",
        ALLOWED_HOSTS=["testserver"],
        USE_TZ=True,
        ROOT_URLCONF=__name__,
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages", *site.apps],
        MIDDLEWARE=["benchmarks.peer_sites.base.named_user"],
        DATABASES={"default": {**database, "CONN_MAX_AGE": None}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        **site.settings,
    )


if __name__ == "__main__":
    # As a module of the package, whose `urlpatterns` Django finds by name.
    from benchmarks.peer_sites import run

    run.main(sys.argv[1], json.loads(sys.argv[2]))
