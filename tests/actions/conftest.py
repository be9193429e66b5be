from __future__ import annotations

from typing import Any

import pytest

from django_convo.models import AbstractConversation
from tests.people import make_direct, make_group, make_user


@pytest.fixture
def ada(db: None) -> Any:
    return make_user("ada")


@pytest.fixture
def bob(db: None) -> Any:
    return make_user("bob")


@pytest.fixture
def cyd(db: None) -> Any:
    return make_user("cyd")


@pytest.fixture
def stranger(db: None) -> Any:
    return make_user("stranger")


@pytest.fixture
def site_admin(db: None) -> Any:
    return make_user("site-admin", is_admin=True)


@pytest.fixture
def group(ada: Any, bob: Any, cyd: Any) -> AbstractConversation:
    """Ada owns it, Bob moderates, Cyd is a member."""
    return make_group(ada, bob, cyd, roles={bob.pk: "moderator"})


@pytest.fixture
def channel(ada: Any) -> AbstractConversation:
    return make_group(ada, kind="channel")


@pytest.fixture
def direct(ada: Any, bob: Any) -> AbstractConversation:
    return make_direct(ada, bob)
