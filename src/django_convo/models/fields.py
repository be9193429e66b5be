"""What migrations refer to: defaults, validators, field classes. The path of this module is a promise."""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models.fields.related_descriptors import ManyToManyDescriptor
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from model_utils.fields import AutoLastModifiedField

from django_convo.conf import settings

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_uuid7_lock = threading.Lock()
_uuid7_last = 0

# RFC 9562, section 5.7: version and variant bits.
_UUID7_VERSION = 0x7 << 76
_UUID7_VARIANT = 0b10 << 62

# PostgreSQL has no NUL in texts; lone surrogates cannot be encoded.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class LastModifiedField(AutoLastModifiedField):
    """When a row was written last: model-utils' field, without the moment that it keeps for all new rows.

    Its `get_default` answers with the first moment that the process asked for: a row that is made an hour later would
    say that it changed an hour ago, and whoever looks for what is new since then would not find it.
    """

    def get_default(self) -> datetime:
        """Return now."""
        return timezone.now()


def uuid7() -> uuid.UUID:
    """Return a UUID of version 7 (RFC 9562): milliseconds since 1970, a counter, random bits.

    Strictly increasing within a process (method 1 of section 6.2: a 12-bit counter that starts anew each millisecond
    and borrows from the next one when it is full), so that rows made in order sort in order.
    """
    global _uuid7_last
    with _uuid7_lock:
        tick = max((time.time_ns() // 1_000_000) << 12, _uuid7_last + 1)
        _uuid7_last = tick
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return uuid.UUID(int=((tick >> 12) << 80) | _UUID7_VERSION | ((tick & 0xFFF) << 64) | _UUID7_VARIANT | random)


class AttachmentStorage(Storage):
    """The `STORAGES` alias of `CONVO_ATTACHMENT_STORAGE`, looked up at each use.

    Django asks for a field's storage while it loads models, where an alias that is missing would end everything before
    a check could say so.
    """

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        return getattr(storages[settings.ATTACHMENT_STORAGE], name)


def attachment_storage() -> Storage:
    """Return where attachments are kept."""
    return AttachmentStorage()


def attachment_path(attachment: Any, filename: str) -> str:
    """Return where a file is kept: under its own id, whatever its uploader called it.

    And under a secret, since an id is none: where a host serves its media folder, nobody who has seen the id finds it.
    """
    return f"convo/{attachment.pk.hex[-2:]}/{attachment.pk.hex}-{secrets.token_hex(16)}"


def thumbnail_path(attachment: Any, filename: str) -> str:
    """Return where the thumbnail of a file is kept."""
    return f"{attachment_path(attachment, filename)}.thumbnail"


# The words of a message as PostgreSQL indexes them (`convo_message_search`), and as the search asks for them: the same
# expression. What makes its parser read addresses, signed numbers or markup instead of words is taken out; in scripts
# without spaces each character is a word. A vector holds 1 MB, which 100,000 characters stay below.
SEARCH_VECTOR = (
    "to_tsvector('simple'::regconfig, regexp_replace("
    "translate(left(message_body, 100000), '-_./@:+<>&', '          '), "
    r"'([\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g'))"
)


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """A CharField whose values are equal only when their bytes are.

    MariaDB's default collation calls two emoji equal, and `utf8mb4_bin` ignores trailing blanks; SQLite and PostgreSQL
    compare by byte already.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            is_mariadb = getattr(connection, "mysql_is_mariadb", True)
            # MySQL's own name for the same rule.
            parameters["collation"] = "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
        return parameters


class ParticipantsField(models.ManyToManyField):  # type: ignore[type-arg]
    """The conversation's participants: a real relation for reads and filters, closed for writes.

    It is added as a private field, as GenericRelation is, so that it never enters migration state: there, a
    conversation that points at its own children would make a ring of migrations as soon as a host swaps it.
    """

    def __init__(self, to: Any, **kwargs: Any) -> None:
        # No reverse name on the user model: it is the host's, and each reverse manager would be one more way to write.
        kwargs.update(related_name="+", editable=False)
        super().__init__(to, **kwargs)

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = True, **kwargs: Any
    ) -> None:
        super().contribute_to_class(cls, name, private_only=True, **kwargs)
        if not cls._meta.abstract:
            setattr(cls, name, _ReadOnlyDescriptor(self.remote_field, reverse=False))


_ACTION_INSTEAD = {
    "add": "actions.add_participant(actor=…, conversation=…, user=…)",
    "create": "actions.add_participant(actor=…, conversation=…, user=…)",
    "get_or_create": "actions.add_participant(actor=…, conversation=…, user=…)",
    "update_or_create": "actions.add_participant(actor=…, conversation=…, user=…)",
    "remove": "actions.remove_participant(actor=…, conversation=…, user=…)",
    "clear": "actions.remove_participant(actor=…, conversation=…, user=…)",
    "set": "actions.add_participant(…) and actions.remove_participant(…)",
}


def _refuse(method: str) -> Any:
    def refused(self: object, *args: object, **kwargs: object) -> None:
        raise TypeError(
            f"conversation.participants.{method}() would go past counters, events and the policy. "
            f"Call {_ACTION_INSTEAD[method]} instead."
        )

    refused.__name__ = method
    return refused


class _ReadOnlyDescriptor(ManyToManyDescriptor):  # type: ignore[type-arg]
    """Gives the usual related manager, with each writing method replaced by an error that names the action."""

    @cached_property
    def related_manager_cls(self) -> Any:
        refusals = {prefix + method: _refuse(method) for method in _ACTION_INSTEAD for prefix in ("", "a")}
        return type("ReadOnlyParticipants", (super().related_manager_cls,), refusals)


def _walk(value: object) -> Iterator[tuple[object, int]]:
    """Yield each container, key and value of a JSON value with its depth, without recursion; rings have no end."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        yield item, depth
        if isinstance(item, dict):
            waiting.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, (list, tuple)):
            waiting.extend((part, depth + 1) for part in item)


def is_storable_text(text: str) -> bool:
    """Say whether every database can hold the text: no NUL, no lone surrogate."""
    return _UNSTORABLE.search(text) is None


def validate_metadata(value: object) -> None:
    """Accept a JSON object within `CONVO_METADATA_MAX_BYTES` and `CONVO_METADATA_MAX_DEPTH`; else ValidationError."""
    if not isinstance(value, dict):
        raise ValidationError(_("Metadata must be a JSON object."), code="metadata_not_an_object")
    limit = settings.METADATA_MAX_DEPTH
    for item, depth in _walk(value):
        if depth > limit and isinstance(item, (dict, list, tuple)):
            raise ValidationError(
                _("Metadata is nested too deep: at most %(limit)d levels."),
                code="metadata_too_deep",
                params={"limit": limit},
            )
        if isinstance(item, str) and not is_storable_text(item):
            raise ValidationError(_("Metadata holds a text that cannot be stored."), code="metadata_invalid")
        if isinstance(item, dict) and not all(isinstance(key, str) for key in item):
            raise ValidationError(_("The keys of a JSON object are texts."), code="metadata_invalid")
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError) as error:
        raise ValidationError(_("Metadata holds a value that JSON cannot."), code="metadata_invalid") from error
    if size > settings.METADATA_MAX_BYTES:
        raise ValidationError(
            _("Metadata is too large: at most %(limit)d bytes."),
            code="metadata_too_large",
            params={"limit": settings.METADATA_MAX_BYTES},
        )
