"""The host's policy, and the subjects it shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_convo.checks.policies import check_policy_audience, check_subject_models, check_visible_subjects
from django_convo.policy import Policy
from tests.checks.found import found, only, written


class HidesConversations(Policy):
    def visible_conversations(self, actor: Any) -> Any:
        return super().visible_conversations(actor).none()


class HidesMessages(Policy):
    def visible_messages(self, actor: Any) -> Any:
        return super().visible_messages(actor).none()


class InheritsHiding(HidesMessages):
    def can(self, actor: Any, capability: str, **about: Any) -> bool:
        return False


class HidesFromBoth(HidesConversations, HidesMessages):
    def audience(self, conversation: Any, message: Any, user_ids: Any) -> set[Any]:
        return set()


class ShowsSubjects(Policy):
    def visible_subjects(self, actor: Any, model: Any) -> Any:
        return model._default_manager.all()


def use(settings: Any, policy: type[Policy]) -> None:
    settings.CONVO_POLICY = f"{__name__}.{policy.__name__}"


@pytest.mark.parametrize(
    ("policy", "method"),
    [
        (HidesConversations, "visible_conversations"),
        (HidesMessages, "visible_messages"),
        (InheritsHiding, "visible_messages"),
    ],
)
def test_policy_that_hides_without_an_audience_is_an_error(settings: Any, policy: type[Policy], method: str) -> None:
    use(settings, policy)

    message = only(check_policy_audience)

    assert message.id == "django_convo.E011"
    assert method in message.msg
    assert "def audience(self, conversation, message, user_ids):" in str(message.hint)


@pytest.mark.parametrize("policy", [HidesFromBoth, ShowsSubjects])
def test_policy_with_an_audience_or_nothing_to_hide_is_fine(settings: Any, policy: type[Policy]) -> None:
    use(settings, policy)

    assert found(check_policy_audience) == []


def test_our_own_policy_is_fine() -> None:
    assert found(check_policy_audience) == []


def test_subjects_that_the_policy_shows_to_nobody_are_a_warning(settings: Any) -> None:
    settings.CONVO_POLICY = "django_convo.policy.Policy"
    settings.CONVO_SUBJECT_MODELS = [get_user_model()._meta.label]

    message = only(check_visible_subjects)

    assert message.id == "django_convo.W010"
    assert "def visible_subjects(self, actor, model):" in str(message.hint)


def test_subjects_that_the_policy_shows_are_fine(settings: Any) -> None:
    use(settings, ShowsSubjects)
    settings.CONVO_SUBJECT_MODELS = [get_user_model()._meta.label]

    assert found(check_visible_subjects) == []


@pytest.mark.parametrize("label", ["nowhere.Model", "Model", "a.b.c", ""])
def test_subject_model_that_does_not_exist_is_an_error(settings: Any, label: str) -> None:
    settings.CONVO_SUBJECT_MODELS = [get_user_model()._meta.label_lower, label]

    message = only(check_subject_models)

    assert message.id == "django_convo.E012"
    assert repr(label) in message.msg


def test_subject_model_whose_name_is_misspelt_is_named_in_the_hint(settings: Any) -> None:
    label = get_user_model()._meta.label
    settings.CONVO_SUBJECT_MODELS = [label[:-1]]

    assert written(only(check_subject_models)) == {"CONVO_SUBJECT_MODELS": [label]}
