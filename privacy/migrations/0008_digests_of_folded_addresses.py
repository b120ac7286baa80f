"""Marks the entries of the ledger that were made while one spelling stood for several mailboxes: theirs is empty.

A column without a default first, so that no row is rewritten and SQLite keeps the table with its triggers.
"""

from django.db import migrations, models

HELP = "Empty: of an address spelled as until 2026-11, when several mailboxes had one spelling."


class Migration(migrations.Migration):
    dependencies = [("privacy", "0007_salts_of_reasons")]
    operations = [
        migrations.AddField(
            "suppression", "is_exact", models.BooleanField(null=True, editable=False, help_text=HELP)
        ),
        migrations.AlterField(
            "suppression", "is_exact", models.BooleanField(null=True, default=True, editable=False, help_text=HELP)
        ),
    ]
