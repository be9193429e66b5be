"""What every view of ours shares: how it reads a request, asks permission, and says what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db import connections, transaction
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.metadata import SimpleMetadata
from rest_framework.pagination import BasePagination
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import GenericViewSet

from django_convo.api.permissions import TablePermission
from django_convo.api.throttles import ScopeThrottle
from django_convo.conf import settings
from django_convo.exceptions import InvalidReference, NotFound
from django_convo.policy import banned
from django_convo.policy.sanctions import is_banned
from django_convo.selectors.search import Words, words_of

from .errors import RETRY_AFTER, to_api_exception
from .pages import KeysetPagination
from .parsing import StrictJSONParser, invalid_input, refuse_unmeasured
from .serializers import output_class, read, rendered
from .values import QueryValues, is_storable_query


class PlainMetadata(SimpleMetadata):
    """Answers OPTIONS without looking a row up."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        return {}


class ConvoViewSet(GenericViewSet[Any]):
    """Base of every viewset: parse → action → serialize.

    `inputs` and `outputs` name, per view action, the class that reads the body and the shape of the answer (a name of
    `CONVO_SERIALIZERS`); `throttle_scopes` the limit that applies; `keyset_order` how lists are paged. Views are never
    inside ATOMIC_REQUESTS: actions own their transactions, and retry them.
    """

    noun: ClassVar[str] = ""
    inputs: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}
    outputs: ClassVar[Mapping[str, str]] = {}
    throttle_scopes: ClassVar[Mapping[str, str]] = {}
    # View actions that call `throttle()` themselves, because something is asked first.
    throttled_within: ClassVar[frozenset[str]] = frozenset()
    keyset_order: tuple[str, ...] = ("-pk",)
    parser_classes: tuple[type[BaseParser], ...] = (StrictJSONParser,)
    pagination_class: type[BasePagination] = KeysetPagination
    metadata_class = PlainMetadata

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        view = super().as_view(actions, **initkwargs)
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return view

    @property
    def query(self) -> QueryValues:
        """The query parameters, typed."""
        return QueryValues(self.request.query_params)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # The charset of a Content-Type would decode the query too; ours is UTF-8 (RFC 3986, RFC 8259).
        if (request.encoding or "utf-8").lower() not in ("utf-8", "utf8"):
            request.encoding = "utf-8"
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not is_storable_query(request.query_params):
            raise invalid_input()
        refuse_unmeasured(request)
        super().initial(request, *args, **kwargs)

    def get_permissions(self) -> list[BasePermission]:
        """Return ours, then the host's (`CONVO_PERMISSION_CLASSES`)."""
        return [TablePermission(), *(import_string(path)() for path in settings.PERMISSION_CLASSES)]

    def get_throttles(self) -> list[BaseThrottle]:
        """Return the host's (`DEFAULT_THROTTLE_CLASSES`), then the one of this view action."""
        scope = self.throttle_scopes.get(self.action or "")
        return [*super().get_throttles(), *([ScopeThrottle(scope)] if scope else [])]

    def check_throttles(self, request: Request) -> None:
        if self.action not in self.throttled_within:
            self.throttle()

    def throttle(self) -> None:
        """Count this request against its limits; raises DRF's `Throttled`."""
        super().check_throttles(self.request)

    def count_as(self, scope: str) -> None:
        """Count this request against the limit of one more scope; raises DRF's `Throttled`."""
        throttle = ScopeThrottle(scope)
        if not throttle.allow_request(self.request, self):
            self.throttled(self.request, throttle.wait() or 0)

    def searched(self, name: str) -> Words | None:
        """Return the words that a query parameter searches for, counted against the limit of searches; None without.

        Raises ParseError beyond `CONVO_SEARCH_MAX_LENGTH`.
        """
        text = self.query.text(name)
        if text is None:
            return None
        if len(text) > settings.SEARCH_MAX_LENGTH:
            raise ParseError(
                _("Search for at most %d characters.") % settings.SEARCH_MAX_LENGTH, code="search_too_long"
            )
        self.count_as("search")
        return words_of(text)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Return the class that reads the body, else the one that shapes the answer."""
        action = self.action or ""
        return self.inputs[action] if action in self.inputs else output_class(self.outputs[action])

    def parse(self) -> dict[str, Any]:
        """Return the body as the action's input class reads it; raises ValidationError."""
        return read(self.inputs[self.action or ""], self.request.data, context=self.get_serializer_context())

    def render(self, value: Any, *, status: int = 200) -> Response:
        """Return one row in the shape of this view action."""
        name = self.outputs[self.action or ""]
        return Response(rendered(name, value, context=self.get_serializer_context()), status=status)

    def render_rows(self, rows: Iterable[Any]) -> list[Any]:
        """Return rows in the shape of this view action."""
        name = self.outputs[self.action or ""]
        data: list[Any] = rendered(name, rows, context=self.get_serializer_context(), many=True)
        return data

    def handle_exception(self, exc: Exception) -> Response:
        translated = to_api_exception(self._told(exc))
        response = super().handle_exception(translated)
        if response.status_code in (429, 503) and not response.has_header("Retry-After"):
            response["Retry-After"] = str(getattr(translated, "wait", None) or RETRY_AFTER)
        return response

    def _told(self, error: Exception) -> Exception:
        """Return what a writer is told: to the banned nothing is there, and that they are banned is why."""
        is_missing = isinstance(error, (NotFound, InvalidReference)) and self.request.method not in SAFE_METHODS
        if is_missing and getattr(self.request.user, "pk", None) is not None and is_banned(self.request.user):
            return banned()
        return error

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response
