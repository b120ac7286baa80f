"""A confirmed import is a row that outlives the page it was started from."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0008_digests_of_folded_addresses'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sheet', models.CharField(help_text='The table, as app.model.', max_length=100)),
                ('format', models.CharField(max_length=20)),
                ('file', models.CharField(help_text='Its random name in the sealed storage.', max_length=32, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('started_at', models.DateTimeField(editable=False, null=True)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('done', 'Done'), ('refused', 'Nothing was imported'), ('stopped', 'Stopped')], editable=False, max_length=20)),
                ('total', models.PositiveIntegerField()),
                ('done', models.PositiveIntegerField(default=0)),
                ('created', models.PositiveIntegerField(default=0)),
                ('updated', models.PositiveIntegerField(default=0)),
                ('unchanged', models.PositiveIntegerField(default=0)),
                ('left_out', models.PositiveIntegerField(default=0)),
                ('reasons', models.JSONField(default=list, help_text='Sentences for the first rows left out, or what was wrong.')),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('fence', models.PositiveBigIntegerField(default=0, editable=False)),
                ('claims', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'import',
                'ordering': ['-created_at', 'id'],
                'default_permissions': (),
                'indexes': [models.Index(condition=models.Q(('finished_at', None)), fields=['created_at'], name='import_open')],
            },
        ),
    ]
