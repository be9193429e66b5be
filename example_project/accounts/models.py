"""The site's user model: all of it comes from the abstract one."""

from __future__ import annotations

from django_convo.contrib.accounts.models import AbstractAccount


class User(AbstractAccount):
    """Somebody who stays, lets others stay, or runs the site."""
