"""Bare views: read, dump, answer."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from benchmarks.calls import HEADER
from benchmarks.contestants.authentication import user_named

from .inbox import read_inbox
from .messages import read_messages
from .searching import search as read_found
from .sending import send
from .sql import moment, parameter, select, tables
from .syncing import sync as read_missed


def inbox(request: HttpRequest) -> HttpResponse:
    """Answer as `GET /conversations/` does; the cursor is not signed."""
    limit = int(request.GET["limit"])
    shown, has_more = read_inbox(_viewer(request), limit, _address(request))
    here = request.build_absolute_uri(request.path)
    cursor = f"{shown[-1]['last_message_at']},{shown[-1]['conversation_id']}"
    older = f"{here}?cursor={cursor}&limit={limit}" if has_more else None
    return _answer({"next": older, "previous": None, "results": shown})


@csrf_exempt
def messages(request: HttpRequest, conversation_id: str, *, full: bool = False) -> HttpResponse:
    """Answer as `/conversations/{id}/messages/` does."""
    if request.method == "POST":
        return _send(request, conversation_id)
    part = next((name for name in ("before", "around") if name in request.GET), "newest")
    seq = int(request.GET[part]) if part != "newest" else None
    path = request.build_absolute_uri(request.path)
    data = read_messages(_viewer(request), conversation_id, part, seq, _address(request), path, full=full)
    return HttpResponse(status=404) if data is None else _answer(data)


def unread(request: HttpRequest) -> HttpResponse:
    """Answer as `GET /unread/` does."""
    names = tables()
    heard = "(p.muted_until IS NULL OR p.muted_until <= %s)"
    now = moment(datetime.now(timezone.utc))
    rows = select(
        f"""
        SELECT count(*) FILTER (WHERE c.count_seq > p.read_count_seq AND {heard}),
            CAST(coalesce(sum(c.count_seq - p.read_count_seq) FILTER (WHERE {heard}), 0) AS bigint),
            CAST(coalesce(sum(p.mention_count), 0) AS bigint)
        FROM {names["participants"]} p JOIN {names["conversations"]} c ON c.conversation_id = p.conversation_id
        WHERE p.user_id = %s AND c.deleted_at IS NULL AND (c.count_seq > p.read_count_seq OR p.mention_count > 0)
            AND (p.archived_at IS NULL OR (p.archived_at < c.last_message_at AND {heard}))
        """,
        [now, now, parameter(_viewer(request)), now],
    )
    conversations, many, mentions = rows[0]
    return _answer({"conversations": conversations, "messages": many, "mentions": mentions})


@csrf_exempt
def sync(request: HttpRequest) -> HttpResponse:
    """Answer as `POST /sync/` does."""
    asked = json.loads(request.body)
    return _answer(read_missed(_viewer(request), asked["cursor"], asked["heads"], _address(request)))


def search(request: HttpRequest, *, walks: bool = False) -> HttpResponse:
    """Answer as `GET /search/` does; the cursor is not signed."""
    word = request.GET["q"]
    shown, has_more = read_found(_viewer(request), word, _address(request), walks=walks)
    here = request.build_absolute_uri(request.path)
    older = f"{here}?cursor={shown[-1]['message']['message_id']}&q={word}" if has_more else None
    return _answer({"next": older, "previous": None, "results": shown})


def _send(request: HttpRequest, conversation_id: str) -> HttpResponse:
    asked = json.loads(request.body)
    user = user_named(request.META[HEADER])
    data = send(str(user.pk), conversation_id, asked["message_body"], asked.get("client_id"))
    if data is None:
        return HttpResponse(status=404)
    data["sender"] = {"user_id": str(user.pk), "name": user.get_full_name(), "avatar": None}
    return _answer(data, status=201)


def _viewer(request: HttpRequest) -> str:
    return str(user_named(request.META[HEADER]).pk)


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri("/floor/")


def _answer(data: Any, *, status: int = 200) -> HttpResponse:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text, content_type="application/json", status=status)
