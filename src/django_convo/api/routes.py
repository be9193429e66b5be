"""Every address of the API, built by a function: a host may replace a viewset or leave one out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import URLPattern, path

from .attachments import AttachmentViewSet
from .audit import AuditViewSet
from .base import ConvoViewSet
from .blocks import BlockViewSet
from .config import ConfigViewSet
from .conversations import ConversationViewSet
from .drafts import DraftViewSet
from .events import EventViewSet
from .forward import ForwardViewSet
from .membership import MembershipViewSet
from .messages import ConversationMessageViewSet, MessageViewSet
from .participants import ParticipantViewSet
from .pins import PinViewSet
from .reactions import ReactionViewSet
from .receipts import ReaderViewSet, ReceiptViewSet
from .reports import ReportViewSet
from .sanctions import SanctionViewSet
from .saved import SavedViewSet
from .scheduled import ScheduledViewSet
from .search import SearchViewSet
from .sync import SyncViewSet
from .tickets import TicketViewSet
from .typing import TypingViewSet
from .unread import UnreadViewSet
from .users import UserViewSet
from .windows import WindowPagination

_CONVERSATION: Final = "conversations/<str:conversation_id>/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One address: the noun whose viewset serves it, and the view action of each method."""

    path: str
    name: str
    noun: str
    actions: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)


def _of_messages(
    suffix: str, name: str, noun: str, actions: Mapping[str, str], *, is_own_noun: bool = False
) -> tuple[Route, Route]:
    """Return the two addresses of what lies below a message: canonical, below its conversation, and flat.

    With `is_own_noun` the canonical one is served by the noun of its own, `conversation_…`.
    """
    canonical = f"conversation_{noun}" if is_own_noun else noun
    return (
        Route(
            path=f"{_CONVERSATION}messages/<str:message_id>/{suffix}",
            name=f"conversation-message-{name}",
            noun=canonical,
            actions=actions,
        ),
        Route(path=f"messages/<str:message_id>/{suffix}", name=f"message-{name}", noun=noun, actions=actions),
    )


VIEWSETS: Final[Mapping[str, type[ConvoViewSet]]] = {
    viewset.noun: viewset
    for viewset in (
        ConversationViewSet,
        ParticipantViewSet,
        MembershipViewSet,
        MessageViewSet,
        ConversationMessageViewSet,
        ReactionViewSet,
        PinViewSet,
        SavedViewSet,
        DraftViewSet,
        ReceiptViewSet,
        ReaderViewSet,
        UserViewSet,
        BlockViewSet,
        ReportViewSet,
        SanctionViewSet,
        AuditViewSet,
        EventViewSet,
        ForwardViewSet,
        ScheduledViewSet,
        SyncViewSet,
        UnreadViewSet,
        SearchViewSet,
        ConfigViewSet,
        AttachmentViewSet,
        TicketViewSet,
        TypingViewSet,
    )
}
ROUTES: Final = (
    Route(
        path="conversations/",
        name="conversation-list",
        noun="conversations",
        actions={"get": "list", "post": "create"},
    ),
    Route(
        path=_CONVERSATION,
        name="conversation-detail",
        noun="conversations",
        actions={"get": "retrieve", "patch": "partial_update", "delete": "destroy"},
    ),
    *(
        Route(
            path=f"{_CONVERSATION}{name}/",
            name=f"conversation-{name}",
            noun="conversations",
            actions={"post": name},
        )
        for name in ("close", "reopen")
    ),
    Route(
        path=f"{_CONVERSATION}participants/",
        name="participant-list",
        noun="participants",
        actions={"get": "list"},
    ),
    Route(
        path=f"{_CONVERSATION}participants/<str:user_id>/",
        name="participant-detail",
        noun="participants",
        actions={"patch": "partial_update"},
    ),
    *(
        Route(
            path=f"{_CONVERSATION}{address}/",
            name=f"conversation-{address.replace('_', '-')}",
            noun="participants",
            actions={"post": action},
        )
        for address, action in (
            ("add_participant", "add"),
            ("remove_participant", "remove"),
            ("join", "join"),
            ("leave", "leave"),
        )
    ),
    Route(
        path=f"{_CONVERSATION}membership/",
        name="membership",
        noun="membership",
        actions={"get": "retrieve", "patch": "partial_update"},
    ),
    *(
        Route(
            path=f"{_CONVERSATION}{name}/",
            name=f"conversation-{name}",
            noun="membership",
            actions={"post": name},
        )
        for name in ("read", "unread")
    ),
    Route(
        path=f"{_CONVERSATION}messages/",
        name="conversation-message-list",
        noun="conversation_messages",
        actions={"get": "list", "post": "create"},
        options={"pagination_class": WindowPagination},
    ),
    Route(path="messages/", name="message-list", noun="messages", actions={"get": "list", "post": "create"}),
    Route(
        path="messages/by_conversation/",
        name="message-by-conversation",
        noun="messages",
        actions={"get": "by_conversation"},
        options={"pagination_class": WindowPagination},
    ),
    *_of_messages(
        "", "detail", "messages", {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, is_own_noun=True
    ),
    *_of_messages("restore/", "restore", "messages", {"post": "restore"}, is_own_noun=True),
    *_of_messages("revisions/", "revisions", "messages", {"get": "revisions"}, is_own_noun=True),
    *_of_messages("reactions/<str:emoji>/", "reactions", "reactions", {"put": "update", "delete": "destroy"}),
    *_of_messages("pin/", "pin", "pins", {"put": "update", "delete": "destroy"}),
    *_of_messages("save/", "save", "saved", {"put": "update", "delete": "destroy"}),
    *_of_messages("readers/", "readers", "readers", {"get": "list"}),
    Route(path=f"{_CONVERSATION}pins/", name="pin-list", noun="pins", actions={"get": "list"}),
    Route(path=f"{_CONVERSATION}receipts/", name="receipt-list", noun="receipts", actions={"get": "list"}),
    Route(path=f"{_CONVERSATION}draft/", name="draft", noun="drafts", actions={"put": "update", "delete": "destroy"}),
    *_of_messages("replies/", "replies", "messages", {"get": "replies"}, is_own_noun=True),
    Route(path="attachments/", name="attachment-list", noun="attachments", actions={"post": "create"}),
    Route(
        path="attachments/<str:attachment_id>/",
        name="attachment-detail",
        noun="attachments",
        actions={"get": "retrieve"},
    ),
    Route(
        path="attachments/<str:attachment_id>/download/",
        name="attachment-download",
        noun="attachments",
        actions={"get": "download"},
    ),
    Route(
        path=f"{_CONVERSATION}attachments/",
        name="conversation-attachment-list",
        noun="attachments",
        actions={"get": "list"},
    ),
    *_of_messages("forward/", "forward", "forward", {"post": "create"}),
    *_of_messages("report/", "report", "reports", {"post": "create"}),
    Route(path="reports/", name="report-list", noun="reports", actions={"get": "list"}),
    Route(
        path="reports/<str:report_id>/",
        name="report-detail",
        noun="reports",
        actions={"get": "retrieve", "patch": "partial_update"},
    ),
    Route(path="sanctions/", name="sanction-list", noun="sanctions", actions={"get": "list", "post": "create"}),
    Route(
        path="sanctions/<str:sanction_id>/", name="sanction-detail", noun="sanctions", actions={"delete": "destroy"}
    ),
    Route(path="audit/", name="audit-list", noun="audit", actions={"get": "list"}),
    Route(path="blocks/", name="block-list", noun="blocks", actions={"get": "list"}),
    Route(
        path="users/<str:user_id>/block/",
        name="user-block",
        noun="blocks",
        actions={"put": "update", "delete": "destroy"},
    ),
    Route(path="scheduled/", name="scheduled-list", noun="scheduled", actions={"get": "list"}),
    Route(
        path="scheduled/<str:scheduled_id>/",
        name="scheduled-detail",
        noun="scheduled",
        actions={"get": "retrieve", "patch": "partial_update", "delete": "destroy"},
    ),
    Route(path=f"{_CONVERSATION}typing/", name="typing", noun="typing", actions={"post": "create"}),
    Route(path="ticket/", name="ticket", noun="tickets", actions={"post": "create"}),
    Route(path=f"{_CONVERSATION}events/", name="event-list", noun="events", actions={"get": "list"}),
    Route(path="sync/", name="sync", noun="sync", actions={"post": "create"}),
    Route(path="search/", name="search", noun="search", actions={"get": "list"}),
    Route(path="unread/", name="unread", noun="unread", actions={"get": "retrieve"}),
    Route(path="config/", name="config", noun="config", actions={"get": "retrieve"}),
    Route(path="users/", name="user-list", noun="users", actions={"get": "list", "post": "create"}),
    Route(path="users/me/", name="user-me", noun="users", actions={"get": "me"}),
    Route(
        path="users/<str:user_id>/",
        name="user-detail",
        noun="users",
        actions={"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"},
    ),
)


def build_urlpatterns(replace: Mapping[str, type[ConvoViewSet] | None] | None = None) -> list[URLPattern]:
    """Return the URL patterns; `replace` maps a noun to the host's own viewset, or to None to leave it out.

    A host that uses it includes the result itself: `path("api/", include((build_urlpatterns({…}), "django_convo")))`.
    """
    viewsets: dict[str, type[ConvoViewSet] | None] = {**VIEWSETS, **(replace or {})}
    patterns = []
    for route in ROUTES:
        viewset = viewsets[route.noun]
        if viewset is not None:
            view = viewset.as_view(dict(route.actions), **route.options)
            patterns.append(path(route.path, view, name=route.name))
    return patterns
