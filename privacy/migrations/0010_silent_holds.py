"""A hold that the person must not learn of, and the requests that place and release it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0009_imports_in_slices")]
    operations = [
        migrations.AddField(
            model, "silent", models.BooleanField(default=False, help_text="The person must not learn of it.", **more)
        )
        for model, more in (("legalhold", {}), ("rightsrequest", {"editable": False}))
    ]
