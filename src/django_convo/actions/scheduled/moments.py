"""When something may be sent."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Final

from django.conf import settings as django_settings
from django.utils.timezone import is_aware, now
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Invalid

EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


def check_moment(send_at: Any) -> None:
    """Raise Invalid (`invalid_send_at`) unless this is a time as the project keeps them: aware, if `USE_TZ` is on."""
    if not isinstance(send_at, datetime) or is_aware(send_at) != django_settings.USE_TZ:
        raise Invalid("invalid_send_at", _("This is no time at which a message can be sent."), field="send_at")


def refuse_past(send_at: datetime) -> None:
    """Raise Invalid (`send_at_past`, `send_at_too_late`) unless the time lies within `CONVO_SCHEDULE_MAX_AHEAD`."""
    ahead = send_at - now()
    if ahead.total_seconds() <= 0:
        raise Invalid("send_at_past", _("This time has passed."), field="send_at")
    if ahead > settings.SCHEDULE_MAX_AHEAD:
        raise Invalid("send_at_too_late", _("This time is too far ahead."), field="send_at")
