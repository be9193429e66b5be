"""Attachments over REST: uploading, what is known of a file, and the files of a conversation."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions, files
from django_convo.models import Attachment
from django_convo.selectors.attachments import ATTACHMENT_ORDER, attachments_of, find_attachment

from .base import path_id
from .base.uploads import UploadMeter, UploadParser, refuse_large
from .downloads import answer, signed_address, user_of
from .scoped import ConversationScopedViewSet


class AttachmentSerializer(serializers.Serializer[Any]):
    """A file; its addresses are signed for the viewer, and ask the policy again when they are opened.

    They are null where this installation serves none.
    """

    attachment_id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)

    def to_representation(self, instance: Attachment) -> dict[str, Any]:
        address = signed_address(self.context["request"], instance)
        return {
            "attachment_id": str(instance.pk),
            "name": instance.name,
            "content_type": instance.content_type,
            "size": instance.size,
            "width": instance.width,
            "height": instance.height,
            "url": address,
            "thumbnail_url": _thumbnail_of(address) if address and instance.thumbnail else None,
        }


def _thumbnail_of(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}thumbnail=true"


class UploadSerializer(serializers.Serializer[Any]):
    """The body of an upload."""

    file = serializers.FileField(allow_empty_file=True)


class AttachmentViewSet(ConversationScopedViewSet):
    """Files. Only here is a body read that is not JSON."""

    noun = "attachments"
    inputs = {"create": UploadSerializer}
    outputs = dict.fromkeys(("create", "retrieve", "list"), "attachment")
    throttle_scopes = {"create": "upload"}
    parser_classes = (UploadParser,)
    keyset_order = ATTACHMENT_ORDER

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # Before anything reads the body, as a session's check of CSRF tokens does.
        if request.method == "POST":
            request.upload_handlers.insert(0, UploadMeter(request))
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_large(request)
        super().initial(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        """Let a signed address speak for whom it was signed."""
        super().perform_authentication(request)
        token = self.query.text("token") if self.action == "download" else None
        if token is not None:
            request.user = user_of(token, path_id(self.kwargs["attachment_id"]), request.user)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the files of the conversation of the path."""
        return attachments_of(self.request.user, self.get_readable_conversation())

    def get_attachment(self) -> Attachment:
        """Return the file of the path; NotFound where the caller may not open it."""
        attachment = find_attachment(self.request.user, path_id(self.kwargs["attachment_id"]))
        if attachment.message is not None:
            self.note_view(messages=[attachment.message])
        return attachment

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the files of a conversation, the newest first."""
        rows: Any = self.paginate_queryset(self.get_queryset()) or []
        self.note_view(messages=[row.message for row in rows])
        return self.get_paginated_response(self.render_rows(rows))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Upload a file, to be sent with a message."""
        if not files.is_available():
            raise MethodNotAllowed("POST")
        attachment = actions.create_attachment(actor=request.user, file=self.parse()["file"])
        return self.render(attachment, status=201)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Return what is known of a file."""
        return self.render(self.get_attachment())

    def download(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Return the file itself, or its thumbnail; to those who are logged in, and by its signed address."""
        return answer(request, self.get_attachment(), is_thumbnail=bool(self.query.flag("thumbnail")))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        kept = response.get("Cache-Control")
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.action == "download" and kept:
            response["Cache-Control"] = kept
        return response
