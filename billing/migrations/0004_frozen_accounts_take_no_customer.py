"""Keeps its place. The trigger it made is compiled from the data map after every `migrate` (datamap/triggers.py)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_as_of_of_stripe_objects"), ("privacy", "0005_frozen_accounts_take_nothing")]
    operations = []
