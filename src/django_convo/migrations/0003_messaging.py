"""What points at a message, and what users do to each other beside their messages."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import django_convo.models.fields
from django_convo import conf


def create_search_index(apps: Any, schema_editor: Any) -> None:
    """Index the words of messages, where the database is PostgreSQL: the table is the one in use, also a host's own.

    GET /search/ and `search=` of GET /messages/. No index of the model, which would be the same on every database.
    """
    if schema_editor.connection.vendor == 'postgresql':
        table = apps.get_model(conf.settings.MESSAGE_MODEL)._meta.db_table
        schema_editor.execute(
            f'CREATE INDEX convo_message_search ON {schema_editor.quote_name(table)} '
            f'USING gin (({django_convo.models.fields.SEARCH_VECTOR})) WITH (fastupdate = off)'
        )


def drop_search_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('DROP INDEX IF EXISTS convo_message_search')


class Migration(migrations.Migration):

    dependencies = [
        ('django_convo', '0002_children'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(conf.settings.CONVERSATION_MODEL),
        migrations.swappable_dependency(conf.settings.MESSAGE_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('attachment_id', models.UUIDField(default=django_convo.models.fields.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='attachment id')),
                ('position', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('file', models.FileField(max_length=255, storage=django_convo.models.fields.attachment_storage, upload_to=django_convo.models.fields.attachment_path, verbose_name='file')),
                ('thumbnail', models.FileField(blank=True, max_length=255, storage=django_convo.models.fields.attachment_storage, upload_to=django_convo.models.fields.thumbnail_path, verbose_name='thumbnail')),
                ('name', django_convo.models.fields.ExactCharField(max_length=255, verbose_name='name')),
                ('content_type', django_convo.models.fields.ExactCharField(max_length=127, verbose_name='content type')),
                ('size', models.BigIntegerField(verbose_name='size in bytes')),
                ('width', models.PositiveIntegerField(blank=True, null=True, verbose_name='width in pixels')),
                ('height', models.PositiveIntegerField(blank=True, null=True, verbose_name='height in pixels')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('conversation', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL)),
                ('message', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.MESSAGE_MODEL)),
                ('uploader', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploader')),
            ],
            options={
                'verbose_name': 'attachment',
                'verbose_name_plural': 'attachments',
                'indexes': [models.Index(fields=['conversation', 'attachment_id'], name='convo_attachment_order'), models.Index(fields=['message', 'created_at'], name='convo_attachment_orphan')],
                'constraints': [models.UniqueConstraint(fields=('message', 'position', 'conversation'), name='convo_attachment_position')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('entry_id', models.UUIDField(default=django_convo.models.fields.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='entry id')),
                ('action', models.CharField(max_length=48, verbose_name='action')),
                ('conversation_id', models.UUIDField(blank=True, db_index=True, null=True, verbose_name='conversation id')),
                ('message_id', models.UUIDField(blank=True, null=True, verbose_name='message id')),
                ('detail', models.JSONField(blank=True, default=dict, verbose_name='detail')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit entries',
                'indexes': [models.Index(fields=['action', 'entry_id'], name='convo_audit_action')],
            },
        ),
        migrations.CreateModel(
            name='Block',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('blocked', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('blocker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'block',
                'verbose_name_plural': 'blocks',
                'constraints': [models.UniqueConstraint(fields=('blocker', 'blocked'), name='convo_block_once'), models.CheckConstraint(condition=models.Q(('blocker', models.F('blocked')), _negated=True), name='convo_block_other')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_body', models.TextField(blank=True, verbose_name='message body')),
                ('reply_to_id', models.UUIDField(blank=True, null=True)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', related_query_name='convo_draft', to=conf.settings.CONVERSATION_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'draft',
                'verbose_name_plural': 'drafts',
                'constraints': [models.UniqueConstraint(fields=('conversation', 'user'), name='convo_draft_once')],
            },
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL)),
                ('message', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.MESSAGE_MODEL)),
                ('user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'mention',
                'verbose_name_plural': 'mentions',
                'constraints': [models.UniqueConstraint(fields=('message', 'user', 'conversation'), name='convo_mention_once')],
                'indexes': [models.Index(fields=['user', 'conversation'], name='convo_mention_user')],
            },
        ),
        migrations.CreateModel(
            name='MessageRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('message_body', models.TextField(blank=True, verbose_name='message body')),
                ('metadata', models.JSONField(blank=True, default=dict, verbose_name='metadata')),
                ('replaced_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL)),
                ('message', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.MESSAGE_MODEL)),
                ('replaced_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'revision',
                'verbose_name_plural': 'revisions',
                'constraints': [models.UniqueConstraint(fields=('message', 'number', 'conversation'), name='convo_revision_number')],
            },
        ),
        migrations.CreateModel(
            name='PinnedMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pinned_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL)),
                ('message', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.MESSAGE_MODEL)),
                ('pinned_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'pinned message',
                'verbose_name_plural': 'pinned messages',
                'indexes': [models.Index(fields=['conversation', 'id'], name='convo_pin_order')],
                'constraints': [models.UniqueConstraint(fields=('message', 'conversation'), name='convo_pin_once')],
            },
        ),
        migrations.CreateModel(
            name='Reaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('emoji', django_convo.models.fields.ExactCharField(max_length=64, verbose_name='emoji')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL)),
                ('message', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.MESSAGE_MODEL)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'reaction',
                'verbose_name_plural': 'reactions',
                'constraints': [models.UniqueConstraint(fields=('message', 'emoji', 'user', 'conversation'), name='convo_reaction_once')],
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('report_id', models.UUIDField(default=django_convo.models.fields.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='report id')),
                ('reason', models.CharField(choices=[('spam', 'spam'), ('abuse', 'abuse'), ('other', 'other')], max_length=16, verbose_name='reason')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('message_body', models.TextField(blank=True, verbose_name='message body')),
                ('status', models.CharField(choices=[('open', 'open'), ('resolved', 'resolved'), ('dismissed', 'dismissed')], default='open', max_length=16, verbose_name='status')),
                ('resolution', models.TextField(blank=True, verbose_name='resolution')),
                ('reviewed_at', models.DateTimeField(blank=True, null=True, verbose_name='reviewed at')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL)),
                ('message', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=conf.settings.MESSAGE_MODEL)),
                ('reported_user', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='reported user')),
                ('reporter', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='reporter')),
                ('reviewed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='reviewed by')),
            ],
            options={
                'verbose_name': 'report',
                'verbose_name_plural': 'reports',
                'indexes': [models.Index(fields=['status', 'report_id'], name='convo_report_queue')],
                'constraints': [models.UniqueConstraint(fields=('message', 'reporter', 'conversation'), name='convo_report_once')],
            },
        ),
        migrations.CreateModel(
            name='Sanction',
            fields=[
                ('sanction_id', models.UUIDField(default=django_convo.models.fields.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='sanction id')),
                ('kind', models.CharField(choices=[('mute', 'mute'), ('ban', 'ban')], max_length=16, verbose_name='kind')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('lifted_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lifted at')),
                ('conversation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL, verbose_name='conversation')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('lifted_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='lifted by')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'sanction',
                'verbose_name_plural': 'sanctions',
                'indexes': [models.Index(fields=['user', 'lifted_at', 'conversation'], name='convo_sanction_user')],
            },
        ),
        migrations.CreateModel(
            name='SavedMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('saved_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL)),
                ('message', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.MESSAGE_MODEL)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'saved message',
                'verbose_name_plural': 'saved messages',
                'indexes': [models.Index(fields=['user', 'message'], name='convo_saved_by_user')],
                'constraints': [models.UniqueConstraint(fields=('message', 'user', 'conversation'), name='convo_saved_once')],
            },
        ),
        migrations.CreateModel(
            name='ScheduledMessage',
            fields=[
                ('scheduled_id', models.UUIDField(default=django_convo.models.fields.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='scheduled id')),
                ('message_body', models.TextField(blank=True, verbose_name='message body')),
                ('metadata', models.JSONField(blank=True, default=dict, verbose_name='metadata')),
                ('reply_to_id', models.UUIDField(blank=True, null=True)),
                ('thread_root_id', models.UUIDField(blank=True, null=True)),
                ('attachment_ids', models.JSONField(blank=True, default=list)),
                ('mentioned', models.JSONField(blank=True, default=list)),
                ('client_id', django_convo.models.fields.ExactCharField(blank=True, editable=False, max_length=64, null=True, verbose_name='client id')),
                ('client_digest', models.CharField(blank=True, editable=False, max_length=64, null=True)),
                ('send_at', models.DateTimeField(verbose_name='send at')),
                ('due_at', models.DateTimeField(editable=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('status', models.CharField(choices=[('pending', 'pending'), ('sent', 'sent'), ('failed', 'failed')], default='pending', max_length=16, verbose_name='status')),
                ('code', models.CharField(blank=True, max_length=64, verbose_name='code')),
                ('message_id', models.UUIDField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=conf.settings.CONVERSATION_MODEL)),
                ('sender', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='sender')),
            ],
            options={
                'verbose_name': 'scheduled message',
                'verbose_name_plural': 'scheduled messages',
                'indexes': [models.Index(fields=['status', 'due_at'], name='convo_scheduled_due'), models.Index(fields=['sender', 'send_at', 'scheduled_id'], name='convo_scheduled_own')],
                'constraints': [models.UniqueConstraint(fields=('conversation', 'sender', 'client_id'), name='convo_scheduled_client_id')],
            },
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('digest', models.CharField(editable=False, max_length=64, primary_key=True, serialize=False)),
                ('login_kind', models.CharField(blank=True, editable=False, max_length=201)),
                ('login_key', models.CharField(blank=True, editable=False, max_length=255)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField(editable=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'ticket',
                'verbose_name_plural': 'tickets',
                'indexes': [models.Index(fields=['expires_at'], name='convo_ticket_expired')],
            },
        ),
        migrations.RunPython(create_search_index, drop_search_index),
    ]
