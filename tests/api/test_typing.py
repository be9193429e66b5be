from __future__ import annotations

from typing import Any

import pytest

from django_convo import actions
from django_convo.testing import recorded_hints


def address(conversation: Any) -> str:
    return f"/api/conversations/{conversation.pk}/typing/"


@pytest.mark.parametrize(("body", "is_on"), [({}, True), ({"is_typing": True}, True), ({"is_typing": False}, False)])
def test_typing_is_told(
    as_ada: Any, group: Any, body: Any, is_on: bool, django_capture_on_commit_callbacks: Any
) -> None:
    with recorded_hints() as hints, django_capture_on_commit_callbacks(execute=True):
        answer = as_ada.post(address(group), body)

    assert (answer.status_code, answer.content) == (204, b"")
    assert [hint.is_on for hint in hints] == [is_on]


@pytest.mark.parametrize("body", [{"is_typing": "perhaps"}, {"is_typing": None}])
def test_typing_that_is_neither_is_400(as_ada: Any, group: Any, body: Any) -> None:
    answer = as_ada.post(address(group), body)

    assert (answer.status_code, set(answer.json())) == (400, {"is_typing"})


def test_typing_too_often_is_429(as_ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"typing": "1/min"}

    assert as_ada.post(address(group), {}).status_code == 204
    answer = as_ada.post(address(group), {})
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert int(answer["Retry-After"]) > 0


def test_typing_in_a_closed_conversation_is_403(as_ada: Any, ada: Any, group: Any) -> None:
    actions.close(actor=ada, conversation=group)

    answer = as_ada.post(address(group), {})
    assert (answer.status_code, answer.json()["code"]) == (403, "conversation_closed")
