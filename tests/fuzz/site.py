"""The site as it is asked: in this process, by WSGI, each request in a transaction that is undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import TestCase
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.meta import CoverageScenario
from schemathesis.specs.openapi.checks import negative_data_rejection
from werkzeug.test import Client

from tests.fuzz.furnish import Furnisher, digest
from tests.fuzz.world import ACTORS, World

SEED = 20_261_127
# Wrong in a way that no leniency of HTML forms or of DRF's fields covers: to them an empty parameter is none, a number
# may stand for a text and a 0 for false. `tests/api/test_hostile_input.py` has the table of what is taken for what.
REFUSED = {
    CoverageScenario.OBJECT_MISSING_REQUIRED_PROPERTY,
    CoverageScenario.MISSING_PARAMETER,
    CoverageScenario.INVALID_ENUM_VALUE,
    CoverageScenario.VALUE_ABOVE_MAXIMUM,
    CoverageScenario.VALUE_BELOW_MINIMUM,
    CoverageScenario.STRING_ABOVE_MAX_LENGTH,
}
CONFIG = {
    "seed": SEED,
    "checks": {
        # More is asked of a request than a schema can say: an id of what is there, a time that lies ahead.
        "positive_data_acceptance": {"enabled": False},
    },
    "operations": [
        # By WSGI no stream is held open, and says so.
        {"include-path": "/api/stream/", "checks": {"not_a_server_error": {"expected-statuses": ["2XX", "4XX", 501]}}},
    ],
}
APPLICATION = get_wsgi_application()
SCHEMA = schemathesis.openapi.from_wsgi(
    "/api/schema/?format=json", APPLICATION, config=SchemathesisConfig.from_dict(CONFIG)
)


class Site:
    """Plays cases, each as one of the actors, and counts the answers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._answers: Counter[tuple[str, int]] = Counter()

    def taken(self) -> list[tuple[str, int, int]]:
        """Return how often which operation was answered with which status since this was asked last."""
        found, self._answers = self._answers, Counter()
        return [(operation, status, count) for (operation, status), count in found.items()]

    def play(self, case: Any) -> None:
        """Make one request to the world as it was made, and check its answer."""
        # By the case, as all that is done to it.
        actor = ACTORS[digest(case) % len(ACTORS)]
        with undone():
            self.furnish(case, actor)
            self.check(case, self.call(case, actor), actor)

    def furnish(self, case: Any, actor: str) -> None:
        """Let the request be about what is there."""
        client, headers = Client(APPLICATION), self._login(actor)

        def get(address: str, query: dict[str, Any]) -> Any:
            answer = client.get(address, query_string=query, headers=headers)
            return answer.json if answer.status_code == 200 else None

        def post(address: str, body: dict[str, Any]) -> Any:
            return client.post(address, json=body, headers=headers).json

        Furnisher(self._world, get=get, post=post).furnish(case)

    def call(self, case: Any, actor: str) -> Any:
        """Return the answer, after what follows a commit."""
        with TestCase.captureOnCommitCallbacks(execute=True):
            response = case.call(headers=self._credentials(case, actor))
        self._answers[case.operation.label, response.status_code] += 1
        return response

    def check(self, case: Any, response: Any, actor: str) -> None:
        """Hold the answer against the document; raises what does not fit."""
        headers = self._credentials(case, actor)
        case.validate_response(
            response,
            headers=headers,
            transport_kwargs={"headers": headers} if headers else None,
            excluded_checks=[] if is_to_be_refused(case) else [negative_data_rejection],
        )

    def _login(self, actor: str) -> dict[str, str]:
        return {"Authorization": f"Token {self._world.tokens[actor]}"}

    def _credentials(self, case: Any, actor: str) -> dict[str, str] | None:
        """Return the actor's, unless the case is about their absence."""
        made = None if case.meta is None else case.meta.phase.data
        is_without = str(getattr(made, "parameter", "")).lower() == "authorization"
        return None if is_without else self._login(actor)


def is_to_be_refused(case: Any) -> bool:
    """Say whether the case is wrong beyond doubt."""
    made = None if case.meta is None else case.meta.phase.data
    return getattr(made, "scenario", None) in REFUSED and "" not in (case.query or {}).values()


@contextmanager
def kept_open() -> Iterator[None]:
    """Let a request leave the connection open, which is in a transaction of ours, as Django's own test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is written meanwhile; what was counted against a limit as well."""
    cache.clear()
    with kept_open(), transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)
