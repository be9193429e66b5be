"""The two models that a host may swap, and nothing that points at them.

A host's foreign key depends on the first migration of the app that owns the model, so both stand here; what points at
them comes after, because it depends on the host's app as soon as one of them is swapped.
"""

import django.db.models.deletion
import django.utils.timezone
import model_utils.fields
from django.conf import settings
from django.db import migrations, models

import django_convo.models.fields
from django_convo import conf


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        # Ignored where the conversation is our own; where it is swapped, its app's first migration.
        migrations.swappable_dependency(conf.settings.CONVERSATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Conversation",
            fields=[
                ("created_at", model_utils.fields.AutoCreatedField(default=django.utils.timezone.now, editable=False)),
                (
                    "conversation_id",
                    models.UUIDField(
                        default=django_convo.models.fields.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="conversation id",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("direct", "direct"), ("group", "group"), ("channel", "channel")],
                        default="group",
                        editable=False,
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("topic", models.CharField(blank=True, max_length=1000, verbose_name="topic")),
                (
                    "metadata",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        validators=[django_convo.models.fields.validate_metadata],
                        verbose_name="metadata",
                    ),
                ),
                ("last_seq", models.BigIntegerField(default=0, editable=False)),
                ("count_seq", models.BigIntegerField(default=0, editable=False)),
                ("event_seq", models.BigIntegerField(default=0, editable=False)),
                ("membership_version", models.BigIntegerField(default=0, editable=False)),
                ("participant_count", models.PositiveIntegerField(default=0, editable=False)),
                ("last_message_id", models.UUIDField(editable=False, null=True)),
                (
                    "last_message_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="last message at"
                    ),
                ),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "direct_key",
                    django_convo.models.fields.ExactCharField(editable=False, max_length=64, null=True, unique=True),
                ),
                (
                    "subject_type",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contenttypes.contenttype",
                    ),
                ),
                (
                    "subject_id",
                    django_convo.models.fields.ExactCharField(blank=True, editable=False, max_length=64, null=True),
                ),
                ("slow_mode_seconds", models.PositiveIntegerField(default=0, verbose_name="slow mode in seconds")),
                ("closed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="closed at")),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="deleted at")),
            ],
            options={
                "verbose_name": "conversation",
                "verbose_name_plural": "conversations",
                "swappable": "CONVO_CONVERSATION_MODEL",
                "indexes": [
                    models.Index(fields=["changed_at"], name="convo_conversation_changed"),
                    models.Index(
                        fields=["kind", "last_message_at", "conversation_id"], name="convo_conversation_kind"
                    ),
                    models.Index(fields=["subject_type", "subject_id"], name="convo_conversation_subject"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("subject_id", None), ("subject_type", None)),
                            models.Q(("subject_id__isnull", False), ("subject_type__isnull", False)),
                            _connector="OR",
                        ),
                        name="convo_conversation_subject_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("count_seq__gte", 0), ("event_seq__gte", 0), ("last_seq__gte", models.F("count_seq"))
                        ),
                        name="convo_conversation_counters",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "message_id",
                    models.UUIDField(
                        default=django_convo.models.fields.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="message id",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=conf.settings.CONVERSATION_MODEL,
                        verbose_name="conversation",
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sender",
                    ),
                ),
                ("message_body", models.TextField(blank=True, verbose_name="message body")),
                (
                    "sent_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="sent at"),
                ),
                ("seq", models.BigIntegerField(editable=False, verbose_name="number")),
                ("count_seq", models.BigIntegerField(editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("user", "user"), ("system", "system")],
                        default="user",
                        editable=False,
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "client_id",
                    django_convo.models.fields.ExactCharField(
                        blank=True, editable=False, max_length=64, null=True, verbose_name="client id"
                    ),
                ),
                ("client_digest", models.CharField(blank=True, editable=False, max_length=64, null=True)),
                (
                    "reply_to",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="django_convo.message",
                    ),
                ),
                (
                    "thread_root",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="django_convo.message",
                    ),
                ),
                ("reply_count", models.PositiveIntegerField(default=0, editable=False)),
                ("edited_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="edited at")),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="deleted at")),
                (
                    "deleted_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="deleted by",
                    ),
                ),
                (
                    "metadata",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        validators=[django_convo.models.fields.validate_metadata],
                        verbose_name="metadata",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "swappable": "CONVO_MESSAGE_MODEL",
                "indexes": [
                    models.Index(fields=["sent_at", "message_id"], name="convo_message_sent"),
                    models.Index(fields=["reply_to"], name="convo_message_reply_to"),
                    models.Index(fields=["thread_root", "seq"], name="convo_message_thread"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("conversation", "seq"), name="convo_message_seq"),
                    models.UniqueConstraint(
                        fields=("conversation", "sender", "client_id"), name="convo_message_client_id"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count_seq__gte", 0), ("seq__gte", 1)), name="convo_message_counters"
                    ),
                ],
            },
        ),
    ]
