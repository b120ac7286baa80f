"""Steps and heads of chains are changed a few times soon after they are written: with room on their page PostgreSQL
writes the new version beside the old one, and to no index. One index less on steps: the one on (job, seq) begins alike.
"""

import django.db.models.deletion
from django.db import migrations, models

ROOM = {"privacy_step": 40, "privacy_audithead": 50}


def leave_room(apps, schema_editor):
    """PostgreSQL alone; on pages that are filled from now on."""
    if schema_editor.connection.vendor == "postgresql":
        for table, percent in ROOM.items():
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")


def fill_again(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in ROOM:
            schema_editor.execute(f"ALTER TABLE {table} RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("privacy", "0029_filters_that_staff_save")]
    operations = [
        migrations.AlterField(
            "step",
            "job",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="privacy.job"
            ),
        ),
        migrations.RunPython(leave_room, fill_again),
    ]
