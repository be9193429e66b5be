"""Processes that carry out actions, each in several threads at once: `python -m tests.concurrency.worker NAME FD…`.

NAME is the test database; each FD is a socket that a process of its own is told by. Each line on it is a JSON list of
tasks, each line of the answer the list of their results; every task runs in a thread with a connection of its own, and
all begin together, upon a line "go".

The processes are forked once everything is imported, which takes longer than all that they then do.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings


def main(database: str, *descriptors: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    _import_all()
    for descriptor in descriptors:
        if os.fork() == 0:
            try:
                _serve(int(descriptor), [int(other) for other in descriptors if other != descriptor])
            finally:
                os._exit(0)
    for descriptor in descriptors:
        os.close(int(descriptor))
    for _ in descriptors:
        os.wait()


def _import_all() -> None:
    """Read what a request does, without which each process would."""
    from django.urls import get_resolver
    from rest_framework import test

    from django_convo.actions import maintenance

    assert get_resolver().url_patterns
    assert test
    assert maintenance


def _serve(descriptor: int, others: list[int]) -> None:
    for other in others:
        os.close(other)
    with socket.socket(fileno=descriptor) as connection, connection.makefile("rw") as lines:
        for line in lines:
            tasks = json.loads(line)
            results: list[Any] = [None] * len(tasks)
            gate = threading.Event()
            threads = [
                threading.Thread(target=_work, args=(task, number, results, gate), daemon=True)
                for number, task in enumerate(tasks)
            ]
            for thread in threads:
                thread.start()
            _answer(lines, "ready")
            assert lines.readline().strip() == "go"
            gate.set()
            for thread in threads:
                thread.join()
            _answer(lines, results)


def _answer(lines: Any, value: Any) -> None:
    lines.write(json.dumps(value) + "\n")
    lines.flush()


def _work(task: dict[str, Any], number: int, results: list[Any], gate: threading.Event) -> None:
    from django.db import connection

    job = JOBS[task.pop("job")]
    times = task.pop("times", 1)
    results[number] = done = []
    try:
        connection.ensure_connection()
        gate.wait()
        for turn in range(times):
            try:
                done.append(job(turn=turn, **task))
            except Exception as error:
                done.append({"error": f"{type(error).__name__}: {error}"})
    finally:
        connection.close()


# The jobs; ids come as JSON, so that everything is read anew, as a request would.


def _user(key: Any) -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model()._default_manager.get(pk=key)


def _conversation(key: str) -> Any:
    from django_convo.models import get_conversation_model

    return get_conversation_model()._default_manager.get(pk=key)


# What a thread has read of its user and conversation; kept from turn to turn, as a socket would.
_read: dict[tuple[Any, str], tuple[Any, Any]] = {}


def send(turn: int, actor: Any, conversation: str, body: str = "{turn}", client_id: str | None = None) -> Any:
    from django_convo import actions

    user, room = _read.get((actor, conversation)) or (_user(actor), _conversation(conversation))
    message = actions.send_message(actor=user, conversation=room, body=body.format(turn=turn), client_id=client_id)
    _read[actor, conversation] = user, message.conversation
    return {"id": str(message.pk), "seq": message.seq, "is_new": message.was_created}


def post(turn: int, actor: Any, conversation: str, **body: Any) -> Any:
    """Send over REST: the whole way from the request to the bytes of the answer."""
    from django.urls import reverse
    from rest_framework.test import APIClient

    client = APIClient()
    client.force_authenticate(_user(actor))
    url = reverse("django_convo:conversation-message-list", kwargs={"conversation_id": conversation})
    response = client.post(url, body, format="json")
    return {"status": response.status_code, "content": response.content.decode()}


def request(turn: int, actor: Any, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask over REST; `{turn}` in a text stands for the turn. Whoever is gone is not let in."""
    from django.contrib.auth import get_user_model
    from rest_framework.test import APIClient

    user = get_user_model()._default_manager.filter(pk=actor).first()
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    given = {
        name: value.format(turn=turn) if isinstance(value, str) else value for name, value in (body or {}).items()
    }
    response = getattr(client, method)(path, given, format="json")
    answer = response.json() if response.content else {}
    code = answer.get("code") or answer
    return {"status": response.status_code, "code": code, "message_id": answer.get("message_id")}


def create_direct(turn: int, actor: Any, other: Any) -> Any:
    from django_convo import actions

    conversation, is_new = actions.create_conversation(actor=_user(actor), participants=[_user(other)], body="hi")
    return {"id": str(conversation.pk), "is_new": is_new}


def leave(turn: int, actor: Any, conversation: str) -> Any:
    from django_convo import actions

    return actions.leave(actor=_user(actor), conversation=_conversation(conversation)).participant_count


def join(turn: int, actor: Any, conversation: str) -> Any:
    from django_convo import actions

    return actions.join(actor=_user(actor), conversation=_conversation(conversation)).participant_count


def add(turn: int, actor: Any, conversation: str, user: Any) -> Any:
    from django_convo import actions

    return actions.add_participant(
        actor=None if actor is None else _user(actor), conversation=_conversation(conversation), user=_user(user)
    ).participant_count


def wander(turn: int, actor: Any, conversation: str) -> Any:
    """Read to the end, to the middle, and make unread again."""
    from django_convo import actions

    user, room = _user(actor), _conversation(conversation)
    if turn % 3 == 0:
        actions.mark_read(actor=user, conversation=room)
    elif turn % 3 == 1:
        actions.mark_unread(actor=user, conversation=room, seq=room.last_seq // 2 + 1)
    else:
        actions.mark_read(actor=user, conversation=room, seq=room.last_seq * 3 // 4)
    return "moved"


def catch_up(turn: int, actor: Any, conversation: str) -> Any:
    """Read to the end, as a client does that shows the conversation."""
    from django_convo import actions

    return actions.mark_read(actor=_user(actor), conversation=_conversation(conversation)).last_read_seq


def revise(turn: int, actor: Any, conversation: str, named: list[Any]) -> Any:
    """Send a message that names people, edit whom it names, delete it, restore it, and send another."""
    from django_convo import actions

    user, room = _user(actor), _conversation(conversation)
    message = actions.send_message(actor=user, conversation=room, body=f"{turn}", mentions=named[: turn % 3])
    actions.edit_message(actor=user, message=message, body=f"{turn} edited", mentions=named[turn % 2 :])
    actions.delete_message(actor=user, message=message)
    if turn % 2:
        actions.restore_message(actor=user, message=message)
    return "revised"


def attach(turn: int, actor: Any, conversation: str, attachment: str) -> Any:
    """Send an upload, as others try to at the same time."""
    from uuid import UUID

    from django_convo import actions

    room = _conversation(conversation)
    return str(actions.send_message(actor=_user(actor), conversation=room, attachments=[UUID(attachment)]).pk)


def upload(turn: int, actor: Any) -> Any:
    from django.core.files.base import ContentFile

    from django_convo import actions

    return str(actions.create_attachment(actor=_user(actor), file=ContentFile(b"words", "notes.txt")).pk)


def prune(turn: int, conversation: str) -> Any:
    """Remove whatever is there, the newest message too, and empty what was deleted a moment ago."""
    from uuid import UUID

    from django.utils import timezone

    from django_convo.actions import maintenance

    removed = maintenance.prune_messages(conversation_id=UUID(conversation), before=timezone.now(), limit=3)
    maintenance.empty_tombstones(before=timezone.now(), after=0, limit=100)
    return removed


def erase(turn: int, user: Any) -> Any:
    """Erase, and keep the account, so that it goes on writing."""
    from django_convo import actions

    actions.erase_user(actor=None, user=_user(user), keep_account=True)
    return "erased"


def erase_account(turn: int, user: Any) -> Any:
    """Erase and delete, as whoever administers users does; answered as REST would."""
    from django.contrib.auth import get_user_model

    from django_convo import actions
    from django_convo.exceptions import ConvoError

    row = get_user_model()._default_manager.filter(pk=user).first()
    if row is None:
        return {"status": 404, "code": "not_found"}
    try:
        actions.erase_user(actor=None, user=row)
    except ConvoError as error:
        return {"status": {"not_found": 404, "try_again": 503}[error.code], "code": error.code}
    return {"status": 204}


def delete_row(turn: int, user: Any) -> Any:
    """Delete as a host does that knows nothing of us."""
    _user(user).delete()
    return "deleted"


def delete_user(turn: int, user: Any) -> Any:
    """Delete by the action, which begins anew where others were in the way."""
    from django_convo import actions

    actions.delete_user(actor=None, user=_user(user))
    return "deleted"


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job
    for job in (
        send,
        post,
        request,
        create_direct,
        leave,
        join,
        add,
        wander,
        catch_up,
        revise,
        attach,
        upload,
        prune,
        erase,
        erase_account,
        delete_row,
        delete_user,
    )
}

if __name__ == "__main__":
    main(*sys.argv[1:])
