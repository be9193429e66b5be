"""Checks of the host's policy, and of the models that clients may name as a subject."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name

from django_convo.conf import settings
from django_convo.policy import Policy

from .paths import policy_class
from .values import closest, is_acceptable, line


def _is_overridden(policy: type[Policy], method: str) -> bool:
    """Say whether a class above ours defines the method, be it to the same effect."""
    before = policy.__mro__[: policy.__mro__.index(Policy)]
    return any(method in vars(base) for base in before)


def check_policy_audience(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E011: who sees a row and who is sent it must be the same people."""
    policy = policy_class()
    if policy is None or _is_overridden(policy, "audience"):
        return []
    changed = [name for name in ("visible_conversations", "visible_messages") if _is_overridden(policy, name)]
    if not changed:
        return []
    return [
        Error(
            f"{settings.POLICY} overrides {' and '.join(changed)} but not audience: what it hides would be delivered "
            "to open connections all the same.",
            hint="In the policy: def audience(self, conversation, message, user_ids): "
            "return {those of super().audience(conversation, message, user_ids) who see it}",
            id="django_convo.E011",
        )
    ]


def check_visible_subjects(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W010: subjects that clients may name by the settings, and none of which they may see by the policy."""
    policy = policy_class()
    if policy is None or not is_acceptable("SUBJECT_MODELS") or not settings.SUBJECT_MODELS:
        return []
    if _is_overridden(policy, "visible_subjects"):
        return []
    return [
        Warning(
            f"CONVO_SUBJECT_MODELS is set, but {settings.POLICY} shows nobody any subject: every one is refused.",
            hint="In the policy: def visible_subjects(self, actor, model): return model.objects.filter(owner=actor)",
            id="django_convo.W010",
        )
    ]


def check_subject_models(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E012: a subject model that is not installed."""
    if not is_acceptable("SUBJECT_MODELS"):
        return []
    installed = {model._meta.label for model in apps.get_models()}
    lowered = {label.lower() for label in installed}
    return [
        Error(
            f"CONVO_SUBJECT_MODELS has {label!r}, and there is no such model.",
            hint=line("CONVO_SUBJECT_MODELS", [closest(label, installed) or "app_label.ModelName"]),
            id="django_convo.E012",
        )
        for label in settings.SUBJECT_MODELS
        if label.lower() not in lowered
    ]
