from __future__ import annotations

from tests.actions.conftest import ada, bob, channel, cyd, direct, group, site_admin, stranger

__all__ = ["ada", "bob", "channel", "cyd", "direct", "group", "site_admin", "stranger"]
