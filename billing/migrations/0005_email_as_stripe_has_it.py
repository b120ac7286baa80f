"""An e-mail address is stored as Stripe has it. The columns stay as they are: to change the table on SQLite would drop
its triggers."""

from django.db import migrations, models


def as_stripe_has_it(model: str, name: str) -> migrations.AlterField:
    return migrations.AlterField(model, name, models.CharField(max_length=254, blank=True))


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_frozen_accounts_take_no_customer")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[as_stripe_has_it("customer", "email"), as_stripe_has_it("invoice", "customer_email")]
        )
    ]
