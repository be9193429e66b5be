"""The user model of most test projects: `contrib.accounts`' abstract user as a host would take it."""

from __future__ import annotations

from django_convo.contrib.accounts.models import AbstractAccount


class User(AbstractAccount):
    class Meta(AbstractAccount.Meta):
        pass
