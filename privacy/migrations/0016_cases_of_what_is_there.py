"""Says of each request by state and outcome what it said by status; puts in force what was ordered and waits for a
worker, because an order counts from its moment."""

import uuid

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Now

STATES = {
    "received": "received", "awaiting_approval": "deciding", "on_hold": "fulfilling", "in_progress": "fulfilling",
    "awaiting_processors": "fulfilling", "fulfilled": "closed", "denied": "closed", "withdrawn": "closed",
}  # fmt: skip
OPEN = ("received", "awaiting_approval", "on_hold", "in_progress", "awaiting_processors")


def say_by_state(apps, schema_editor):
    cases = apps.get_model("privacy", "Case").objects.using(schema_editor.connection.alias)
    for status, state in STATES.items():
        cases.filter(status=status).update(state=state)
    cases.filter(status="on_hold", kind="erasure", approved_by=None).update(state="deciding")
    cases.filter(state="closed").update(outcome=F("status"))
    cases.filter(kind="erasure").update(deciders=2)
    cases.exclude(state="closed").update(owner=F("requested_by"))
    jobs = apps.get_model("privacy", "Job").objects.using(schema_editor.connection.alias)
    jobs.filter(ended_at=None, case__status="on_hold").update(stopped_at=Now())


def put_in_force(apps, schema_editor):
    alias = schema_editor.connection.alias
    ordered = apps.get_model("privacy", "Case").objects.using(alias).filter(status__in=OPEN).order_by("received_at")
    holds, flags = apps.get_model("privacy", "LegalHold").objects.using(alias), apps.get_model("privacy", "ChildFlag").objects.using(alias)
    for case in ordered.filter(kind="hold_place").iterator():
        if not holds.filter(subject=case.subject_id, released_at=None).exists():
            holds.create(
                id=uuid.uuid4(), subject_id=case.subject_id, reason=case.reason, salt=case.salt, silent=case.silent,
                placed_by_id=case.requested_by_id, placed_at=case.received_at,
            )  # fmt: skip
    people = apps.get_model("privacy", "DataSubject").objects.using(alias)
    for case in ordered.filter(kind="child_flag").iterator():
        if not flags.filter(subject=case.subject_id, state="suspected").exists():
            flags.create(
                id=uuid.uuid4(), subject_id=case.subject_id, reason=case.reason, salt=case.salt,
                flagged_by_id=case.requested_by_id, flagged_at=case.received_at,
            )  # fmt: skip
        people.filter(pk=case.subject_id, frozen_at=None).update(frozen_at=Now())


class Migration(migrations.Migration):
    dependencies = [("privacy", "0015_cases")]
    operations = [
        migrations.RunPython(say_by_state, migrations.RunPython.noop),
        migrations.RunPython(put_in_force, migrations.RunPython.noop),
    ]
