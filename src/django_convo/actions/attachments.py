"""Attachments: uploading, what belongs to which message, and removing what was never sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import Error, connections, router, transaction
from django.utils.translation import gettext_lazy as _

from django_convo import files
from django_convo.conf import settings
from django_convo.exceptions import ConvoError, Invalid, InvalidReference
from django_convo.models import AbstractMessage, Attachment, ScheduledMessage
from django_convo.policy import authorize, capabilities
from django_convo.types import ScheduledStatus

from .base import action


def create_attachment(*, actor: Any | None, file: File[Any], name: str | None = None) -> Attachment:
    """Keep a file that the actor may then send with a message; `name` is how it is shown, else the file's own.

    What it is, its content says. Images are made anew, without metadata. The file is read and written before the
    transaction, so that nobody waits for it; where the transaction is rolled back, be it the caller's, it is removed.
    Locks the actor's row, by which uploads are counted.

    Raises Denied (no `message.send` on the site, `muted`, `banned`), Invalid (`too_many_unsent`, `empty_file`,
    `file_too_large`, `type_not_allowed`, `invalid_image`, `too_many_pixels`), and ImportError without the extra.
    Emits no event: nobody else sees it.
    """
    _refuse_upload(actor)
    content = files.read_upload(file)
    attachment = Attachment(
        uploader=actor,
        name=files.shown_name(name or file.name or "", content.content_type),
        content_type=content.content_type,
        size=content.size,
        width=content.width,
        height=content.height,
    )
    stored = _write(attachment, content)
    try:
        _insert(attachment, stored)
    except BaseException as error:
        discard(stored, [attachment], error)
        raise
    return attachment


def discard(stored: files.StoredFiles, attachments: Iterable[Attachment], error: BaseException) -> None:
    """Remove the files of rows that an error kept from being written, unless they were written all the same.

    Where a connection breaks at COMMIT, nobody hears whether it was carried out. Where that cannot be asked either,
    the files stay: one that nothing names is better than a message without its file.
    """
    using = router.db_for_write(Attachment)
    connection = connections[using]
    if not isinstance(error, ConvoError) and not connection.in_atomic_block:
        # A connection that broke would answer nothing.
        connection.close_if_unusable_or_obsolete()
        try:
            if Attachment.objects.using(using).filter(pk__in=[row.pk for row in attachments]).exists():
                return stored()
        except Error:
            return stored()
    stored.remove()


def _write(attachment: Attachment, content: files.UploadedContent) -> files.StoredFiles:
    attachment.file.save("", content.file, save=False)
    try:
        if content.thumbnail is not None:
            attachment.thumbnail.save("", ContentFile(content.thumbnail), save=False)
    except BaseException:
        attachment.file.delete(save=False)
        raise
    return files.StoredFiles(files.places_of(attachment.file, attachment.thumbnail))


@action
def _insert(attachment: Attachment, stored: files.StoredFiles) -> None:
    using = router.db_for_write(Attachment)
    if attachment.uploader_id is not None:
        no_key = connections[using].vendor == "postgresql"
        uploaders = get_user_model()._default_manager.using(using).filter(pk=attachment.uploader_id)
        # Two uploads of one user count each other.
        uploaders.order_by().select_for_update(no_key=no_key).values_list("pk", flat=True).first()
        _refuse_upload(attachment.uploader)
    attachment.save(force_insert=True, using=using)
    transaction.on_commit(stored, using=using)


def _refuse_upload(actor: Any | None) -> None:
    authorize(actor, capabilities.MESSAGE_SEND)
    if actor is None:
        return
    unsent = Attachment.objects.using(router.db_for_write(Attachment)).filter(message=None, uploader=actor)
    if unsent.count() >= settings.ATTACHMENT_MAX_UNSENT:
        raise Invalid("too_many_unsent", _("Send or wait: too many of your files have not been sent."))


def find_unsent(actor: Any | None, references: Sequence[Any]) -> list[Attachment]:
    """Return the actor's own uploads that no message has yet, locked, in the order given.

    The host (`actor=None`) may send anybody's. Raises InvalidReference (`attachments`), Invalid
    (`too_many_attachments`).
    """
    keys = list(dict.fromkeys(_key_of(item) for item in references))
    if not keys:
        return []
    if len(keys) > settings.ATTACHMENT_MAX_PER_MESSAGE:
        raise Invalid("too_many_attachments", _("The message has too many attachments."), field="attachments")
    rows = Attachment.objects.filter(pk__in=keys, message=None).order_by("pk")
    if actor is not None:
        rows = rows.filter(uploader=actor)
    no_key = connections[rows.db].vendor == "postgresql"
    found = {row.pk: row for row in rows.select_for_update(no_key=no_key)}
    if len(found) != len(keys):
        raise InvalidReference(field="attachments")
    return [found[key] for key in keys]


def _key_of(reference: Any) -> UUID:
    """Return the id of an attachment that is given as itself, as its id, or as the text of that."""
    try:
        key: UUID = Attachment._meta.pk.to_python(getattr(reference, "pk", reference))
    except ValidationError as error:
        raise InvalidReference(field="attachments") from error
    return key


def attach(message: AbstractMessage, attachments: Sequence[Attachment]) -> None:
    """Let the message have these files, which the caller has locked, in this order."""
    for position, attachment in enumerate(attachments):
        attachment.conversation_id, attachment.message_id = message.conversation_id, message.pk
        attachment.position = position
    if attachments:
        Attachment.objects.bulk_update(attachments, ["conversation", "message", "position"])


def delete_files(attachments: Iterable[Attachment]) -> None:
    """Remove the files of rows that the caller's transaction deletes, once it is safe; reads nothing."""
    places = [place for row in attachments for place in files.places_of(row.file, row.thumbnail)]
    files.remove_on_commit(places, using=router.db_for_write(Attachment))


@action
def prune_unsent_attachments(*, before: datetime, limit: int) -> int:
    """Delete at most `limit` uploads from before then that no message has, with their files; returns how many.

    What a scheduled message waits for stays. Locks the rows: one that is being sent meanwhile stays, too. Emits no
    event.
    """
    using = router.db_for_write(Attachment)
    scheduled = ScheduledMessage.objects.using(using).filter(status=ScheduledStatus.PENDING)
    awaited = {key for keys in scheduled.values_list("attachment_ids", flat=True) for key in keys}
    expired = Attachment.objects.using(using).filter(message=None, created_at__lt=before).exclude(pk__in=awaited)
    rows = list(expired.order_by("created_at").select_for_update(skip_locked=_skips_locked(using))[:limit])
    # Asked again of those that are locked now: whoever schedules locks the files that are to go along.
    for keys in scheduled.filter(sender__in={row.uploader_id for row in rows}).values_list(
        "attachment_ids", flat=True
    ):
        rows = [row for row in rows if str(row.pk) not in keys]
    Attachment.objects.using(using).filter(pk__in=[row.pk for row in rows]).delete()
    delete_files(rows)
    return len(rows)


def _skips_locked(using: str) -> bool:
    return bool(connections[using].features.has_select_for_update_skip_locked)
