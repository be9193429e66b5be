"""Limits per user and kind of request (`CONVO_THROTTLE_RATES`)."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from django_convo.conf import settings

# Far above what people do, far below what a loop does. A host's setting is merged over these; None lifts a limit.
DEFAULT_RATES: Final[dict[str, str | None]] = {
    "send": "120/min",
    "create": "60/hour",
    "register": "20/hour",
    "user_search": "30/min",
    "search": "60/min",
    "report": "30/hour",
    "upload": "60/min",
    "react": "120/min",
    "typing": "120/min",
    "ticket": "60/min",
}


class ScopeThrottle(SimpleRateThrottle):
    """Counts the requests of one scope per user, or per address for those who have not logged in."""

    scope: str

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def get_rate(self) -> str | None:
        """Return the rate of the scope as the settings have it now."""
        return settings.THROTTLE_RATES.get(self.scope, DEFAULT_RATES[self.scope])

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Return under which key the requests are counted."""
        ident = request.user.pk if request.user and request.user.is_authenticated else self.get_ident(request)
        # An address is what X-Forwarded-For says: of any length, of any characters, and caches take neither.
        digest = hashlib.sha256(str(ident).encode(errors="surrogatepass")).hexdigest()
        return f"django_convo.throttle.{self.scope}.{digest}"
