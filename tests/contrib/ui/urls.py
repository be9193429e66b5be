"""The chat at a prefix of its own, in a host that has a login and a page with the tags."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from django_convo.models import get_conversation_model


def host_page(request: HttpRequest) -> HttpResponse:
    """Show the template that the test has put in the query, with the conversation and the user it names."""
    conversation = get_conversation_model()._default_manager.filter(pk=request.GET.get("conversation")).first()
    template = engines["django"].from_string("{% load convo %}" + request.GET["template"])
    other = None if conversation is None else conversation.participants.exclude(pk=request.user.pk).first()
    return HttpResponse(template.render({"conversation": conversation, "other": other}, request))


urlpatterns = [
    path("some/where/api/", include("django_convo.urls")),
    path("some/where/chat/", include("django_convo.contrib.ui.urls")),
    path("host/", host_page),
    path("accounts/login/", LoginView.as_view()),
]
