"""One table of cases, of which rights requests are those with a right; a receipt is any right's."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAFF = settings.AUTH_USER_MODEL
STATES = [("received", "Received"), ("verifying", "Verifying who asks"), ("deciding", "Awaiting decision"), ("fulfilling", "In progress"), ("answering", "To be answered"), ("closed", "Closed")]
OUTCOMES = [("fulfilled", "Fulfilled"), ("partially_fulfilled", "Partly fulfilled"), ("denied", "Denied"), ("withdrawn", "Withdrawn"), ("expired", "Expired unproved"), ("duplicate", "Duplicate"), ("not_a_request", "Not a request")]
VERIFICATIONS = [("signed_in", "Signed in to the account"), ("email_round_trip", "Answered from the account's e-mail"), ("guardian", "Parent or guardian, checked"), ("authority", "Order of a court or authority, checked"), ("controller", "Not needed: our own duty")]
ANSWERED = [("link", "By the link to the package"), ("email", "By e-mail"), ("post", "By post"), ("in_person", "In person or by telephone")]
OLD_CONSTRAINTS = [
    "request_one_open_a_subject_and_kind", "request_approver_is_not_requester", "request_erasure_runs_only_when_approved",
    "request_closed_has_a_time", "request_kind", "request_status", "request_is_verified", "request_has_a_reason",
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("privacy", "0014_requests_without_their_work")]

    operations = [
        *(migrations.RemoveConstraint("RightsRequest", name) for name in OLD_CONSTRAINTS),
        *(migrations.RemoveIndex("RightsRequest", name) for name in ("request_queue", "request_newest", "request_closed_lately")),
        migrations.RenameModel("RightsRequest", "Case"),
        migrations.AlterModelOptions("Case", options={"ordering": ["-received_at", "id"]}),
        migrations.CreateModel(name="RightsRequest", fields=[], options={"verbose_name": "rights request", "proxy": True, "indexes": [], "constraints": []}, bases=("privacy.case",)),
        migrations.AddField("Case", "state", models.CharField(choices=STATES, default="received", max_length=20)),
        migrations.AddField("Case", "outcome", models.CharField(blank=True, choices=OUTCOMES, max_length=20)),
        migrations.AddField("Case", "deciders", models.PositiveSmallIntegerField(default=1, editable=False, help_text="2: another person decides.")),
        migrations.AddField("Case", "owner", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=STAFF)),
        migrations.AddField("Case", "joined", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="joined_cases", to="privacy.job")),
        migrations.AddField("Case", "answered_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("Case", "answered_how", models.CharField(blank=True, choices=ANSWERED, max_length=20)),
        migrations.AddField("Case", "sealed", models.TextField(blank=True, editable=False)),
        migrations.AlterField("Case", "subject", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="privacy.datasubject")),
        migrations.AlterField("Case", "batch", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="privacy.batch")),
        migrations.AlterField("Case", "kind", models.CharField(max_length=40)),
        migrations.AlterField("Case", "verification", models.CharField(blank=True, choices=VERIFICATIONS, max_length=20)),
        migrations.AlterField("Case", "requested_by", models.ForeignKey(blank=True, help_text="Who prepared it; empty where the person did.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=STAFF)),
        migrations.AlterField("Batch", "kind", models.CharField(max_length=40)),
        migrations.RenameModel("ErasureReceipt", "Receipt"),
        migrations.AlterField("Receipt", "request", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="privacy.case")),
        migrations.AlterField("AccessPackage", "request", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="packages", to="privacy.case")),
        migrations.AddField("Job", "stopped_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField("Job", "approved", models.JSONField(blank=True, default=list, editable=False, help_text="What a decision was about: models x actions, processors.")),
        migrations.RemoveConstraint("ChildFlag", "child_flag_one_undecided_a_subject"),
        migrations.RemoveConstraint("ChildFlag", "child_flag_decision_names_its_decider"),
        migrations.AlterField("ChildFlag", "state", models.CharField(choices=[("suspected", "Suspected"), ("child", "A child’s account"), ("cleared", "Not a child’s account")], default="suspected", max_length=20)),
        migrations.AddConstraint("ChildFlag", models.UniqueConstraint(condition=~models.Q(state="cleared"), fields=["subject"], name="child_flag_one_that_freezes_a_subject")),
        migrations.AddConstraint("ChildFlag", models.CheckConstraint(condition=models.Q(state="suspected", decided_at__isnull=True, decided_by__isnull=True) | models.Q(state__in=["child", "cleared"], decided_at__isnull=False, decided_by__isnull=False), name="child_flag_decision_names_its_decider")),
        migrations.AddField("Staff", "deputy", models.ForeignKey(blank=True, help_text="Who stands in while they are away.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=STAFF)),
        migrations.AddField("Staff", "absent_until", models.DateField(blank=True, help_text="The last day on which the deputy stands in.", null=True)),
        migrations.AlterModelOptions("DataSubject", options={"ordering": ["-created_at", "id"], "permissions": [("reveal_content", "Can reveal masked content with a reason"), ("import_datasubject", "Can import people, content and billing")], "verbose_name": "data subject"}),
    ]  # fmt: skip
