"""No request is answered 5xx, with a status that is not in the document, or with what is outside its schema."""

from __future__ import annotations

from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis")

from tests.fuzz.site import SCHEMA, Site  # noqa: E402

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db]


@SCHEMA.parametrize()
def test_answer_is_as_documented(case: Any, site: Site) -> None:
    site.play(case)
