"""Works off whatever a database holds, as staff and workers would in weeks: `python -m tests.upgrade.finish`.

A process of its own, because the database is not the test run's. Prints as JSON what has become of requests and people.
"""

import json
import os
import sys
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "kosenai_ops.settings"
django.setup()

from django.db.models import Q, QuerySet  # noqa: E402
from django.db.models.functions import Now  # noqa: E402

from privacy.cases import processors, requests  # noqa: E402
from privacy.jobs.run import run  # noqa: E402
from privacy.models import (  # noqa: E402
    AccessPackage,
    Case,
    DataSubject,
    Job,
    LegalHold,
    Outcome,
    Receipt,
    Staff,
    State,
    Step,
    StepState,
)
from privacy.selectors import cases, suppression  # noqa: E402
from tests.upgrade.old_database import ERASED_ADDRESSES  # noqa: E402

ROUNDS = 20

# --- The engine, and all that is known of it here ---------------------------------------------------------------------


def run_due_work() -> None:
    """What the sweep and the workers of both lanes do until nothing is due."""
    while run():
        pass


def let_time_pass() -> None:
    """Leases, back-off and polls are over."""
    past = Now() - timedelta(seconds=1)
    Job.objects.filter(lease_until__isnull=False).update(lease_until=past)
    Job.objects.filter(not_before__isnull=False).update(not_before=past)
    Step.objects.filter(not_before__isnull=False).update(not_before=past)


def open_requests() -> QuerySet[Case]:
    return Case.objects.exclude(state=State.CLOSED)


def attest_waiting() -> None:
    """A person has asked each processor that no call reaches, and has its answer."""
    waiting = Step.objects.filter(state=StepState.WAITING, job__ended_at=None, job__stopped_at=None)
    for step in waiting.filter(not_before__isnull=True).select_related("job__case"):
        processors.attest(step_id=step.id, actor=somebody_else(step.job.case), evidence="2026-114")


def retry_parked() -> None:
    for request in open_requests().filter(cases.IS_PARKED):
        requests.unpark(request_id=request.id, actor=somebody_else(request))


# --- Staff, and time --------------------------------------------------------------------------------------------------


def somebody_else(request: Case) -> Staff:
    """Who may approve, attest and try again what they did not ask for."""
    may = Staff.objects.filter(username__in=["approver", "manager"])
    return may.exclude(pk=request.requested_by_id).order_by("username")[0]


def approve_awaiting() -> None:
    for request in open_requests().filter(state=State.DECIDING):
        requests.grant(request_id=request.id, actor=somebody_else(request))


def answer() -> None:
    for request in open_requests().filter(state=State.ANSWERING):
        requests.answer(request_id=request.id, actor=somebody_else(request), how="email")


def release_holds() -> None:
    held = LegalHold.objects.filter(released_at__isnull=True).values_list("subject", flat=True)
    asked = open_requests().filter(kind="hold_release").values_list("subject", flat=True)
    people = sorted(set(held) - set(asked))
    manager = Staff.objects.get(username="manager")
    requests.ask("hold_release", subject_ids=people, actor=manager, reason="The court is done")


def expire_packages() -> None:
    let_time_pass()
    run_due_work()


def finish() -> None:
    """Time, workers and staff take turns until every request is closed, or they have had their turns."""
    for _ in range(ROUNDS):
        let_time_pass()
        run_due_work()
        if not open_requests().exists():
            break
        approve_awaiting()
        release_holds()
        attest_waiting()
        retry_parked()
        answer()
    expire_packages()


# --- What has become of it --------------------------------------------------------------------------------------------


def account() -> dict[str, object]:
    fulfilled = Case.objects.filter(kind="erasure", outcome=Outcome.FULFILLED)
    emptied = DataSubject.objects.filter(
        ~Q(erased_at=None), full_name="", country="", identifiers=None, usage_events=None, scripts=None
    )
    return {
        "open": {str(r.id): [r.kind, r.state, r.job and r.job.parked_because, steps_of(r)] for r in open_requests()},
        "outcomes": {str(r.id): r.outcome for r in Case.objects.all()},
        "regimes": {str(r.id): r.regime for r in Case.objects.all()},
        "not erased": texts(fulfilled.exclude(subject__in=emptied)),
        "without receipt": texts(fulfilled.filter(receipts=None)),
        "deleted": {str(r.request_id): r.body["deleted"] for r in Receipt.objects.all()},
        "sealed": texts(Step.objects.exclude(sealed="")),
        "packages": texts(AccessPackage.objects.filter(swept_at=None)),
        "suppressed": sorted(
            suppression.suppressed("email", ERASED_ADDRESSES) | suppression.perhaps_suppressed(ERASED_ADDRESSES)
        ),
    }


def steps_of(request: Case) -> list[str]:
    return [f"{step}: {step.state} {step.problem}".strip() for step in request.steps.all()]


def texts(rows: QuerySet) -> list[str]:
    return [str(pk) for pk in rows.values_list("pk", flat=True)]


if __name__ == "__main__":
    finish()
    sys.stdout.write(json.dumps(account()))
