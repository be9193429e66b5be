"""The app: installs defaults, checks and the one signal that we receive."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

from django_convo import conf


class DjangoConvoConfig(AppConfig):
    """Messaging."""

    name = "django_convo"
    label = "django_convo"
    verbose_name = _("Conversations")
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: Any) -> None:
        # Before any app imports its models, so that a host's may name the settings wherever they stand in the list.
        conf.install_model_defaults()
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        # Imported here, because models, which actions are made of, exist only once every app is loaded.
        from django.contrib.auth import get_user_model
        from django.contrib.auth.signals import user_logged_out
        from django.db.models.signals import pre_delete

        from django_convo import checks  # noqa: F401 - registers them

        # Signals name the class of the instance: a host's proxies of its user model delete users, too.
        for model in apps.get_models():
            if issubclass(model, get_user_model()):
                pre_delete.connect(_forget_user, sender=model, dispatch_uid="django_convo.forget_user")
        if apps.is_installed("drf_spectacular"):
            import_module("django_convo.api.schema")
        user_logged_out.connect(_recheck_logins, dispatch_uid="django_convo.recheck_logins")
        import_module("django_convo.realtime.hints").connect()


def _recheck_logins(user: Any, **kwargs: Any) -> None:
    """Somebody logs out: their open connections are asked for their login at once, not within the minute."""
    from django.db import router

    from django_convo import events
    from django_convo.models import get_conversation_model
    from django_convo.types import Hint, HintKind

    if user is not None:
        hint = Hint(kind=HintKind.LOGIN, user_id=user.pk)
        events.hint(hint, using=router.db_for_write(get_conversation_model()))


def _forget_user(instance: Any, **kwargs: Any) -> None:
    """A host's `user.delete()` leaves conversations as any leaving does."""
    from django_convo import actions

    actions.forget_user(user=instance)
