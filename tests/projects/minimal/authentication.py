"""How this host knows who calls: a gateway in front of it sets a header."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from .models import Person


class GatewayAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Person, None] | None:
        key = request.headers.get("X-Person")
        if key is None:
            return None
        try:
            return Person.objects.get(pk=key), None
        except (Person.DoesNotExist, ValidationError) as error:
            raise AuthenticationFailed from error

    def authenticate_header(self, request: Request) -> str:
        return "X-Person"
