"""Models that a host puts in the place of ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import models
from django.test.utils import isolate_apps

from django_convo.checks import swapped
from django_convo.checks.swapped import check_swapped_migrations, check_swapped_models
from django_convo.models import AbstractConversation, AbstractMessage
from tests.checks.found import found, only, written


@pytest.fixture
def installed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Apps]:
    """A registry for one test's models; the settings name `Conversation` and `Message` of it."""
    settings.CONVO_CONVERSATION_MODEL = "contenttypes.Conversation"
    settings.CONVO_MESSAGE_MODEL = "django_convo.Message"
    with isolate_apps("django.contrib.contenttypes", kwarg_name="apps") as apps:
        monkeypatch.setattr(swapped, "apps", apps)
        yield apps


def test_whole_subclasses_are_fine(installed: Apps, settings: Any) -> None:
    settings.CONVO_MESSAGE_MODEL = "contenttypes.Message"

    class Conversation(AbstractConversation):
        colour = models.CharField(max_length=8)

        class Meta(AbstractConversation.Meta):
            app_label = "contenttypes"
            ordering = ("colour",)

    class Message(AbstractMessage):
        class Meta(AbstractMessage.Meta):
            app_label = "contenttypes"

    assert found(check_swapped_models) == []


def test_models_in_use_are_fine() -> None:
    assert found(check_swapped_models) == []
    assert found(check_swapped_migrations) == []


def test_missing_model_is_an_error(installed: Apps) -> None:
    message = only(check_swapped_models)

    assert message.id == "django_convo.E013"
    assert written(message) == {"CONVO_CONVERSATION_MODEL": "django_convo.Conversation"}


def test_missing_model_names_the_one_that_was_probably_meant(installed: Apps) -> None:
    class Talk(AbstractConversation):
        class Meta(AbstractConversation.Meta):
            app_label = "contenttypes"

    assert written(only(check_swapped_models)) == {"CONVO_CONVERSATION_MODEL": "contenttypes.Talk"}


def test_model_of_an_app_that_is_not_installed_is_an_error(installed: Apps, settings: Any) -> None:
    settings.CONVO_CONVERSATION_MODEL = "nowhere.Conversation"

    assert found(check_swapped_models) == ["E013"]


@pytest.mark.parametrize(
    ("setting", "base"),
    [("CONVO_CONVERSATION_MODEL", "AbstractConversation"), ("CONVO_MESSAGE_MODEL", "AbstractMessage")],
)
def test_model_that_is_no_subclass_is_an_error(installed: Apps, settings: Any, setting: str, base: str) -> None:
    settings.CONVO_CONVERSATION_MODEL = "django_convo.Conversation"
    setattr(settings, setting, "contenttypes.Other")

    class Other(models.Model):  # noqa: DJ008 - never shown
        class Meta:
            app_label = "contenttypes"

    message = only(check_swapped_models)

    assert message.id == "django_convo.E014"
    assert message.hint == f"class Other({base}): ..."


def test_model_without_a_field_is_an_error(installed: Apps) -> None:
    class Conversation(AbstractConversation):
        topic = None

        class Meta(AbstractConversation.Meta):
            app_label = "contenttypes"

    message = only(check_swapped_models)

    assert message.id == "django_convo.E015"
    assert "lacks fields that messaging needs: topic." in message.msg


def test_model_whose_meta_loses_constraints_and_indexes(installed: Apps) -> None:
    class Conversation(AbstractConversation):
        class Meta:
            app_label = "contenttypes"

    error, warning = check_swapped_models(None)

    assert error.id == "django_convo.E015"
    assert "convo_conversation_counters" in error.msg
    assert warning.id == "django_convo.W011"
    assert "convo_conversation_changed" in warning.msg
    assert all("class Meta(AbstractConversation.Meta): ..." in str(message.hint) for message in (error, warning))


def test_model_may_name_constraints_and_indexes_as_it_likes(installed: Apps) -> None:
    def renamed(items: Any) -> list[Any]:
        copies = [item.clone() for item in items]
        for number, copy in enumerate(copies):
            copy.name = f"own_{number}"
        return copies

    class Conversation(AbstractConversation):
        class Meta:
            app_label = "contenttypes"
            constraints = renamed(AbstractConversation.Meta.constraints)
            indexes = renamed(AbstractConversation.Meta.indexes)

    assert found(check_swapped_models) == []


def test_model_whose_manager_lacks_our_methods_is_an_error(installed: Apps) -> None:
    class Conversation(AbstractConversation):
        objects = models.Manager()

        class Meta(AbstractConversation.Meta):
            app_label = "contenttypes"

    message = only(check_swapped_models)

    assert message.id == "django_convo.E015"
    assert "live, locked" in message.msg
    assert "objects = ConversationQuerySet.as_manager()" in str(message.hint)


MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = [migrations.CreateModel(name={name!r}, fields=[])]
"""


def write_migrations(folder: Path, *names: str) -> None:
    """Write one migration per model, each after the one before."""
    package = folder / "written_migrations"
    package.mkdir()
    (package / "__init__.py").touch()
    for number, name in enumerate(names, start=1):
        dependencies = f"('contenttypes', '000{number - 1}_step')" if number > 1 else ""
        (package / f"000{number}_step.py").write_text(MIGRATION.format(dependencies=dependencies, name=name))


@pytest.fixture
def migrations(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, installed: Apps, request: pytest.FixtureRequest
) -> None:
    write_migrations(tmp_path, *request.param)
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("", ".0001_step", ".0002_step"):
        monkeypatch.delitem(sys.modules, f"written_migrations{module}", raising=False)
    settings.MIGRATION_MODULES = {"contenttypes": "written_migrations"}


@pytest.mark.parametrize("migrations", [("Other", "Conversation")], indirect=True)
@pytest.mark.usefixtures("migrations")
def test_model_that_is_made_in_a_later_migration_is_an_error() -> None:
    message = only(check_swapped_migrations)

    assert message.id == "django_convo.E016"
    assert "manage.py makemigrations contenttypes" in str(message.hint)


@pytest.mark.parametrize("migrations", [("Conversation", "Other"), ("conversation",), ()], indirect=True)
@pytest.mark.usefixtures("migrations")
def test_model_that_is_made_first_or_not_yet_is_fine() -> None:
    assert found(check_swapped_migrations) == []
