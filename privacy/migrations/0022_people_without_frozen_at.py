from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("privacy", "0021_limits_of_what_is_frozen")]
    operations = [
        migrations.RemoveIndex("DataSubject", "subject_frozen"),
        migrations.RemoveField("DataSubject", "frozen_at"),
    ]
