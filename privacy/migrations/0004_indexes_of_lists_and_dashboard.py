"""Indexes for two questions asked every morning: which reveals were there, and what was closed of late."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0003_processors_of_the_policy")]
    operations = [
        migrations.AddIndex(
            "auditentry", models.Index(fields=["event", "-id"], name="audit_newest_of_event")
        ),
        migrations.AddIndex("rightsrequest", models.Index(fields=["closed_at"], name="request_closed_lately")),
    ]
