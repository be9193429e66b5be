"""Files of messages, to whoever may read those."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase

from django_convo import actions
from django_convo.api.downloads import answer
from django_convo.selectors.attachments import find_attachment

from .base import ChatView


class AttachmentView(ChatView):
    """A file, or its thumbnail. The session is asked each time, so the address needs no signature."""

    def get(self, request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
        """Hand it out."""
        attachment = find_attachment(request.user, attachment_id)
        if attachment.message is not None:
            actions.record_view(actor=request.user, messages=[attachment.message])
        return answer(request, attachment, is_thumbnail="thumbnail" in request.GET)
