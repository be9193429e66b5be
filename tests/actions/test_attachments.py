from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from django_convo import actions, files
from django_convo.actions import attachments as module
from django_convo.actions.attachments import prune_unsent_attachments
from django_convo.exceptions import Denied, Invalid, InvalidReference, NotFound
from django_convo.models import Attachment, AuditEntry, Sanction, ScheduledMessage
from tests.people import json_key, log_of, make_user
from tests.pictures import SECRET, is_stored, opened, picture, upload
from tests.replay import replayed


def content_of(file: Any) -> bytes:
    with file.open("rb") as stream:
        return bytes(stream.read())


# create_attachment


def test_create_keeps_a_file_under_its_own_id(ada: Any) -> None:
    attachment = upload(ada, b"words", "../../Plan.txt")

    stored = Attachment.objects.get()
    assert (stored.pk, stored.uploader, stored.message_id, stored.conversation_id) == (attachment.pk, ada, None, None)
    assert (stored.name, stored.content_type, stored.size, stored.width) == ("Plan.txt", "text/plain", 5, None)
    # Under its id, and what nobody can know from it.
    assert re.fullmatch(f"convo/{stored.pk.hex[-2:]}/{stored.pk.hex}-[0-9a-f]{{32}}", stored.file.name)
    assert content_of(stored.file) == b"words"
    assert not stored.thumbnail
    assert not stored.is_image


def test_create_makes_an_image_anew(ada: Any) -> None:
    attachment = upload(ada, picture(orientation=6), "home.jpg")

    stored = Attachment.objects.get(pk=attachment.pk)
    assert (stored.width, stored.height, stored.is_image) == (20, 40, True)
    kept = content_of(stored.file)
    assert stored.size == len(kept)
    assert SECRET not in kept
    assert opened(content_of(stored.thumbnail)).format == "WEBP"


def test_create_takes_another_name(ada: Any) -> None:
    assert actions.create_attachment(actor=ada, file=ContentFile(b"words"), name="a\n/b\u202e.txt").name == "b.txt"
    assert actions.create_attachment(actor=ada, file=ContentFile(b"words")).name == "file"


def test_create_by_the_host_has_no_uploader(ada: Any, group: Any) -> None:
    attachment = upload(None)

    assert attachment.uploader_id is None
    with pytest.raises(InvalidReference):
        actions.send_message(actor=ada, conversation=group, attachments=[attachment])
    sent = actions.send_message(actor=None, conversation=group, attachments=[attachment])
    assert Attachment.objects.get(message=sent.pk).pk == attachment.pk


@override_settings(CONVO_ATTACHMENT_MAX_UNSENT=2)
def test_create_is_refused_to_whoever_has_too_many_unsent(ada: Any, bob: Any, group: Any) -> None:
    first, _ = upload(ada), upload(ada)
    with pytest.raises(Invalid, match="too_many_unsent"):
        upload(ada)
    upload(bob)
    actions.send_message(actor=ada, conversation=group, attachments=[first])
    upload(ada)

    assert Attachment.objects.filter(uploader=ada).count() == 3


def test_create_is_refused_to_those_who_may_not_speak(ada: Any) -> None:
    narrowed = {role: ["-message.send"] for role in ("guest", "member")}
    with override_settings(CONVO_ROLES=narrowed), pytest.raises(Denied, match="permission_denied"):
        upload(ada)
    for kind, code in (("mute", "muted"), ("ban", "banned")):
        sanction = Sanction.objects.create(user=ada, kind=kind)
        with pytest.raises(Denied, match=code):
            upload(ada)
        sanction.delete()

    assert not Attachment.objects.exists()


def test_create_refused_for_its_content_leaves_nothing(ada: Any, written: list[str]) -> None:
    for raw, code in ((b"", "empty_file"), (b"<html>", "type_not_allowed"), (picture()[:-200], "invalid_image")):
        with pytest.raises(Invalid, match=code):
            upload(ada, raw)

    assert (Attachment.objects.count(), written) == (0, [])


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the names under which anything is written."""
    names: list[str] = []
    save = files_storage()._save

    def noting(name: str, content: Any) -> Any:
        names.append(name)
        return save(name, content)

    monkeypatch.setattr(files_storage(), "_save", noting)
    return names


def files_storage() -> Any:
    return storages["default"]


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    """With real commits."""

    def test_files_stay_once_committed(self) -> None:
        attachment = upload(make_user(), picture())

        assert is_stored(attachment)

    def test_files_go_with_the_hosts_transaction(self) -> None:
        user = make_user()
        with transaction.atomic():
            attachment = upload(user, picture())
            assert is_stored(attachment)
            transaction.set_rollback(True)

        assert not is_stored(attachment)
        assert not Attachment.objects.exists()

    def test_files_go_with_the_hosts_savepoint(self) -> None:
        user = make_user()
        with transaction.atomic():
            kept = upload(user)
            with transaction.atomic():
                attachment = upload(user, picture())
                transaction.set_rollback(True)
            assert not is_stored(attachment)

        assert is_stored(kept)

    def test_files_go_where_the_row_cannot_be_written(self, written: list[str]) -> None:
        user = make_user()
        user_key = user.pk
        user.delete()
        user.pk = user_key

        with pytest.raises(Exception):  # noqa: B017 - each database's own
            upload(user, picture())

        assert len(written) == 2
        assert not any(map(files_storage().exists, written))

    def test_files_go_where_the_second_cannot_be_written(
        self, monkeypatch: pytest.MonkeyPatch, written: list[str]
    ) -> None:
        save = files_storage()._save

        def full(name: str, content: Any) -> Any:
            if name.endswith(".thumbnail"):
                raise OSError("no space left")
            return save(name, content)

        monkeypatch.setattr(files_storage(), "_save", full)
        with pytest.raises(OSError, match="no space"):
            upload(make_user(), picture())

        assert len(written) == 1
        assert not files_storage().exists(written[0])
        assert not Attachment.objects.exists()

    def test_files_of_a_pruned_row_go_after_the_commit(self) -> None:
        attachment = upload(make_user(), picture())
        with transaction.atomic():
            assert prune_unsent_attachments(before=timezone.now(), limit=10) == 1
            assert is_stored(attachment)

        assert not is_stored(attachment)

    def test_files_of_a_deletion_that_is_rolled_back_stay(self) -> None:
        attachment = upload(make_user(), picture())
        with transaction.atomic():
            actions.delete_attachment(actor=None, attachment=attachment)
            transaction.set_rollback(True)

        assert is_stored(attachment)

    def test_file_that_cannot_be_removed_stops_nobody(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        attachment = upload(make_user(), picture())
        delete = files_storage().delete

        def offline(name: str) -> None:
            if not name.endswith(".thumbnail"):
                raise OSError("offline")
            delete(name)

        monkeypatch.setattr(files_storage(), "delete", offline)
        actions.delete_attachment(actor=None, attachment=attachment)

        assert not Attachment.objects.exists()
        assert attachment.file.name in caplog.text
        assert not files_storage().exists(attachment.thumbnail.name)


def test_create_without_the_extra_says_what_to_install(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "django_convo.files.reading", None)
    with pytest.raises(ImportError):
        upload(ada)

    monkeypatch.setattr(files.uploads, "find_spec", lambda name: None)
    assert not files.is_available()


# send_message


def test_send_takes_files_in_their_order(group: Any, ada: Any) -> None:
    uploads = [upload(ada, name=f"{number}.txt") for number in range(3)][::-1]
    with replayed(group):
        message = actions.send_message(actor=ada, conversation=group, attachments=uploads)

    rows = Attachment.objects.filter(message=message.pk, conversation=group.pk).order_by("position")
    assert [row.pk for row in rows] == [item.pk for item in uploads]
    assert log_of(group, after=1) == [("message.created", ada.pk, 1, {"message_id": str(message.pk)})]


def test_send_refuses_what_is_not_ones_own_or_was_sent(group: Any, ada: Any, bob: Any) -> None:
    sent, own = upload(ada), upload(ada)
    actions.send_message(actor=ada, conversation=group, attachments=[sent])
    for refused in ([upload(bob)], [sent], [own, sent], [Attachment()], ["no id"], [str(own.pk), "7"]):
        with pytest.raises(InvalidReference):
            actions.send_message(actor=ada, conversation=group, body="x", attachments=refused)

    assert Attachment.objects.get(pk=own.pk).message_id is None


def test_send_of_the_same_twice_in_one_message_is_once(group: Any, ada: Any) -> None:
    attachment = upload(ada)

    named = [attachment, attachment.pk, str(attachment.pk)]
    message = actions.send_message(actor=ada, conversation=group, attachments=named)

    assert Attachment.objects.filter(message=message.pk).count() == 1


@override_settings(CONVO_ATTACHMENT_MAX_PER_MESSAGE=2)
def test_send_refuses_too_many(group: Any, ada: Any) -> None:
    uploads = [upload(ada) for _ in range(3)]
    with pytest.raises(Invalid, match="too_many_attachments"):
        actions.send_message(actor=ada, conversation=group, attachments=uploads)
    actions.send_message(actor=ada, conversation=group, attachments=uploads[:2])


# delete_attachment


@pytest.fixture
def sent(group: Any, cyd: Any) -> Any:
    """A file of Cyd's, in the group."""
    attachment = upload(cyd, picture())
    actions.send_message(actor=cyd, conversation=group, body="look", attachments=[attachment])
    return Attachment.objects.get(pk=attachment.pk)


def test_delete_takes_a_file_off_its_message(group: Any, bob: Any, cyd: Any, sent: Any) -> None:
    with replayed(group):
        actions.delete_attachment(actor=bob, attachment=sent)

    assert not Attachment.objects.exists()
    assert log_of(group, after=2) == [("message.updated", bob.pk, 1, {"message_id": str(sent.message_id)})]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.user, entry.message_id) == (
        "attachment.deleted",
        bob,
        cyd,
        sent.message_id,
    )
    assert entry.detail == {"attachment": str(sent.pk), "user": json_key(cyd)}


def test_delete_of_a_file_of_a_tombstone_emits_nothing(group: Any, bob: Any, sent: Any) -> None:
    actions.delete_message(actor=None, message=sent.message)
    before = len(log_of(group))
    with replayed(group):
        actions.delete_attachment(actor=bob, attachment=sent)

    assert len(log_of(group)) == before
    assert not Attachment.objects.exists()


def test_delete_is_for_moderators(group: Any, cyd: Any, stranger: Any, sent: Any) -> None:
    with pytest.raises(Denied, match="permission_denied"):
        actions.delete_attachment(actor=cyd, attachment=sent)
    with pytest.raises(NotFound):
        actions.delete_attachment(actor=stranger, attachment=sent)

    assert len(log_of(group)) == 2


def test_delete_again_finds_nothing(sent: Any) -> None:
    actions.delete_attachment(actor=None, attachment=sent)
    with pytest.raises(NotFound):
        actions.delete_attachment(actor=None, attachment=sent)


def test_delete_of_an_unsent_file_is_its_uploaders(ada: Any, bob: Any) -> None:
    attachment = upload(ada)
    with pytest.raises(NotFound):
        actions.delete_attachment(actor=bob, attachment=attachment)
    actions.delete_attachment(actor=ada, attachment=attachment)

    assert not Attachment.objects.exists()


# prune_unsent_attachments


def test_prune_takes_what_is_old_and_unsent(ada: Any, sent: Any) -> None:
    old, young, awaited = (upload(ada) for _ in range(3))
    moment = timezone.now() - timedelta(days=2)
    Attachment.objects.exclude(pk=young.pk).update(created_at=moment)
    ScheduledMessage.objects.create(
        conversation_id=sent.message.conversation_id,
        sender=ada,
        send_at=moment,
        due_at=moment,
        attachment_ids=[str(awaited.pk)],
    )

    assert prune_unsent_attachments(before=timezone.now() - timedelta(days=1), limit=10) == 1
    assert set(Attachment.objects.values_list("pk", flat=True)) == {sent.pk, young.pk, awaited.pk}
    assert prune_unsent_attachments(before=timezone.now() - timedelta(days=1), limit=10) == 0
    assert not Attachment.objects.filter(pk=old.pk).exists()


def test_prune_takes_no_more_than_its_limit_the_oldest_first(ada: Any) -> None:
    uploads = [upload(ada) for _ in range(3)]
    later = timezone.now() + timedelta(seconds=1)

    assert prune_unsent_attachments(before=later, limit=2) == 2
    assert [row.pk for row in Attachment.objects.all()] == [uploads[2].pk]


def test_files_are_read_outside_of_the_transaction(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    depths = []
    read, outer = module.files.read_upload, len(connection.savepoint_ids)

    def noting(file: Any) -> Any:
        depths.append(len(connection.savepoint_ids))
        return read(file)

    monkeypatch.setattr(module.files, "read_upload", noting)
    upload(ada)

    assert depths == [outer]


def test_deleted_user_leaves_the_files_that_were_sent(group: Any, cyd: Any, sent: Any) -> None:
    cyd.delete()

    assert Attachment.objects.get(pk=sent.pk).uploader_id is None
