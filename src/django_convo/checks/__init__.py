"""System checks: each says what is wrong and gives the line to write. `docs/reference/checks.md` has a row for each.

`manage.py check --tag django_convo` runs these alone; those that look at how a site is served need `--deploy`.
"""

from __future__ import annotations

from django.core.checks import register

from .attachments import check_attachment_extra, check_attachment_storage, check_attachment_types
from .databases import check_connection_pool, check_lock_timeout, check_sqlite_transactions
from .paths import check_dotted_paths
from .policies import check_policy_audience, check_subject_models, check_visible_subjects
from .realtime import check_broker, check_broker_reaches_processes
from .roles import check_capabilities, check_conversation_roles, check_roles_of_users
from .site import check_rest_framework_is_installed, check_throttle_cache
from .swapped import check_swapped_migrations, check_swapped_models
from .values import check_mention_field, check_names, check_page_sizes, check_throttle_scopes, check_values

__all__ = ["ALWAYS", "ON_DEPLOY", "TAG"]

TAG = "django_convo"
ALWAYS = (
    check_rest_framework_is_installed,
    check_values,
    check_page_sizes,
    check_mention_field,
    check_names,
    check_throttle_scopes,
    check_dotted_paths,
    check_capabilities,
    check_conversation_roles,
    check_roles_of_users,
    check_policy_audience,
    check_visible_subjects,
    check_subject_models,
    check_swapped_models,
    check_swapped_migrations,
    check_sqlite_transactions,
    check_lock_timeout,
    check_attachment_storage,
    check_attachment_types,
    check_attachment_extra,
    check_broker,
)
ON_DEPLOY = (check_connection_pool, check_throttle_cache, check_broker_reaches_processes)

for check in ALWAYS:
    register(check, TAG)
for check in ON_DEPLOY:
    register(check, TAG, deploy=True)
