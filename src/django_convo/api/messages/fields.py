"""What the body of a request about a message is read with."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from django_convo import actions
from django_convo.api.base import MomentField, ReferenceField, UserKeyField
from django_convo.conf import settings
from django_convo.models.fields import validate_metadata


class MessageBodyField(serializers.CharField):
    """A message's body: kept as it came, at most `CONVO_MESSAGE_MAX_LENGTH` characters, not only whitespace.

    With `allow_blank`, whether it may be blank is asked later, since a message with files needs no words.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        body: str = super().to_internal_value(data)
        if not body.strip() and not self.allow_blank:
            self.fail("blank")
        if len(body) > settings.MESSAGE_MAX_LENGTH:
            raise serializers.ValidationError(
                _("Ensure this field has no more than {max_length} characters.").format(
                    max_length=settings.MESSAGE_MAX_LENGTH
                ),
                code="max_length",
            )
        return body


class ClientIdField(serializers.CharField):
    """What makes a send repeatable: 1 to 64 characters of the client's choice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=actions.messages.CLIENT_ID_MAX_LENGTH, **kwargs)


class MetadataField(serializers.JSONField):
    """A JSON object of the client's, bounded in size and depth."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[validate_metadata], **kwargs)


class MentionField(UserKeyField):
    """The id of a user, or `everyone`."""

    def to_internal_value(self, data: Any) -> Any:
        return actions.EVERYONE if data == actions.EVERYONE else super().to_internal_value(data)


class MentionsField(serializers.ListField):
    """Whom a message names."""

    child = MentionField()

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > settings.MAX_MENTIONS + 1:
            raise serializers.ValidationError(_("The message names too many people."), code="too_many_mentions")
        return super().to_internal_value(data)


class AttachmentsField(serializers.ListField):
    """The ids of one's own uploads, in the order in which they are shown."""

    child = ReferenceField()

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > settings.ATTACHMENT_MAX_PER_MESSAGE:
            raise serializers.ValidationError(_("The message has too many attachments."), code="too_many_attachments")
        return super().to_internal_value(data)


class ContentSerializer(serializers.Serializer[Any]):
    """What a message is made of; a body, files, or both."""

    message_body = MessageBodyField(required=False, allow_blank=True)
    reply_to = ReferenceField(required=False, allow_null=True)
    thread_root = ReferenceField(required=False, allow_null=True)
    attachments = AttachmentsField(required=False)
    mentions = MentionsField(required=False)
    metadata = MetadataField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("attachments"):
            return attrs
        if "message_body" not in attrs:
            raise self._complaint("required")
        if not attrs["message_body"].strip():
            raise self._complaint("blank")
        return attrs

    def _complaint(self, key: str) -> serializers.ValidationError:
        text = self.fields["message_body"].error_messages[key]
        return serializers.ValidationError({"message_body": [text]}, code=key)


class SendNestedSerializer(ContentSerializer):
    """The body of a send whose conversation stands in the path."""

    client_id = ClientIdField(required=False, allow_null=True)
    send_at = MomentField(required=False, allow_null=True)


class SendSerializer(SendNestedSerializer):
    """The body of a send."""

    conversation = serializers.UUIDField()


class EditSerializer(serializers.Serializer[Any]):
    """What may be changed of a message; what is left out stays."""

    message_body = MessageBodyField(required=False, allow_blank=True)
    mentions = MentionsField(required=False)
    metadata = MetadataField(required=False)
