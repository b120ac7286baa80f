"""Groups of staff, after every model they may see exists."""

from django.db import migrations

from privacy.roles import sync_groups


def forwards(apps, editor):
    sync_groups(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_initial"),
        ("privacy", "0002_rules"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
