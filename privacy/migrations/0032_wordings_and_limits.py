"""The policy's own sentence about transfers, as it stands: shown to who asks, and relied on for nothing; and the limits
of the requests that are there."""

import hashlib

from django.db import migrations, models

TRANSFERS = (
    "The Service may be operated from and data may be stored in the United States or other countries. By using the "
    "Service, you consent to transferring information to locations that may have different data protection rules than "
    "your region, while we apply appropriate safeguards."
)


def write(apps, schema_editor):
    apps.get_model("privacy", "ConsentWording").objects.get_or_create(
        topic="transfers",
        language="en",
        version="Privacy Policy, section 10",
        defaults={
            "text": TRANSFERS,
            "sha256": hashlib.sha256(TRANSFERS.encode()).hexdigest(),
            "is_relied_on": False,
        },
    )


def limits_of_what_is_there(apps, schema_editor):
    """Until now one date was both: what work is planned to, and the law's limit."""
    apps.get_model("privacy", "Case").objects.exclude(due_on=None).update(limit_on=models.F("due_on"))


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0031_law_consents_and_decisions'),
    ]

    operations = [
        migrations.RunPython(write, migrations.RunPython.noop),
        migrations.RunPython(limits_of_what_is_there, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_on', None), ('limit_on', None)), models.Q(('due_on__isnull', False), ('limit_on__gte', models.F('due_on')), ('limit_on__isnull', False)), _connector='OR'), name='case_limit_is_not_before_its_plan'),
        ),
    ]
