"""As little as can be: four apps, and users that have a UUID key, a telephone number and nothing else."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import reverse
from rest_framework.test import APIClient

from django_convo import actions
from tests.projects.minimal.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> Person:
    return Person.objects.create_user("+49 30 901820")


@pytest.fixture
def ben() -> Person:
    return Person.objects.create_user("+493012345678")


def test_four_apps_are_all_that_it_takes() -> None:
    others = {config.name for config in apps.get_app_configs()} - {"tests.projects.minimal"}
    assert others == {"django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "django_convo"}


def test_checks_find_no_error() -> None:
    call_command("check", fail_level="ERROR")


def test_authentication_of_the_host_is_asked(anna: Person) -> None:
    nobody = APIClient().get(reverse("django_convo:user-me"))
    assert (nobody.status_code, nobody.json()["code"]) == (401, "not_authenticated")
    assert nobody["WWW-Authenticate"] == "X-Person"
    unknown = APIClient(headers={"X-Person": str(uuid4())}).get(reverse("django_convo:user-me"))
    assert (unknown.status_code, unknown.json()["code"]) == (401, "authentication_failed")
    known = APIClient(headers={"X-Person": str(anna.pk)}).get(reverse("django_convo:user-me"))
    assert (known.status_code, known.json()["user_id"]) == (200, str(anna.pk))


def test_send_through_the_gateway(anna: Person, ben: Person) -> None:
    direct, _ = actions.create_conversation(actor=anna, participants=[ben])
    client = APIClient(headers={"X-Person": str(ben.pk)})
    where = reverse("django_convo:conversation-message-list", args=[direct.pk])
    response = client.post(where, {"message_body": "hello"}, format="json")
    assert response.status_code == 201


def test_telephone_number_is_no_name(anna: Person, ben: Person) -> None:
    direct, _ = actions.create_conversation(actor=anna, participants=[ben])
    client = APIClient(headers={"X-Person": str(anna.pk)})
    response = client.get(reverse("django_convo:conversation-detail", args=[direct.pk]))
    names = {row["user"]["user_id"]: row["user"]["name"] for row in response.json()["participants"]}
    assert names == {str(person.pk): f"User {person.pk.hex[-6:]}" for person in (anna, ben)}
    assert "4930" not in response.content.decode().replace(" ", "")
