"""The contestants, side by side in one site."""

from __future__ import annotations

from django.urls import include, path

from benchmarks.contestants import floor, naive, tuned

_MESSAGES = "conversations/<str:conversation_id>"

urlpatterns = [
    path("api/", include("django_convo.urls")),
    path("floor/conversations/", floor.inbox),
    path(f"floor/{_MESSAGES}/messages/", floor.messages),
    path(f"floor/{_MESSAGES}/full/", floor.messages, {"full": True}),
    path("floor/unread/", floor.unread),
    path("floor/sync/", floor.sync),
    path("floor/search/", floor.search),
    path("floor/search/walk/", floor.search, {"walks": True}),
    path("naive/conversations/", naive.Inbox.as_view()),
    path(f"naive/{_MESSAGES}/messages/", naive.Messages.as_view()),
    path(f"naive/{_MESSAGES}/full/", naive.FullMessages.as_view()),
    path("naive/unread/", naive.Unread.as_view()),
    path("naive/search/", naive.Search.as_view()),
    path("tuned/conversations/", tuned.Inbox.as_view()),
    path(f"tuned/{_MESSAGES}/messages/", tuned.Messages.as_view()),
    path(f"tuned/{_MESSAGES}/full/", tuned.FullMessages.as_view()),
    path("tuned/unread/", tuned.Unread.as_view()),
]
