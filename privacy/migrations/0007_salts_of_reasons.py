"""The salts under which the audit trail commits to reasons; rows written before have none."""

from django.db import migrations, models


def salt():
    return models.CharField(blank=True, default="", editable=False, help_text="Of the digest in the audit trail.", max_length=32)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0006_people_found_by_name_and_state")]
    operations = [
        migrations.AddField(name, "salt", salt(), preserve_default=False)
        for name in ("rightsrequest", "legalhold", "childflag")
    ]
