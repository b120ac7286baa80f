import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

PURPOSES = [
    "", "functional.service", "essential.service.authentication", "essential.service.payment_processing",
    "essential.service.operations.support", "essential.service.security", "functional.service.improve",
    "analytics.reporting.system.performance", "marketing.communications.email", "essential.fraud_detection",
    "essential.service.operations", "essential.legal_obligation",
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("privacy", "0019_ledger_of_two_hashes")]
    operations = [
        migrations.CreateModel(
            "Limit",
            [
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("purpose", models.CharField(blank=True, help_text="Empty: all purposes.", max_length=60)),
                ("ground", models.CharField(choices=[("child", "Possible child")], max_length=20)),
                ("since", models.DateTimeField(db_default=Now(), editable=False)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                ("subject", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="limits", to="privacy.datasubject")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(condition=Q(lifted_at__isnull=True), fields=["subject", "purpose", "ground"], name="limit_once_in_force"),
                    models.CheckConstraint(condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("since")), name="limit_is_lifted_after_it_began"),
                    models.CheckConstraint(condition=Q(ground__in=["child"]), name="limit_ground"),
                    models.CheckConstraint(condition=Q(purpose__in=PURPOSES), name="limit_purpose"),
                ],
            },
        ),
    ]  # fmt: skip
