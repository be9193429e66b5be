from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import override_settings

from django_convo import actions
from django_convo.actions.messages import forwarding
from django_convo.exceptions import Conflict, Denied, Invalid, InvalidReference, NotFound, TooSoon
from django_convo.models import AbstractMessage, Attachment, Block, Mention, Reaction, Sanction
from django_convo.models.fields import attachment_storage
from tests.people import bodies_of, log_of, make_group, row_of, unread_of
from tests.replay import replayed


@pytest.fixture
def target(bob: Any, cyd: Any, stranger: Any) -> Any:
    """Bob owns it; Cyd, who sees the group too, is a member."""
    return make_group(bob, cyd, stranger)


@pytest.fixture
def said(group: Any, ada: Any) -> AbstractMessage:
    return actions.send_message(actor=ada, conversation=group, body="The lamp is lit", metadata={"a": 1})


def upload(user: Any, text: bytes = b"one", **columns: Any) -> Attachment:
    attachment = Attachment(uploader=user, name="one.txt", content_type="text/plain", size=len(text), **columns)
    attachment.file.save("", ContentFile(text), save=False)
    attachment.thumbnail.save("", ContentFile(b"small"), save=False)
    attachment.save()
    return attachment


def files_of(message: AbstractMessage) -> list[Attachment]:
    return list(Attachment.objects.filter(message=message.pk).order_by("position"))


def stored_names() -> set[str]:
    """Return the names of all files that are kept."""
    storage = attachment_storage()
    folders = storage.listdir("convo")[0] if storage.exists("convo") else []
    return {f"convo/{folder}/{name}" for folder in folders for name in storage.listdir(f"convo/{folder}")[1]}


def forward(actor: Any, message: AbstractMessage, target: Any, **options: Any) -> AbstractMessage:
    return actions.forward_message(actor=actor, message=message, conversation=target, **options)


def test_forward_sends_a_copy(target: Any, said: AbstractMessage, bob: Any, cyd: Any) -> None:
    with replayed(target):
        copy = forward(cyd, said, target)
    assert copy.was_created
    assert (copy.sender, copy.message_body, copy.metadata) == (cyd, "The lamp is lit", {"forwarded": True})
    assert (copy.conversation.pk, copy.seq, copy.kind, copy.client_id) == (target.pk, 1, "user", None)
    assert [unread_of(target, user) for user in (bob, cyd)] == [1, 0]
    assert log_of(target, after=1) == [("message.created", cyd.pk, 1, {"message_id": str(copy.pk)})]


def test_forward_takes_nothing_along_that_the_others_could_not_know(
    group: Any, target: Any, ada: Any, bob: Any, cyd: Any, said: AbstractMessage
) -> None:
    answer = actions.send_message(
        actor=ada, conversation=group, body="Yes", reply_to=said, thread_root=said, mentions=[bob, actions.EVERYONE]
    )
    Reaction.objects.create(conversation_id=group.pk, message_id=answer.pk, user=bob, emoji="👍")
    actions.edit_message(actor=ada, message=answer, body="Yes!")
    copy = forward(cyd, answer, target)
    assert (copy.reply_to_id, copy.thread_root_id, copy.edited_at, copy.reply_count) == (None, None, None, 0)
    assert copy.message_body == "Yes!"
    assert not Mention.objects.filter(message=copy.pk).exists()
    assert not Reaction.objects.filter(message=copy.pk).exists()
    assert row_of(target, bob).mention_count == 0
    assert str(said.pk) not in str(copy.metadata)


def test_names_in_the_body_mention_nobody(group: Any, target: Any, bob: Any, cyd: Any, settings: Any) -> None:
    settings.CONVO_MENTION_FIELD = column = type(bob).USERNAME_FIELD
    type(bob)._default_manager.filter(pk=bob.pk).update(**{column: "bob"})
    said = actions.send_message(actor=cyd, conversation=group, body="@bob @everyone look")
    forward(cyd, said, target)
    assert (row_of(group, bob).mention_count, row_of(target, bob).mention_count) == (1, 0)


def test_forward_again_answers_with_the_first(
    group: Any, target: Any, ada: Any, cyd: Any, said: AbstractMessage
) -> None:
    first = forward(cyd, said, target, client_id="one")
    actions.edit_message(actor=ada, message=said, body="The lamp is out")
    again = forward(cyd, said, target, client_id="one")
    assert (again.pk, again.was_created, again.message_body) == (first.pk, False, "The lamp is lit")
    actions.delete_message(actor=ada, message=said)
    actions.leave(actor=cyd, conversation=target)
    assert forward(cyd, said, target, client_id="one").pk == first.pk
    found = actions.find_repeated_forward(actor=cyd, message=said, conversation=target, client_id="one")
    assert found == first
    assert len(bodies_of(target)) == 1


def test_a_client_id_is_one_for_what_is_sent_and_what_is_forwarded(
    group: Any, target: Any, ada: Any, cyd: Any, said: AbstractMessage
) -> None:
    other = actions.send_message(actor=ada, conversation=group, body=said.message_body)
    forward(cyd, said, target, client_id="one")
    with pytest.raises(Conflict, match="client_id_reused"):
        forward(cyd, other, target, client_id="one")
    with pytest.raises(Conflict, match="client_id_reused"):
        actions.send_message(actor=cyd, conversation=target, body=said.message_body, client_id="one")
    with pytest.raises(Invalid, match="invalid_client_id"):
        forward(cyd, said, target, client_id="")
    assert forward(cyd, said, group, client_id="one").was_created


def test_forward_needs_sight_of_the_message(
    group: Any, target: Any, ada: Any, cyd: Any, stranger: Any, said: AbstractMessage
) -> None:
    for actor in (stranger, cyd):
        if actor == cyd:
            actions.leave(actor=cyd, conversation=group)
        with pytest.raises(NotFound):
            forward(actor, said, target)
    assert bodies_of(target) == []


def test_what_was_deleted_is_not_forwarded(target: Any, ada: Any, cyd: Any, said: AbstractMessage) -> None:
    actions.delete_message(actor=ada, message=said)
    with pytest.raises(Denied, match="message_deleted"):
        forward(cyd, said, target)
    assert bodies_of(target) == []


def refusing(outgoing: Any) -> None:
    raise Denied("not_here", "Not here.")


def rewriting(outgoing: Any) -> Any:
    return actions.OutgoingMessage(
        actor=outgoing.actor,
        conversation=outgoing.conversation,
        body=outgoing.body.upper(),
        metadata={**outgoing.metadata, "seen": True},
    )


def test_what_refuses_a_send_refuses_to_forward(
    group: Any, target: Any, direct: Any, ada: Any, bob: Any, cyd: Any, said: AbstractMessage
) -> None:
    file = upload(ada)
    said = actions.send_message(actor=ada, conversation=group, body="look", attachments=[file])
    before = stored_names()
    with pytest.raises(Denied, match="permission_denied"):
        forward(ada, said, target)
    with override_settings(CONVO_MESSAGE_HOOKS=[f"{__name__}.refusing"]), pytest.raises(Denied, match="not_here"):
        forward(cyd, said, target)
    Block.objects.create(blocker=bob, blocked=ada)
    with pytest.raises(Denied, match="permission_denied"):
        forward(ada, said, direct)
    actions.close(actor=bob, conversation=target)
    with pytest.raises(Denied, match="conversation_closed"):
        forward(cyd, said, target)
    actions.reopen(actor=bob, conversation=target)
    Sanction.objects.create(user=cyd, kind="mute", conversation_id=target.pk)
    with pytest.raises(Denied, match="muted"):
        forward(cyd, said, target)
    assert (bodies_of(target), stored_names(), Attachment.objects.count()) == ([], before, 1)


def test_slow_mode_holds_for_what_is_forwarded(target: Any, cyd: Any, said: AbstractMessage) -> None:
    type(target)._default_manager.filter(pk=target.pk).update(slow_mode_seconds=60)
    forward(cyd, said, target)
    with pytest.raises(TooSoon):
        forward(cyd, said, target)


@override_settings(CONVO_MESSAGE_HOOKS=[f"{__name__}.rewriting"])
def test_hooks_see_what_is_forwarded(target: Any, cyd: Any, said: AbstractMessage) -> None:
    copy = forward(cyd, said, target)
    assert (copy.message_body, copy.metadata) == ("THE LAMP IS LIT", {"forwarded": True, "seen": True})


def test_the_host_forwards_as_itself(target: Any, said: AbstractMessage) -> None:
    copy = forward(None, said, target)
    assert (copy.kind, copy.sender) == ("system", None)


# Files


@pytest.mark.django_db(transaction=True)
def test_files_are_copied_and_outlive_the_first(group: Any, target: Any, ada: Any, cyd: Any) -> None:
    sources = [upload(ada, b"one", width=3, height=2), upload(ada, b"two")]
    said = actions.send_message(actor=ada, conversation=group, attachments=sources)
    copy = forward(cyd, said, target)
    for source in sources:
        source.file.delete(save=False)
        source.thumbnail.delete(save=False)
        source.delete()
    found = files_of(copy)
    assert [file.file.read() for file in found] == [b"one", b"two"]
    assert [file.thumbnail.read() for file in found] == [b"small", b"small"]
    assert [(file.uploader, file.conversation_id, file.name) for file in found] == [(cyd, target.pk, "one.txt")] * 2
    assert [(file.width, file.height, file.size) for file in found] == [(3, 2, 3), (None, None, 3)]


@pytest.mark.django_db(transaction=True)
def test_a_retry_leaves_no_files_behind(
    group: Any, target: Any, ada: Any, cyd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once: both have copied before one of them has sent."""
    said = actions.send_message(actor=ada, conversation=group, attachments=[upload(ada)])
    first = forward(cyd, said, target, client_id="one")
    before = stored_names()
    looked_up = forwarding.find_by_client_id
    answers = iter([lambda *arguments: None, looked_up])
    monkeypatch.setattr(forwarding, "find_by_client_id", lambda *arguments: next(answers)(*arguments))
    again = forward(cyd, said, target, client_id="one")
    assert (again.pk, again.was_created) == (first.pk, False)
    assert stored_names() == before


@pytest.mark.django_db(transaction=True)
def test_files_go_with_a_transaction_that_is_rolled_back(group: Any, target: Any, ada: Any, cyd: Any) -> None:
    said = actions.send_message(actor=ada, conversation=group, attachments=[upload(ada)])
    before = stored_names()
    with transaction.atomic():
        forward(cyd, said, target)
        transaction.set_rollback(True)
    assert stored_names() == before
    assert Attachment.objects.count() == 1


def test_a_file_that_is_gone_cannot_be_forwarded(group: Any, target: Any, ada: Any, cyd: Any) -> None:
    kept, gone = upload(ada), upload(ada)
    said = actions.send_message(actor=ada, conversation=group, attachments=[kept, gone])
    gone.file.storage.delete(gone.file.name)
    before = stored_names()
    with pytest.raises(InvalidReference):
        forward(cyd, said, target)
    assert stored_names() == before


def test_what_is_deleted_while_its_files_are_copied_is_not_forwarded(
    target: Any, ada: Any, cyd: Any, said: AbstractMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = forwarding.copy_attachments

    def copy_slowly(*arguments: Any) -> Any:
        actions.delete_message(actor=ada, message=said)
        return copy(*arguments)

    monkeypatch.setattr(forwarding, "copy_attachments", copy_slowly)
    with pytest.raises(Denied, match="message_deleted"):
        forward(cyd, said, target)

    assert bodies_of(target) == []
