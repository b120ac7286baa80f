"""Parts the durable work from the request: each request that had a plan gets a job of the same id, so that the entries
of its chain and the keys that processors were given stay what they were."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("privacy", "0011_deadlines_of_no_verified_rule")]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("subject", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="jobs", to="privacy.datasubject")),
                ("case", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="jobs", to="privacy.rightsrequest")),
                ("about", models.CharField(max_length=64)),
                ("lane", models.CharField(choices=[("prompt", "Prompt"), ("bulk", "Bulk")], default="prompt", max_length=10)),
                ("due_on", models.DateField(blank=True, help_text="The more urgent, the earlier; without a date, first.", null=True)),
                ("silent", models.BooleanField(default=False, editable=False, help_text="The person must not learn of it.")),
                ("ordered_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("ordered_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("at_step", models.CharField(blank=True, editable=False, max_length=40)),
                ("lease", models.UUIDField(blank=True, editable=False, help_text="The claim that holds it.", null=True)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("fence", models.PositiveBigIntegerField(default=0, editable=False)),
                ("claims", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("not_before", models.DateTimeField(blank=True, editable=False, null=True)),
                ("cancel_requested", models.BooleanField(default=False, editable=False)),
                ("parked_because", models.CharField(blank=True, editable=False, max_length=300)),
            ],
            options={"ordering": ["ordered_at", "id"]},
        ),
        migrations.RenameModel("FulfilmentStep", "Step"),
        migrations.RenameField("Step", "handler", "name"),
        migrations.RenameField("Step", "idempotency_key", "key"),
        migrations.RemoveConstraint("Step", "step_once_a_place"),
        migrations.RemoveConstraint("Step", "step_finished_keeps_no_references"),
        migrations.RenameField("Step", "references", "sealed"),
        migrations.AlterField("Step", "name", models.CharField(max_length=40)),
        migrations.AlterField("Step", "key", models.UUIDField(help_text="The same for every attempt, so that a repeat is known as one.", unique=True)),
        migrations.AddField("Step", "job", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="privacy.job")),
        migrations.AlterField("Step", "request", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="privacy.rightsrequest")),
        migrations.AddIndex("Job", models.Index(condition=models.Q(ended_at=None), fields=["lane", "due_on", "ordered_at"], name="job_open")),
        migrations.AddIndex("Job", models.Index(condition=models.Q(lease__isnull=False), fields=["lease"], name="job_leased")),
        migrations.AddConstraint("Job", models.UniqueConstraint(condition=models.Q(ended_at=None), fields=["kind", "about"], name="job_one_open_a_kind_and_thing")),
        migrations.AddConstraint("Job", models.CheckConstraint(condition=~models.Q(kind="") & ~models.Q(about=""), name="job_is_of_a_kind_and_about_something")),
        migrations.AddConstraint("Job", models.CheckConstraint(condition=models.Q(lane__in=["prompt", "bulk"]), name="job_lane")),
    ]
