"""`path("chat/", include("django_convo.contrib.ui.urls"))`."""

from __future__ import annotations

from typing import Final

from django.urls import path

from .views import (
    blocks,
    conversations,
    files,
    inbox,
    members,
    messages,
    opening,
    reports,
    sanctions,
    saved,
    scheduled,
    search,
    threads,
)
from .views import settings as conversation_settings

app_name = "convo_ui"

_CONVERSATION: Final = "c/<uuid:conversation_id>/"
_MESSAGE: Final = f"{_CONVERSATION}m/<uuid:message_id>/"

urlpatterns = [
    path("", inbox.InboxView.as_view(), name="inbox"),
    path("new/", opening.NewConversationView.as_view(), name="new"),
    path("direct/", opening.DirectView.as_view(), name="direct"),
    path("channels/", inbox.ChannelsView.as_view(), name="channels"),
    path("search/", search.SearchView.as_view(), name="search"),
    path("saved/", saved.SavedView.as_view(), name="saved"),
    path("scheduled/", scheduled.ScheduledView.as_view(), name="scheduled-list"),
    path("scheduled/<uuid:scheduled_id>/", scheduled.ScheduledEditView.as_view(), name="scheduled-edit"),
    path("scheduled/<uuid:scheduled_id>/cancel/", scheduled.CancelView.as_view(), name="scheduled-cancel"),
    path("blocks/", blocks.BlocksView.as_view(), name="block-list"),
    path("people/<str:user_id>/block/", blocks.BlockView.as_view(), name="block"),
    path("people/<str:user_id>/unblock/", blocks.UnblockView.as_view(), name="unblock"),
    path("reports/", reports.ReportsView.as_view(), name="report-list"),
    path("reports/<uuid:report_id>/", reports.ReviewView.as_view(), name="report-review"),
    path("sanctions/", sanctions.SanctionsView.as_view(), name="sanction-list"),
    path("sanctions/<uuid:sanction_id>/lift/", sanctions.LiftView.as_view(), name="sanction-lift"),
    path("files/<uuid:attachment_id>/", files.AttachmentView.as_view(), name="attachment"),
    path(_CONVERSATION, conversations.ConversationPage.as_view(), name="conversation"),
    path(f"{_CONVERSATION}thread/<uuid:message_id>/", threads.ThreadPage.as_view(), name="thread"),
    path(f"{_CONVERSATION}members/", members.MembersView.as_view(), name="members"),
    path(f"{_CONVERSATION}members/<str:user_id>/role/", members.RoleView.as_view(), name="member-role"),
    path(f"{_CONVERSATION}members/<str:user_id>/remove/", members.RemoveView.as_view(), name="member-remove"),
    path(f"{_CONVERSATION}sanctions/", sanctions.SanctionsView.as_view(), name="conversation-sanctions"),
    path(
        f"{_CONVERSATION}sanctions/<uuid:sanction_id>/lift/",
        sanctions.LiftView.as_view(),
        name="conversation-sanction-lift",
    ),
    path(f"{_CONVERSATION}settings/", conversation_settings.SettingsView.as_view(), name="conversation-settings"),
    path(f"{_CONVERSATION}membership/", conversation_settings.MembershipView.as_view(), name="membership"),
    path(f"{_CONVERSATION}state/", conversation_settings.StateView.as_view(), name="conversation-state"),
    path(f"{_CONVERSATION}join/", conversation_settings.JoinView.as_view(), name="conversation-join"),
    path(f"{_CONVERSATION}leave/", conversation_settings.LeaveView.as_view(), name="conversation-leave"),
    path(f"{_CONVERSATION}close/", conversation_settings.CloseView.as_view(), name="conversation-close"),
    path(f"{_CONVERSATION}reopen/", conversation_settings.ReopenView.as_view(), name="conversation-reopen"),
    path(
        f"{_CONVERSATION}delete/", conversation_settings.DeleteConversationView.as_view(), name="conversation-delete"
    ),
    path(_MESSAGE, messages.MessagePage.as_view(), name="message"),
    path(f"{_MESSAGE}react/", messages.ReactView.as_view(), name="message-react"),
    path(f"{_MESSAGE}edit/", messages.EditView.as_view(), name="message-edit"),
    path(f"{_MESSAGE}delete/", messages.DeleteView.as_view(), name="message-delete"),
    path(f"{_MESSAGE}restore/", messages.RestoreView.as_view(), name="message-restore"),
    path(f"{_MESSAGE}pin/", messages.PinView.as_view(), name="message-pin"),
    path(f"{_MESSAGE}unpin/", messages.UnpinView.as_view(), name="message-unpin"),
    path(f"{_MESSAGE}save/", messages.SaveView.as_view(), name="message-save"),
    path(f"{_MESSAGE}unsave/", saved.UnsaveView.as_view(), name="message-unsave"),
    path(f"{_MESSAGE}unread/", messages.UnreadView.as_view(), name="message-unread"),
    path(f"{_MESSAGE}forward/", messages.ForwardView.as_view(), name="message-forward"),
    path(f"{_MESSAGE}report/", messages.ReportView.as_view(), name="message-report"),
]
