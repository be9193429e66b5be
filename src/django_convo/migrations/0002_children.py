"""What points at a conversation, and the message, which a host may swap too."""

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
        ("django_convo", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(conf.settings.CONVERSATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "updated_at",
                    model_utils.fields.AutoLastModifiedField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        related_query_name="convo_participant",
                        to=conf.settings.CONVERSATION_MODEL,
                        verbose_name="conversation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "owner"),
                            ("moderator", "moderator"),
                            ("member", "member"),
                            ("observer", "observer"),
                        ],
                        default="member",
                        max_length=16,
                        verbose_name="role",
                    ),
                ),
                (
                    "joined_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="joined at"),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                ("visible_from_seq", models.BigIntegerField(default=1, editable=False)),
                ("joined_event_seq", models.BigIntegerField(default=1, editable=False)),
                ("last_read_seq", models.BigIntegerField(default=0, editable=False)),
                ("read_count_seq", models.BigIntegerField(default=0, editable=False)),
                ("last_delivered_seq", models.BigIntegerField(default=0, editable=False)),
                ("mention_count", models.PositiveIntegerField(default=0, editable=False)),
                ("muted_until", models.DateTimeField(blank=True, null=True, verbose_name="muted until")),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived at")),
                ("pinned_at", models.DateTimeField(blank=True, null=True, verbose_name="pinned at")),
                (
                    "notify",
                    models.CharField(
                        choices=[("all", "everything"), ("mentions", "mentions only"), ("none", "nothing")],
                        default="all",
                        max_length=16,
                        verbose_name="notify",
                    ),
                ),
            ],
            options={
                "verbose_name": "participant",
                "verbose_name_plural": "participants",
                "indexes": [
                    models.Index(fields=["conversation", "id"], name="convo_participant_order"),
                    models.Index(fields=["user", "updated_at"], name="convo_participant_updated"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("conversation", "user"), name="convo_participant_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("joined_event_seq__gte", 1), ("last_read_seq__gte", 0), ("visible_from_seq__gte", 1)
                        ),
                        name="convo_participant_counters",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Departure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=conf.settings.CONVERSATION_MODEL,
                    ),
                ),
                ("left_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "departure",
                "verbose_name_plural": "departures",
                "indexes": [models.Index(fields=["user", "left_at"], name="convo_departure_recent")],
                "constraints": [models.UniqueConstraint(fields=("conversation", "user"), name="convo_departure_once")],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=conf.settings.CONVERSATION_MODEL,
                    ),
                ),
                ("event_seq", models.BigIntegerField()),
                (
                    "type",
                    models.CharField(max_length=32),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("seq", models.BigIntegerField(blank=True, null=True)),
                ("payload", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "indexes": [models.Index(fields=["created_at"], name="convo_event_created")],
                "constraints": [
                    models.UniqueConstraint(fields=("conversation", "event_seq"), name="convo_event_seq"),
                    models.CheckConstraint(condition=models.Q(("event_seq__gte", 1)), name="convo_event_seq_positive"),
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
