"""What erasing blanks and what deleting keeps: the table in the docs, row by row, against what is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from django_convo import actions
from django_convo.models import (
    Attachment,
    AuditEntry,
    Block,
    Draft,
    Event,
    Mention,
    MessageRevision,
    Participant,
    PinnedMessage,
    Reaction,
    Report,
    Sanction,
    SavedMessage,
    ScheduledMessage,
    get_conversation_model,
    get_message_model,
)
from tests.people import json_key, make_group, make_user, row_of
from tests.pictures import upload

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "retention.md"
MODES: dict[str, Callable[[Any], Any]] = {
    "deleting the user": lambda user: actions.delete_user(actor=None, user=user),
    "erasing with `--keep-account`": lambda user: actions.erase_user(actor=None, user=user, keep_account=True),
    "erasing": lambda user: actions.erase_user(actor=None, user=user),
}


def table() -> dict[str, dict[str, str]]:
    """Return, for each row of the docs' table, how each way of going begins: `kept`, `removed`, `blank`, …"""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    head, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


@pytest.fixture
def world(group: Any, ada: Any, bob: Any, cyd: Any) -> Any:
    """Ada has done everything that the table speaks of, before she goes."""
    other = make_group(bob, make_user())
    send = actions.send_message
    message = send(
        actor=ada,
        conversation=group,
        body="x",
        metadata={"a": 1},
        client_id="1",
        mentions=[cyd],
        attachments=[upload(ada)],
    )
    actions.edit_message(actor=ada, message=message, body="y")
    forwarded = actions.forward_message(actor=bob, message=message, conversation=other)
    gone = send(actor=ada, conversation=group, body="z")
    actions.delete_message(actor=ada, message=gone)
    by_bob = send(actor=bob, conversation=group, body="@ada", mentions=[ada])
    for actor in (ada, bob):
        actions.add_reaction(actor=actor, message=message, emoji="👍")
        actions.save_message(actor=actor, message=message)
    actions.add_reaction(actor=ada, message=by_bob, emoji="👍")
    actions.save_message(actor=ada, message=by_bob)
    actions.pin_message(actor=ada, message=message)
    actions.save_draft(actor=ada, conversation=group, body="x")
    actions.schedule_message(actor=ada, conversation=group, body="x", send_at=timezone.now() + timedelta(days=1))
    unsent = upload(ada)
    actions.report_message(actor=cyd, message=message, reason="spam")
    actions.report_message(actor=ada, message=by_bob, reason="spam", comment="x")
    actions.update_conversation(actor=ada, conversation=group, title="x")
    actions.block_user(actor=ada, user=cyd)
    actions.block_user(actor=cyd, user=ada)
    Sanction.objects.create(user=ada, kind="mute", expires_at=timezone.now())
    AuditEntry.objects.create(user=ada, action="user.updated", detail={"user": json_key(ada)})
    return SimpleNamespace(
        key=ada.pk,
        group=group,
        message=message,
        gone=gone,
        by_bob=by_bob,
        forwarded=forwarded,
        file=Attachment.objects.get(message=message.pk),
        unsent=unsent,
        sent_at=message.sent_at,
        reader=cyd,
    )


def texts(world: Any) -> str:
    rows = get_message_model()._default_manager.filter(pk__in=[world.message.pk, world.gone.pk])
    said = {row.message_body for row in rows} | {str(row.metadata) for row in rows}
    said |= set(MessageRevision.objects.values_list("message_body", flat=True))
    senders = {row.sender_id for row in rows}
    what = {True: "kept", False: "blank"}["z" in said and "y" in said]
    assert what == "kept" or said == {"", "{}"}
    return what + (", without" if senders == {None} else "")


def numbers(world: Any) -> str:
    row = get_message_model()._default_manager.get(pk=world.message.pk)
    return "kept" if (row.seq, row.sent_at) == (1, world.sent_at) else "removed"


def there(*found: Any) -> str:
    """Say whether all of it is there, or nothing."""
    answers = {bool(item) for item in found}
    assert len(answers) == 1
    return "kept" if answers.pop() else "removed"


def files(world: Any) -> str:
    rows = Attachment.objects.filter(pk__in=[world.file.pk, world.unsent.pk])
    return there(*(rows.filter(pk=row.pk).exists() for row in (world.file, world.unsent)))


def belongings(world: Any) -> str:
    return there(
        Mention.objects.filter(message=world.message.pk).exists(),
        Reaction.objects.filter(message=world.message.pk).exclude(user_id=world.key).exists(),
        SavedMessage.objects.filter(message=world.message.pk).exclude(user_id=world.key).exists(),
        PinnedMessage.objects.filter(message=world.message.pk).exists(),
    )


def own(world: Any) -> str:
    saved = SavedMessage.objects.filter(message=world.by_bob.pk)
    return there(Draft.objects.exists(), ScheduledMessage.objects.exists(), saved.exists())


def of_others(world: Any) -> str:
    rows = get_message_model()._default_manager.filter(pk__in=[world.by_bob.pk, world.forwarded.pk])
    forwarded_file = Attachment.objects.filter(message=world.forwarded.pk).exists()
    return there({row.message_body for row in rows} == {"@ada", "y"}, forwarded_file)


def memberships(world: Any) -> str:
    if Participant.objects.filter(user_id=world.key).exists():
        return "kept"
    assert Participant.objects.filter(conversation=world.group.pk, role="owner").exists()
    return "left; ownership"


def title(world: Any) -> str:
    row = get_conversation_model()._default_manager.get(pk=world.group.pk)
    assert row.title == "x"
    return "kept" + (", without" if row.created_by_id is None else "")


def events(world: Any) -> str:
    return "kept until" if Event.objects.filter(type="reaction.added", payload__emoji="👍").exists() else "removed"


def audit(world: Any) -> str:
    more = AuditEntry.objects.filter(action="user.erased").count()
    assert AuditEntry.objects.filter(action="user.updated").exists()
    return "kept" + (", and one more" if more == 1 else "")


# How each row of the table is found to be, in the order of the table.
FACTS: list[Callable[[Any], str]] = [
    lambda world: "kept" if get_user_model()._default_manager.filter(pk=world.key).exists() else "deleted",
    texts,
    numbers,
    files,
    belongings,
    lambda world: "counts no longer" if not row_of(world.group, world.reader).mention_count else "counts",
    lambda world: there(get_message_model()._default_manager.filter(client_id="1").exists()),
    lambda world: there(Reaction.objects.filter(message=world.by_bob.pk).exists()),
    own,
    lambda world: "kept" if Report.objects.get(message=world.message.pk).message_body == "y" else "blank",
    lambda world: "kept" if Report.objects.get(message=world.by_bob.pk).comment == "x" else "blank",
    of_others,
    lambda world: there(Mention.objects.filter(message=world.by_bob.pk).exists()),
    memberships,
    lambda world: there(Block.objects.count() == 2),
    lambda world: there(Sanction.objects.exists()),
    title,
    events,
    audit,
]


@pytest.mark.parametrize("mode", MODES)
def test_table_says_what_is_done(world: Any, mode: str) -> None:
    MODES[mode](get_user_model()._default_manager.get(pk=world.key))

    stated = {row: cells[mode] for row, cells in table().items()}
    found = {row: fact(world) for row, fact in zip(stated, FACTS, strict=True)}

    assert {row: stated[row] for row in stated if not _agrees(stated[row], found[row])} == {}, found


def _agrees(stated: str, found: str) -> bool:
    """Say whether the cell is what was found, or goes on only to explain it."""
    return stated == found or (stated.startswith(found) and stated[len(found)] in "; ")
