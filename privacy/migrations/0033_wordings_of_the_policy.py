"""The policy's own sentence about transfers, as it stands: shown to who asks, and relied on for nothing."""

import hashlib

from django.db import migrations

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


class Migration(migrations.Migration):
    dependencies = [("privacy", "0032_consents")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
