"""Whom one has blocked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase

from django_convo import actions
from django_convo.api.base import path_user_key
from django_convo.conf import settings
from django_convo.contrib.ui.pages import page_of
from django_convo.contrib.ui.shapes import person_of
from django_convo.selectors.blocks import BLOCK_ORDER, blocks, find_blockable

from .base import ChatView


class BlocksView(ChatView):
    """The list."""

    template_name = "convo_ui/blocks.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show whom one has blocked, the latest first."""
        page = page_of(blocks(request.user), BLOCK_ORDER, request, limit=settings.PAGE_SIZE)
        return self.show({"people": [person_of(row.blocked) for row in page.rows], "page": page})


class BlockView(ChatView):
    """Blocking somebody."""

    http_method_names = ["post", "options"]
    run: ClassVar[Callable[..., Any]] = staticmethod(actions.block_user)

    def post(self, request: HttpRequest, user_id: str) -> HttpResponseBase:
        """Do it, and lead to the list."""
        user = find_blockable(request.user, path_user_key(user_id))
        type(self).run(actor=request.user, user=user)
        return self.go("block-list")


class UnblockView(BlockView):
    """Taking a block back."""

    run = staticmethod(actions.unblock_user)
