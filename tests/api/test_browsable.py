"""DRF's browsable pages, which a stock project shows to whoever opens an address in a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rest_framework.renderers import BrowsableAPIRenderer

from django_convo import actions
from django_convo.api import ROUTES
from django_convo.api.base import ConvoViewSet

pytestmark = pytest.mark.skipif(
    BrowsableAPIRenderer not in ConvoViewSet.renderer_classes, reason="this host answers JSON alone"
)


# What Ada has not, or may not see, is refused with a page as well.
REFUSED = {
    "attachment-detail": 404,
    "attachment-download": 404,
    "scheduled-detail": 404,
    "report-list": 403,
    "report-detail": 404,
    "audit-list": 403,
    "sanction-list": 200,
}


@pytest.mark.parametrize("route", [route for route in ROUTES if "get" in route.actions], ids=lambda route: route.name)
def test_every_address_opens_in_a_browser(as_ada: Any, ada: Any, group: Any, route: Any) -> None:
    message = actions.send_message(actor=ada, conversation=group, body="hello")
    path = route.path.replace("<str:conversation_id>", str(group.pk)).replace("<str:message_id>", str(message.pk))
    path = re.sub("<str:[a-z_]+>", str(ada.pk), path)
    query = {} if route.name == "audit-list" else {"conversation_id": str(group.pk), "q": "hello"}

    answer = as_ada.get(f"/api/{path}", query, HTTP_ACCEPT="text/html")

    assert answer.status_code == REFUSED.get(route.name, 200)
    assert answer["Content-Type"] == "text/html; charset=utf-8"


def test_what_a_form_there_sends_is_answered_with_a_page(as_ada: Any, group: Any) -> None:
    path = f"/api/conversations/{group.pk}/messages/"

    answer = as_ada.post(path, {"message_body": "from a form"}, HTTP_ACCEPT="text/html")

    assert (answer.status_code, answer["Content-Type"]) == (201, "text/html; charset=utf-8")
    assert "from a form" in answer.content.decode()
