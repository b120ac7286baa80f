"""Erasures by the hundred: the same steps as fulfilment/erasure.py, each done for many people at once.

A slice is one transaction: it takes requests that no worker holds, erases their rows with the same compiled
statements, and writes steps, receipts and audit links with a few statements for all. What needs one person's
attention (files, tables of many thousand rows, a processor to be called) is left to the engine, which finds the
steps done here finished. Killed, a slice has not happened.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from privacy.connectors.base import connectors
from privacy.datamap import compiler
from privacy.fulfilment import audit, erasure
from privacy.fulfilment.references import seal
from privacy.fulfilment.requests import transition_many
from privacy.models import (
    DataSubject,
    ErasureReceipt,
    FulfilmentStep,
    LegalHold,
    RequestKind,
    RequestStatus,
    RightsRequest,
    StepState,
)
from privacy.selectors import plan as plans
from privacy.selectors import queue

SLICE_PEOPLE = 500
NOT_KNOWN = {"outcome": "the processor does not know this person"}


def erase_batch(batch_id: UUID) -> int:
    """Erases the people of a batch slice by slice; returns for how many the rows are gone."""
    erased = 0
    while people := erase_slice(batch_id):
        erased += people
    return erased


def erase_slice(batch_id: UUID) -> int:
    """One transaction: up to SLICE_PEOPLE people. Returns how many; 0 when nothing is left to do in bulk."""
    with transaction.atomic():
        requests = take(batch_id)
        if not requests:
            return 0
        known = references_of(requests)
        counted, until = erase_rows(requests)
        finish(requests, "files", {r.id: {"deleted": 0, "missing": 0} for r in requests})
        finish(requests, "rows", {
            r.id: {"rows": counted[r.subject_id], "kept_until": until.get(r.subject_id, {})} for r in requests
        })  # fmt: skip
        unknown = close_unknown_processors(requests, known)
        close([r for r in requests if r.id in unknown])
    return len(requests)


def take(batch_id: UUID) -> list[RightsRequest]:
    """Locks the due erasures of the batch that are fit for bulk, and raises their fences: a worker that still
    believes to hold one can no longer write."""
    open_steps = FulfilmentStep.objects.filter(request=OuterRef("pk"), state=StepState.PENDING)
    holds = LegalHold.objects.filter(subject=OuterRef("subject"), released_at__isnull=True)
    ordered = RightsRequest.objects.filter(
        subject=OuterRef("subject"), kind=RequestKind.HOLD_PLACE
    ).exclude(status__in=RequestStatus.closed())
    fit = (
        queue.due()
        .filter(
            Exists(open_steps.filter(handler="files", units_planned=0)),
            Exists(open_steps.filter(handler="rows")),
            batch=batch_id, kind=RequestKind.ERASURE, status=RequestStatus.IN_PROGRESS, cancel_requested=False,
        )
        .exclude(Exists(FulfilmentStep.objects.filter(request=OuterRef("pk"), handler="slices")))
    )  # fmt: skip
    requests = list(
        fit.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        .order_by("subject_id")[:SLICE_PEOPLE]
    )
    # The subjects' rows are locked as placing a hold locks them, and only then are the holds read.
    list(DataSubject.objects.select_for_update().filter(pk__in=[r.subject_id for r in requests]).order_by("id"))
    free = RightsRequest.objects.filter(pk__in=[r.id for r in requests]).exclude(Exists(holds)).exclude(Exists(ordered))
    free_ids = set(free.values_list("id", flat=True)) - with_files(requests)
    RightsRequest.objects.filter(pk__in=free_ids).update(fence=F("fence") + 1, lease_until=None, claims=0)
    return [r for r in requests if r.id in free_ids]


def with_files(requests: Sequence[RightsRequest]) -> set[UUID]:
    """Requests of people who have got a file since their plan was frozen."""
    by_subject = {r.subject_id: r.id for r in requests}
    found = set()
    for declaration in compiler.all_declarations():
        if declaration.deletes_rows() and declaration.file_fields():
            path = declaration.subject
            owners = declaration.model.objects.filter(**{f"{path}__in": list(by_subject)}).values_list(path, flat=True)
            found |= {by_subject[owner] for owner in owners}
    return found


def references_of(requests: Sequence[RightsRequest]) -> dict[UUID, dict[str, dict]]:
    """{request id: {processor: its names for the person}}, of those that have any."""
    subjects = {r.subject_id: r.id for r in requests}
    found: dict[UUID, dict[str, dict]] = {}
    for connector in connectors.values():
        for subject_id, names in connector.references_of(list(subjects)).items():
            if any(names.values()):
                found.setdefault(subjects[subject_id], {})[connector.key] = names
    return found


def erase_rows(requests: Sequence[RightsRequest]) -> tuple[dict, dict]:
    """Suppresses, counts and erases; returns ({subject: rows by model and action}, {subject: kept until})."""
    subject_ids = [r.subject_id for r in requests]
    scope = scope_of(subject_ids)
    erasure.suppress(requests)
    until = erasure.kept_until_by_subject(scope)
    counted = plans.row_counts(subject_ids, scope)
    erasure.execute(scope)
    return counted, until


def scope_of(subject_ids: Sequence[UUID]) -> compiler.Scope:
    """A temporary table on PostgreSQL, where the ids would else be sent a hundred times over."""
    if connection.vendor != "postgresql":
        return compiler.Scope.many(subject_ids)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS erasing (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS")
        cursor.execute("TRUNCATE erasing")
        cursor.execute("INSERT INTO erasing SELECT unnest(%s::uuid[])", [list(subject_ids)])
        cursor.execute("ANALYZE erasing")
    return compiler.Scope.table("erasing")


def finish(requests: Sequence[RightsRequest], handler: str, results: dict[UUID, dict], target: str = "") -> None:
    """Closes one step of each request, with its evidence."""
    now = datetime.now(UTC)
    steps = list(
        FulfilmentStep.objects.filter(request__in=results, handler=handler, target=target)
    )
    for step in steps:
        step.state, step.result, step.started_at, step.finished_at = StepState.DONE, results[step.request_id], now, now
        step.attempts, step.units_done = step.attempts + 1, step.units_planned
    save_steps(steps)
    links = [(s.request_id, {"step": str(s), "result": s.result}) for s in steps]
    audit.append_many(links, "step.done", actor=None)


def save_steps(steps: Sequence[FulfilmentStep]) -> None:
    """One upsert: bulk_update's CASE is ten times slower for 500 rows."""
    FulfilmentStep.objects.bulk_create(
        steps,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["state", "result", "references", "started_at", "finished_at", "attempts", "units_done"],
    )


def close_unknown_processors(requests: Sequence[RightsRequest], known: dict[UUID, dict[str, dict]]) -> set[UUID]:
    """Closes the processor steps that have nothing to ask and seals the others; returns the ids of the requests
    that no processor has to be asked about."""
    for key in connectors:
        asked = {r.id: known[r.id][key] for r in requests if key in known.get(r.id, {})}
        steps = list(FulfilmentStep.objects.filter(request__in=asked, handler="processor", target=key))
        for step in steps:
            step.references = seal(asked[step.request_id])
        save_steps(steps)
        finish(requests, "processor", {r.id: NOT_KNOWN for r in requests if r.id not in asked}, target=key)
    return {r.id for r in requests} - set(known)


def close(requests: Sequence[RightsRequest]) -> None:
    """Issues the receipts and closes the requests."""
    steps: dict[UUID, list[FulfilmentStep]] = {r.id: [] for r in requests}
    for step in FulfilmentStep.objects.filter(request__in=steps).order_by("seq"):
        steps[step.request_id].append(step)
    receipts = []
    for request in requests:
        body = erasure.receipt_body(steps[request.id])
        receipts.append(ErasureReceipt(request=request, body=body, sha256=erasure.body_digest(body)))
    ErasureReceipt.objects.bulk_create(receipts)
    finish(requests, "receipt", {r.request_id: {"receipt": str(r.id), "sha256": r.sha256} for r in receipts})
    transition_many(requests, RequestStatus.FULFILLED, actor=None, because="every step finished")
