"""A frozen or erased account takes no new customer. What comes under a customer goes through billing.sync."""

from django.db import migrations

from privacy.datamap.triggers import refuse_frozen


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_as_of_of_stripe_objects"), ("privacy", "0005_frozen_accounts_take_nothing")]
    operations = [refuse_frozen("billing_customer", "subject_id")]
