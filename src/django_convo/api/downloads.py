"""Handing files out: addresses that are signed for one user and one file, and answers that no browser runs.

`serve`, `accel_redirect` and `storage_redirect` are what `CONVO_ATTACHMENT_RESPONSE` may name, besides a function of
the host's own: they take the request, the attachment and the file (its own, or its thumbnail), and return a response.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core import signing
from django.core.handlers.asgi import ASGIRequest
from django.db.models.fields.files import FieldFile
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from django_convo import files
from django_convo.conf import settings
from django_convo.exceptions import NotFound
from django_convo.models import Attachment
from django_convo.policy import active_users

from .base import user_key

_SALT: Final = "django_convo.attachment"
# Thumbnails are made by us, all in one format.
_THUMBNAIL_TYPE: Final = "image/webp"
_PART_BYTES: Final = 65_536
# A place that only nginx may read, as `docs/howto/attachments.md` has it.
ACCEL_LOCATION: Final = "/convo-files/"


def signed_address(request: Any, attachment: Attachment) -> str | None:
    """Return where the viewer finds the file, for as long as `CONVO_ATTACHMENT_URL_LIFETIME`.

    None where no such address is served. Without a request of HTTP it has no host; for nobody in particular it has no
    signature, and opens for those who are logged in.
    """
    match = getattr(request, "resolver_match", None)
    namespace = "django_convo" if match is None else match.namespace
    name = f"{namespace}:attachment-download" if namespace else "attachment-download"
    try:
        address = reverse(name, kwargs={"attachment_id": attachment.pk})
    except NoReverseMatch:
        return None
    absolute = getattr(request, "build_absolute_uri", str)
    if request.user.pk is None:
        return str(absolute(address))
    token = signing.dumps([str(request.user.pk), attachment.pk.hex], salt=_SALT)
    return f"{absolute(address)}?token={token}"


def user_of(token: str, attachment_id: UUID, caller: Any) -> Any:
    """Return for whom an address was signed; NotFound for another file, too late, or to another user."""
    try:
        key, signed_id = signing.loads(token, salt=_SALT, max_age=settings.ATTACHMENT_URL_LIFETIME)
    except (signing.BadSignature, ValueError) as error:
        raise NotFound from error
    # A host may let nobody be None.
    is_somebody_else = getattr(caller, "is_authenticated", False) and str(caller.pk) != key
    if signed_id != attachment_id.hex or is_somebody_else:
        raise NotFound
    users: Any = get_user_model()._default_manager
    user = users.filter(active_users(), pk=user_key(key)).first()
    if user is None:
        raise NotFound
    return user


def answer(request: Any, attachment: Attachment, *, is_thumbnail: bool) -> HttpResponseBase:
    """Return the response with the file, or with its thumbnail; NotFound where it has none.

    Whoever makes it, a browser neither guesses what the file is, nor opens it, nor runs what is in it.
    """
    file = attachment.thumbnail if is_thumbnail else attachment.file
    if not file:
        raise NotFound
    respond = import_string(settings.ATTACHMENT_RESPONSE) if settings.ATTACHMENT_RESPONSE else serve
    response: HttpResponseBase = respond(getattr(request, "_request", request), attachment, file)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Kept by the browser alone, and shown again only after we have been asked.
    response["Cache-Control"] = "private, no-cache"
    return response


def serve(request: HttpRequest, attachment: Attachment, file: FieldFile) -> HttpResponseBase:
    """Send the file from here."""
    try:
        opened = file.open("rb")
    except FileNotFoundError as error:
        raise NotFound from error
    content_type = _content_type(attachment, file)
    response: StreamingHttpResponse
    if isinstance(request, ASGIRequest):
        # By ASGI, Django reads what is no asynchronous iterator whole before the first byte is sent.
        response = StreamingHttpResponse(_read_by_parts(opened), content_type=content_type)
        response["Content-Length"] = str(file.size)
    else:
        response = FileResponse(opened, content_type=content_type)
    response["Content-Disposition"] = _disposition(attachment, file)
    return response


async def _read_by_parts(file: Any) -> AsyncIterator[bytes]:
    """Yield a file part by part, each read in a thread; closes it."""
    try:
        while part := await asyncio.to_thread(file.read, _PART_BYTES):
            yield part
    finally:
        await asyncio.to_thread(file.close)


def accel_redirect(request: HttpRequest, attachment: Attachment, file: FieldFile) -> HttpResponseBase:
    """Let nginx send the file, from the internal location `/convo-files/`."""
    response = HttpResponse(content_type=_content_type(attachment, file))
    response["Content-Disposition"] = _disposition(attachment, file)
    response["X-Accel-Redirect"] = ACCEL_LOCATION + quote(str(file.name))
    return response


def storage_redirect(request: HttpRequest, attachment: Attachment, file: FieldFile) -> HttpResponseBase:
    """Lead to the storage's own address of the file, which should be signed there, and soon be over."""
    return HttpResponseRedirect(file.url)


def _content_type(attachment: Attachment, file: FieldFile) -> str:
    if file.field.name == "thumbnail":
        return _THUMBNAIL_TYPE
    is_text = attachment.content_type.startswith("text/")
    return f"{attachment.content_type}; charset=utf-8" if is_text else attachment.content_type


def _disposition(attachment: Attachment, file: FieldFile) -> str:
    name = f"{attachment.name}.webp" if file.field.name == "thumbnail" else attachment.name
    return files.disposition(name)
