"""`flush`, as the suite runs it after each test that commits: what is empty stays as it is, and so do models' names.

Django's own truncates all tables, and then writes the content types and the permissions of all models anew: that takes
ten times as long as most of these tests.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db import connections, transaction


class Command(flush.Command):
    """Delete the rows that there are."""

    def handle(self, **options: Any) -> None:
        alias = options["database"]
        connection = connections[alias]
        named = {model._meta.db_table for model in (ContentType, Permission)}
        there = connection.introspection.django_table_names(only_existing=True, include_views=False)
        quoted = [connection.ops.quote_name(name) for name in sorted(set(there) - named)]
        asked = " UNION ALL ".join(
            f"SELECT {place} WHERE EXISTS (SELECT 1 FROM {name})" for place, name in enumerate(quoted)
        )
        with (
            transaction.atomic(using=alias),
            connection.constraint_checks_disabled(),
            connection.cursor() as cursor,
        ):
            cursor.execute(asked)
            for (place,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {quoted[place]}")
