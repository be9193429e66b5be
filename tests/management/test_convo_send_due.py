from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from django_convo import actions
from django_convo.management.commands import convo_send_due
from django_convo.models import ScheduledMessage
from tests.people import bodies_of, make_group, make_user


@pytest.fixture
def ada(db: None) -> Any:
    return make_user("ada")


@pytest.fixture
def group(ada: Any) -> Any:
    return make_group(ada, make_user("bob"))


def schedule_due(actor: Any, conversation: Any, *bodies: str) -> None:
    soon = timezone.now() + timedelta(hours=1)
    for body in bodies:
        actions.schedule_message(actor=actor, conversation=conversation, body=body, send_at=soon)
    passed = timezone.now() - timedelta(minutes=1)
    ScheduledMessage.objects.filter(status="pending").update(send_at=passed, due_at=passed)


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("convo_send_due", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("arguments", [(), ("--once",), ("--once", "--limit", "2")], ids=["plain", "once", "limit"])
def test_once_sends_all_that_is_due(group: Any, ada: Any, arguments: tuple[str, ...]) -> None:
    schedule_due(ada, group, *"abcde")
    assert run(*arguments) == "Sent 5, refused 0, put off 0.\n"
    assert bodies_of(group) == list("abcde")
    assert run(*arguments) == "Sent 0, refused 0, put off 0.\n"


def test_once_counts_refusals(group: Any, ada: Any) -> None:
    schedule_due(ada, group, "a", "b")
    actions.close(actor=ada, conversation=group)
    assert run() == "Sent 0, refused 2, put off 0.\n"


def test_loop_goes_on_until_it_is_stopped(group: Any, ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt
        schedule_due(ada, group, str(len(pauses)))

    monkeypatch.setattr(convo_send_due, "close_old_connections", lambda: None)
    monkeypatch.setattr(convo_send_due.time, "sleep", sleep)
    assert run("--loop", "2.5") == "Sent 1, refused 0, put off 0.\n" * 2 + "Stopped.\n"
    assert (pauses, bodies_of(group)) == ([2.5] * 3, ["1", "2"])


def test_loop_outlives_a_database_that_is_away(
    group: Any, ada: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    schedule_due(ada, group, "a")
    send_due, pauses = actions.send_due, []

    def away(**options: Any) -> list[ScheduledMessage]:
        if not pauses:
            raise OperationalError("away")
        return send_due(**options)

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(convo_send_due, "close_old_connections", lambda: None)
    monkeypatch.setattr(convo_send_due.actions, "send_due", away)
    monkeypatch.setattr(convo_send_due.time, "sleep", sleep)
    with caplog.at_level(logging.ERROR, "django_convo.scheduled"):
        assert run("--loop", "1") == "Sent 1, refused 0, put off 0.\nStopped.\n"
    assert "could not be read" in caplog.text


@pytest.mark.parametrize(
    "arguments", [("--limit", "0"), ("--loop", "0"), ("--loop", "-1"), ("--loop", "nan"), ("--once", "--loop", "1")]
)
def test_options_that_make_no_sense_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)


@pytest.mark.django_db(transaction=True)
def test_several_at_once_send_each_once() -> None:
    ada = make_user("ada")
    groups = [make_group(ada, make_user("bob")) for _ in range(3)]
    for group in groups:
        schedule_due(ada, group, *map(str, range(10)))
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait()
            deadline = time.monotonic() + 30
            while ScheduledMessage.objects.filter(status="pending").exists() and time.monotonic() < deadline:
                actions.send_due(limit=5)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [sorted(bodies_of(group)) for group in groups] == [sorted(map(str, range(10)))] * 3
    assert set(ScheduledMessage.objects.values_list("status", flat=True)) == {"sent"}
