"""Every address of the API, built by a function: a host may replace a viewset or leave one out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import URLPattern, path

from .base import ConvoViewSet
from .config import ConfigViewSet
from .conversations import ConversationViewSet
from .events import EventViewSet
from .membership import MembershipViewSet
from .messages import ConversationMessageViewSet, MessageViewSet
from .participants import ParticipantViewSet
from .sync import SyncViewSet
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


VIEWSETS: Final[Mapping[str, type[ConvoViewSet]]] = {
    viewset.noun: viewset
    for viewset in (
        ConversationViewSet,
        ParticipantViewSet,
        MembershipViewSet,
        MessageViewSet,
        ConversationMessageViewSet,
        UserViewSet,
        EventViewSet,
        SyncViewSet,
        UnreadViewSet,
        ConfigViewSet,
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
    ),
    Route(
        path=f"{_CONVERSATION}messages/<str:message_id>/",
        name="conversation-message-detail",
        noun="conversation_messages",
        actions={"get": "retrieve"},
    ),
    Route(path="messages/", name="message-list", noun="messages", actions={"get": "list", "post": "create"}),
    Route(
        path="messages/by_conversation/",
        name="message-by-conversation",
        noun="messages",
        actions={"get": "by_conversation"},
        options={"pagination_class": WindowPagination},
    ),
    Route(path="messages/<str:message_id>/", name="message-detail", noun="messages", actions={"get": "retrieve"}),
    Route(path=f"{_CONVERSATION}events/", name="event-list", noun="events", actions={"get": "list"}),
    Route(path="sync/", name="sync", noun="sync", actions={"post": "create"}),
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
