"""Indexes for the list of people: the few frozen and erased among a million, and the start of a name in any case."""

from django.db import migrations, models
from django.db.models import Q


def index_the_start_of_names(apps, schema_editor):
    """PostgreSQL alone: SQLite's LIKE takes no such index, and SQLite is not for a million people."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX subject_name_start ON privacy_datasubject (UPPER(full_name::text) text_pattern_ops)"
        )


def drop_it(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX subject_name_start")


class Migration(migrations.Migration):
    dependencies = [("privacy", "0005_frozen_accounts_take_nothing")]
    operations = [
        migrations.AddIndex(
            "datasubject",
            models.Index(fields=["-created_at"], name="subject_frozen", condition=Q(frozen_at__isnull=False)),
        ),
        migrations.AddIndex(
            "datasubject",
            models.Index(fields=["-created_at"], name="subject_erased", condition=Q(erased_at__isnull=False)),
        ),
        migrations.RunPython(index_the_start_of_names, drop_it),
    ]
