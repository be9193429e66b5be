from __future__ import annotations

from typing import Any

import pytest

from django_convo.policy.roles import site_role
from tests.actions.conftest import ada, bob, channel, cyd, direct, group, site_admin, stranger

__all__ = ["ada", "bob", "channel", "cyd", "direct", "group", "site_admin", "stranger"]


@pytest.fixture
def moderator(site_admin: Any) -> Any:
    """Someone with `conversation.moderate_any`."""
    if site_role(site_admin) != "admin":
        pytest.skip("This host's users have no roles.")
    return site_admin
