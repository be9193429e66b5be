from __future__ import annotations

from typing import Any

import pytest

from tests.people import make_group, make_user


@pytest.fixture
def ada() -> Any:
    return make_user("ada")


@pytest.fixture
def group(ada: Any) -> Any:
    return make_group(ada, make_user("bob"))
