from django.db import migrations, models
from django.db.models import F, Q

NOTHING_DONE = ["denied", "withdrawn", "expired", "duplicate", "not_a_request"]
STATES = ["received", "verifying", "deciding", "fulfilling", "answering", "closed"]


class Migration(migrations.Migration):
    dependencies = [("privacy", "0016_cases_of_what_is_there")]

    operations = [
        migrations.RemoveField("Case", "status"),
        migrations.AddIndex("Case", models.Index(fields=["state", "due_on"], name="case_queue")),
        migrations.AddIndex("Case", models.Index(fields=["-received_at", "id"], name="case_newest")),
        migrations.AddIndex("Case", models.Index(fields=["closed_at"], name="case_closed_lately")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")), name="case_decider_is_not_who_asked", violation_error_message="The person who asked for it may not approve it.")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(requested_by__isnull=False) | Q(verification__in=["signed_in", "email_round_trip"]), name="case_is_prepared_by_staff_or_the_person")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(deciders=1) | Q(state__in=["received", "verifying", "deciding"]) | Q(outcome__in=NOTHING_DONE) | Q(approved_by__isnull=False, approved_at__isnull=False), name="case_of_two_runs_only_when_the_second_agreed")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(state__in=["received", "verifying"]) | Q(outcome__in=NOTHING_DONE) | ~Q(verification=""), name="case_is_verified_before_it_is_decided")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=(Q(state="closed") & Q(closed_at__isnull=False) & ~Q(outcome="")) | (~Q(state="closed") & Q(closed_at__isnull=True)), name="case_closed_has_a_time_and_an_outcome")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(answered_at__isnull=True, answered_how="") | (Q(answered_at__isnull=False) & ~Q(answered_how="")), name="case_answered_says_when_and_how")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(state__in=STATES), name="case_state")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(outcome__in=["", "fulfilled", "partially_fulfilled", *NOTHING_DONE]), name="case_outcome")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(deciders__in=[1, 2]), name="case_deciders")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(verification__in=["", "signed_in", "email_round_trip", "guardian", "authority", "controller"]), name="case_verification")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=Q(answered_how__in=["", "link", "email", "post", "in_person"]), name="case_answered_how")),
        migrations.AddConstraint("Case", models.CheckConstraint(condition=~Q(reason="") & ~Q(kind=""), name="case_has_a_kind_and_a_reason")),
    ]  # fmt: skip
