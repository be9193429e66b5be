"""Tokens for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo.api.base import StrictJSONParser, to_api_exception


class IssuedToken(serializers.Serializer):
    """What a program sends as `Authorization: Token …` from then on."""

    token = serializers.CharField()


class TokenView(ObtainAuthToken):
    """`POST {"username": e-mail address, "password"}` → `{"token"}`."""

    # Whoever asks for a token proves who they are by the password alone; an old token must not be in the way.
    authentication_classes = ()
    # Refuses what a database cannot look up, and answers in the words of the rest of the API.
    parser_classes = (StrictJSONParser, FormParser, MultiPartParser)

    @extend_schema(responses=IssuedToken, tags=["token"], summary="Get a token")
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        # A credential: no cache on the way may keep it.
        response["Cache-Control"] = "private, no-store"
        return response

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(to_api_exception(exc))
