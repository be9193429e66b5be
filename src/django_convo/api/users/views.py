"""`/users/`: whom the policy shows, registering, and, where the host says so, changing and deleting."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth import update_session_auth_hash
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import MethodNotAllowed, ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle

from django_convo import actions
from django_convo.api.base import ConvoViewSet, path_user_key
from django_convo.api.throttles import ScopeThrottle
from django_convo.conf import settings
from django_convo.exceptions import NotFound
from django_convo.policy import get_policy
from django_convo.selectors.search import is_named

from .serializers import registration_serializer, update_serializer, user_serializer

# Inside the class, `list` is its method.
Rows = list[Any]
Throttles = list[BaseThrottle]

SHORTEST_SEARCH: Final = 2
# No name is longer; SQLite refuses a pattern of more than 50,000 bytes.
LONGEST_SEARCH: Final = 200
# More words than a name has would only make a longer query.
_MOST_WORDS: Final = 5


class UserViewSet(ConvoViewSet):
    """Users."""

    noun = "users"
    throttle_scopes = {"create": "register"}

    def get_queryset(self) -> QuerySet[Any]:
        """Return whom the policy shows to the caller."""
        return get_policy().visible_users(self.request.user)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the users whom one may see, the newest first; `search` looks in their names."""
        rows = self.paginate_queryset(self._search(self.get_queryset())) or []
        return self.get_paginated_response(self.render_rows(rows))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Register a user, where `CONVO_REGISTRATION` lets the caller."""
        fields = self.parse()
        password = fields.pop("password")
        user = actions.register_user(actor=request.user, fields=fields, password=password)
        return self.render(user, status=201)

    def retrieve(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        """Return one user."""
        return self.render(self._find(user_id))

    def me(self, request: Request, **kwargs: Any) -> Response:
        """Return oneself."""
        return self.render(request.user)

    def update(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        """Change a user: oneself, or any for those who administer users."""
        user = self._find(user_id)
        fields = self.parse()
        password = fields.pop("password", None)
        user = actions.update_user(actor=request.user, user=user, fields=fields, password=password)
        if password is not None and isinstance(request.successful_authenticator, SessionAuthentication):
            # The session is bound to the password; the one in which it was changed goes on.
            update_session_auth_hash(request._request, user)
        return self.render(user)

    def partial_update(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        """Change some of a user's columns."""
        return self.update(request, user_id)

    def destroy(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        """Delete a user: oneself, or any for those who administer users. What they wrote stays, without a name."""
        actions.delete_user(actor=request.user, user=self._find(user_id))
        return Response(status=204)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        is_off = self.action == "create" and settings.REGISTRATION == "off"
        is_read_only = self.action in ("update", "partial_update", "destroy") and settings.USERS_API != "full"
        if is_off or is_read_only:
            raise MethodNotAllowed(request.method or "")

    def get_throttles(self) -> Throttles:
        is_search = self.action == "list" and self.query.text("search") is not None
        return [*super().get_throttles(), *([ScopeThrottle("user_search")] if is_search else [])]

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Return the class that reads the body, else the one that shapes the answer."""
        if self.action == "create":
            return registration_serializer()
        return update_serializer() if self.action in ("update", "partial_update") else user_serializer()

    def get_answer_class(self) -> type[BaseSerializer[Any]]:
        """Return the class that shapes the answer."""
        return user_serializer()

    def parse(self) -> dict[str, Any]:
        """Return the body as the action's input class reads it; raises ValidationError."""
        serializer = self.get_serializer_class()(
            data=self.request.data,
            partial=self.action == "partial_update",
            context=self.get_serializer_context(),
        )
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def render(self, value: Any, *, status: int = 200) -> Response:
        """Return one user."""
        context: dict[str, Any] = {**self.get_serializer_context()}
        if self.action == "create":
            context["registered"] = value.pk
        return Response(user_serializer()(value, context=context).data, status=status)

    def render_rows(self, rows: Any) -> Rows:
        """Return users."""
        data: Rows = user_serializer()(rows, many=True, context=self.get_serializer_context()).data
        return data

    def _find(self, user_id: str) -> Any:
        user = self.get_queryset().filter(pk=path_user_key(user_id)).first()
        if user is None:
            raise NotFound
        return user

    def _search(self, users: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of whom each word of the search is part of a name."""
        text = self.query.text("search")
        if text is None:
            return users
        if len(text) > LONGEST_SEARCH:
            raise self.query.invalid("search")
        words = text.split()[:_MOST_WORDS]
        if len("".join(words)) < SHORTEST_SEARCH:
            raise ParseError(
                _("Search for at least %d characters.") % SHORTEST_SEARCH,
                code="search_too_short",
            )
        for word in words:
            users = users.filter(is_named(word))
        return users
