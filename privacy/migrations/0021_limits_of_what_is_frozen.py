"""Frozen accounts become limits; marketing choices that a flag had switched off become what the person had set."""

import uuid

from django.db import migrations
from django.db.models import Min

PAGE = 2_000


def limit_the_frozen(apps, schema_editor):
    alias = schema_editor.connection.alias
    limits = apps.get_model("privacy", "Limit").objects.using(alias)
    frozen = apps.get_model("privacy", "DataSubject").objects.using(alias).filter(frozen_at__isnull=False)
    limits.bulk_create(
        (
            limits.model(id=uuid.uuid4(), subject_id=subject_id, ground="child", since=since)
            for subject_id, since in frozen.values_list("pk", "frozen_at").iterator(PAGE)
        ),
        batch_size=PAGE,
    )


def freeze_the_limited(apps, schema_editor):
    alias = schema_editor.connection.alias
    limits = apps.get_model("privacy", "Limit").objects.using(alias)
    people = apps.get_model("privacy", "DataSubject").objects.using(alias)
    in_force = limits.filter(lifted_at=None, purpose="", subject__erased_at=None).values("subject")
    for subject_id, since in list(in_force.annotate(since_when=Min("since")).values_list("subject", "since_when")):
        people.filter(pk=subject_id).update(frozen_at=since)
    limits.all().delete()


def give_back_choices(apps, schema_editor):
    """Those that no clearance has given back yet: it does not do so any more."""
    alias = schema_editor.connection.alias
    steps = apps.get_model("privacy", "Step").objects.using(alias).filter(finished_at__isnull=False)
    choices = apps.get_model("privacy", "MarketingPreference").objects.using(alias)
    given_back = {}
    for subject_id, at in steps.filter(name="children.thaw").values_list("job__subject", "finished_at"):
        given_back[subject_id] = max(at, given_back.get(subject_id, at))
    flagged = steps.filter(name="children.freeze").values_list("job__subject", "finished_at", "result")
    for subject_id, at, result in flagged:
        if subject_id not in given_back or given_back[subject_id] < at:
            choices.filter(pk__in=result.get("marketing_off", []), subject=subject_id).update(opted_in=True)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0020_limits")]
    operations = [
        migrations.RunPython(limit_the_frozen, freeze_the_limited),
        migrations.RunPython(give_back_choices, migrations.RunPython.noop),
    ]
