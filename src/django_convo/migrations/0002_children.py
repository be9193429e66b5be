"""What points at a conversation."""

import django.db.models.deletion
import django.utils.timezone
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
                    django_convo.models.fields.LastModifiedField(default=django.utils.timezone.now, editable=False),
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
    ]
