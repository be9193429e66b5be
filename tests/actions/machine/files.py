"""Files: uploading, sending, removing them, and collecting what nobody sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from django_convo import actions
from django_convo.actions.attachments import prune_unsent_attachments
from django_convo.exceptions import NotFound
from django_convo.models import Attachment
from django_convo.selectors.attachments import find_attachment

from .base import Base, numbers, people, rooms


class FileRules(Base):
    @rule(actor=people)
    def upload(self, actor: int) -> None:
        by = self.person_or_host(actor)
        upload = self.attempt(None, actions.create_attachment, actor=by, file=ContentFile(b"words", "notes.txt"))
        assert self.code == self.refusal_on_the_site(by)
        if upload is not None:
            self.uploads[upload.pk] = self.key_of(by)
            for user in self.users:
                self.check_opens(user, upload.pk, user == by)

    @precondition(lambda self: self.uploads)
    @rule(room=rooms, actor=people, number=numbers, is_other=st.booleans(), body=st.sampled_from(["", "see"]))
    def send_file(self, room: int, actor: int, number: int, is_other: bool, body: str) -> None:
        """Send what somebody has uploaded, as who did or as somebody else."""
        key = self.pick(sorted(self.uploads), number)
        conversation = self.room(room)
        by = self.person_or_host(actor, conversation) if is_other else self.uploader_of(key)
        expected = self.refusal_of_sending(by, conversation)
        if expected is None and by is not None and self.uploads[key] != by.pk:
            expected = "invalid_reference"
        content = {"conversation": conversation, "body": body, "attachments": [key]}
        message = self.attempt(conversation, actions.send_message, actor=by, **content)
        assert self.code == expected
        if message is not None:
            del self.uploads[key]
            self.files[key] = message.pk

    @precondition(lambda self: self.uploads or self.files)
    @rule(actor=people, number=numbers, is_other=st.booleans())
    def delete_file(self, actor: int, number: int, is_other: bool) -> None:
        """Take a file away, sent or not: its owner from among the unsent, a moderator from a message."""
        attachment = self.pick(list(Attachment.objects.select_related("conversation").order_by("pk")), number)
        conversation = attachment.conversation
        if conversation is None:
            by = self.person_or_host(actor) if is_other else self.uploader_of(attachment.pk)
        else:
            by = self.leader(actor, conversation)
        self.attempt(conversation, actions.delete_attachment, actor=by, attachment=attachment)
        if conversation is None:
            is_refused = by is not None and by.pk != attachment.uploader_id
            assert self.code == ("not_found" if is_refused else None)
        if self.refusal is None:
            self.uploads.pop(attachment.pk, None)
            self.files.pop(attachment.pk, None)
            for user in self.users:
                self.check_opens(user, attachment.pk, False)

    @precondition(lambda self: self.files)
    @rule(number=numbers, is_keeping=st.booleans())
    def delete_with_a_message(self, number: int, is_keeping: bool) -> None:
        """Nobody opens what a deleted message has; once it is restored, they do again."""
        key = self.pick(sorted(self.files), number)
        message = self.messages.select_related("conversation", "sender").get(pk=self.files[key])
        room = message.conversation
        self.attempt(room, actions.delete_message, actor=message.sender, message=message)
        for user in self.users if self.refusal is None else ():
            self.check_opens(user, key, False)
        if is_keeping:
            self.attempt(room, actions.restore_message, actor=message.sender, message=message)

    @precondition(lambda self: self.uploads)
    @rule(limit=st.sampled_from([1, 100]))
    def collect_orphans(self, limit: int) -> None:
        """Collect what was not sent, but for what a scheduled message waits for."""
        awaited = {key for status, _, _, files in self.waiting.values() if status == "pending" for key in files}
        before = set(self.uploads)
        number = prune_unsent_attachments(before=timezone.now() + timedelta(minutes=1), limit=limit)
        left = set(Attachment.objects.filter(message=None).values_list("pk", flat=True))
        assert before & awaited <= left
        assert number == len(before - left) == min(limit, len(before - awaited))
        self.uploads = {key: user for key, user in self.uploads.items() if key in left}

    def uploader_of(self, key: Any) -> Any:
        """Return who has uploaded a file that is not sent, or None."""
        return next((user for user in self.users if user.pk == self.uploads.get(key)), None)

    def check_opens(self, user: Any, key: Any, is_able: bool) -> None:
        if is_able:
            assert find_attachment(user, key).pk == key
            return
        with pytest.raises(NotFound):
            find_attachment(user, key)
