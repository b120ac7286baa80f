"""Each request that had a plan gets a job of the same id, so that the entries of its chain and the keys that processors
were given stay what they were. An open import gets one, and a package that is to expire."""

import hashlib
import uuid

from django.db import migrations, models

NAMES = {
    "files": "erasure.files", "slices": "erasure.slices", "rows": "erasure.rows", "folders": "erasure.folders",
    "vacuum": "erasure.vacuum", "processor": "processors.erase", "receipt": "erasure.receipt",
    "package": "access.package", "hold_place": "holds.place", "hold_release": "holds.release",
    "child_flag": "children.freeze", "child_clear": "children.thaw",
}
RUNNING = ["in_progress", "awaiting_processors", "on_hold"]
PROTECTS = ["hold_place", "child_flag"]
PAGE = 1000


def about(*things):
    return hashlib.sha256(":".join(map(str, things)).encode()).hexdigest()


def jobs_of_requests(apps, schema_editor):
    RightsRequest, Job = apps.get_model("privacy", "RightsRequest"), apps.get_model("privacy", "Job")
    Step = apps.get_model("privacy", "Step")
    planned = RightsRequest.objects.filter(models.Exists(Step.objects.filter(request=models.OuterRef("pk"))))
    page = []
    for request in planned.order_by().iterator(PAGE):
        page.append(job_of(Job, Step, request))
        if len(page) == PAGE:
            Job.objects.bulk_create(page)
            page = []
    Job.objects.bulk_create(page)
    Step.objects.update(job_id=models.F("request_id"))
    for old, new in NAMES.items():
        Step.objects.filter(name=old).update(name=new)
        Job.objects.filter(at_step=old).update(at_step=new)


def job_of(Job, Step, r):
    is_open = r.status in RUNNING
    first = Step.objects.filter(request=r, state__in=["pending", "started", "waiting"]).order_by("seq").first()
    return Job(
        id=r.id, kind=r.kind, subject_id=r.subject_id, case_id=r.id, about=about(r.subject_id),
        lane="bulk" if r.batch_id and r.kind not in PROTECTS else "prompt", due_on=r.due_on, silent=r.silent,
        ordered_by_id=r.approved_by_id or r.requested_by_id, ordered_at=r.approved_at or r.received_at,
        ended_at=None if is_open else r.closed_at, at_step=first.name if first and is_open else "",
        lease_until=r.lease_until if is_open else None, fence=r.fence, claims=r.claims,
        not_before=r.not_before if is_open else None, cancel_requested=r.cancel_requested,
        parked_because=r.parked_because if is_open else "",
    )


def jobs_of_imports(apps, schema_editor):
    """An open import gets the job that goes on with it: one that was checked is not checked again."""
    ImportRun, Job, Step = (apps.get_model("privacy", name) for name in ("ImportRun", "Job", "Step"))
    for run in ImportRun.objects.filter(finished_at=None):
        add_job(
            Job, Step, run.id, "import", about(run.file), [("importing.check", 0), ("importing.rows", run.total)],
            ordered_by_id=run.actor_id, ordered_at=run.created_at,
        )


def jobs_of_packages(apps, schema_editor):
    AccessPackage, Job, Step = (apps.get_model("privacy", name) for name in ("AccessPackage", "Job", "Step"))
    for package in AccessPackage.objects.filter(swept_at=None):
        add_job(
            Job, Step, package.id, "package_expiry", about(package.id), [("packages.delete", 1)],
            ordered_at=package.created_at, not_before=package.expires_at,
        )


def add_job(Job, Step, pk, kind, about, steps, **fields):
    job = Job.objects.create(id=pk, kind=kind, about=about, lane="bulk", at_step=steps[0][0], **fields)
    namespace = uuid.UUID("6f1b5c0e-3f0a-5d0e-9b7e-6b6f73656e61")
    for seq, (name, units) in enumerate(steps, start=1):
        key = uuid.uuid5(namespace, f"{pk}:{name}:")
        Step.objects.create(job=job, seq=seq, name=name, units_planned=units, key=key)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0012_jobs")]

    operations = [
        migrations.RunPython(jobs_of_requests, elidable=True),
        migrations.RunPython(jobs_of_imports, elidable=True),
        migrations.RunPython(jobs_of_packages, elidable=True),
    ]
