"""One request after the other, each about what the ones before have answered with."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis")

from hypothesis import settings  # noqa: E402

from tests.fuzz.site import SCHEMA, Site, undone  # noqa: E402
from tests.fuzz.world import ACTORS  # noqa: E402

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db]

STEPS = 12
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.parametrize("actor", ACTORS)
def test_answer_is_as_documented(actor: str, site: Site) -> None:
    class Sequence(SCHEMA.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.told: set[str] = set()
            self.stack = ExitStack()
            self.stack.enter_context(undone())

        def teardown(self) -> None:
            self.stack.close()

        def before_call(self, case: Any) -> None:
            site.furnish(case, actor, keep=self.told)

        def call(self, case: Any, **kwargs: Any) -> Any:
            return site.call(case, actor)

        def validate_response(self, response: Any, case: Any, **kwargs: Any) -> None:
            site.check(case, response, actor)

        def after_call(self, response: Any, case: Any) -> None:
            self.told.update(_UUID.findall(response.text))

    Sequence.run(settings=settings(Sequence.TestCase.settings, stateful_step_count=STEPS))
