import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0013_jobs_of_what_is_there")]

    operations = [
        migrations.RemoveField("Step", "request"),
        migrations.AlterField("Step", "job", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="privacy.job")),
        migrations.AddConstraint("Step", models.UniqueConstraint(fields=["job", "seq"], name="step_once_a_place")),
        migrations.AddConstraint("Step", models.CheckConstraint(condition=~models.Q(state__in=["done", "waived"]) | models.Q(sealed=""), name="step_finished_keeps_nothing_sealed")),
        *(
            migrations.RemoveField("RightsRequest", name)
            for name in ("lease_until", "fence", "claims", "not_before", "cancel_requested", "parked_because")
        ),
        *(migrations.RemoveField("ImportRun", name) for name in ("lease_until", "fence", "claims")),
    ]
