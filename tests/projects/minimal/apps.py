from __future__ import annotations

from django.apps import AppConfig


class TestPeopleConfig(AppConfig):
    name = "tests.projects.minimal"
    label = "test_people"
