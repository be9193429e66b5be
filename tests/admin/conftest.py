from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from tests.people import make_user

# A host need not install the admin.
collect_ignore_glob = [] if apps.is_installed("django.contrib.admin") else ["test_*.py"]


@pytest.fixture
def staff(db: None) -> Any:
    """A member of staff with every permission of Django's, and by the policy none to read bodies."""
    return make_user("staff", is_admin=True, is_staff=True)


@pytest.fixture
def site(staff: Any) -> Client:
    """A browser in which that member of staff is logged in; a page need not look up what stands for which model."""
    ContentType.objects.get_for_models(*apps.get_models())
    client = Client()
    client.force_login(staff)
    return client
