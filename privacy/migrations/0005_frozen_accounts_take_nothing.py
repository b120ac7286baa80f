"""Keeps its place. The triggers it made are compiled from the data map after every `migrate` (datamap/triggers.py)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("privacy", "0004_indexes_of_lists_and_dashboard")]
    operations = []
