"""Erasures by the hundred: the same steps as fulfilment/erasure.py, each done for many people at once.

A slice is one transaction: it takes requests that no worker holds, erases their rows with the same compiled
statements, and writes steps, receipts and audit links with a few statements for all. Between the slices that erase
and those that finish the database is vacuumed, once for all. What needs one person's attention (files, tables of many
thousand rows, a processor to be called) is left to the engine, which finds the steps done here finished. Killed, a
slice has not happened.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from privacy.connectors.base import Call, Done, Waiting, connectors
from privacy.datamap import compiler
from privacy.fulfilment import audit, erasure, mentions, vacuum
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
from privacy.selectors.commitments import canonical_digest

SLICE_PEOPLE = 500
# So long the engine keeps its hands off what is erased and will be finished here; should nobody come, it goes on.
FINISHED_WITHIN = timedelta(minutes=5)
NO_FILES = {"deleted": 0, "missing": 0}
NOT_KNOWN = {"outcome": "the processor does not know this person"}


def erase_slice(batch_id: UUID) -> int:
    """One transaction: up to SLICE_PEOPLE people. Returns how many; 0 when nothing is left to do in bulk."""
    with transaction.atomic():
        requests = take(batch_id)
        if not requests:
            return 0
        known = references_of(requests)
        rows = erase_rows(requests)
        steps = steps_of(requests)
        links = [
            link
            for r in requests
            for link in close_steps(
                steps[r.id], rows[r.subject_id], {"strays": erasure.delete_strays(r.subject_id)}, known.get(r.id, {})
            )
        ]
        save_steps([step for of_request in steps.values() for step in of_request])
        audit.append_links(links, actor=None)
        left = [r.id for r in requests if not needs_the_engine(steps[r.id])]
        RightsRequest.objects.filter(pk__in=left).update(not_before=Now() + FINISHED_WITHIN)
    return len(requests)


def finish_slice(batch_id: UUID) -> int:
    """Vacuums, and then closes up to SLICE_PEOPLE requests of which the rest is up to nobody but people, in one
    transaction. Returns how many; 0 when there are none, or when the database cannot be vacuumed now and the engine
    tries again for each."""
    ids = list(awaiting_vacuum(batch_id).values_list("id", flat=True)[:SLICE_PEOPLE])  # committed before it begins
    if not ids or not isinstance(vacuum.reclaim(vacuum.now(), no_lease), Done):
        return 0
    with transaction.atomic():
        requests = take_free(awaiting_vacuum(batch_id).filter(pk__in=ids))
        steps = steps_of(requests)
        links = [close(s, vacuum.done().result) for r in requests for s in steps[r.id] if s.handler == "vacuum"]
        finished = [r for r in requests if all(s.finished_at for s in steps[r.id][:-1])]
        links += issue_receipts(finished, steps)
        save_steps([step for of_request in steps.values() for step in of_request])
        audit.append_links(links, actor=None)
        transition_many(finished, RequestStatus.FULFILLED, actor=None, because="every step finished")
        awaiting = [r for r in requests if r not in finished]
        transition_many(awaiting, RequestStatus.AWAITING_PROCESSORS, actor=None, because="steps remain")
        RightsRequest.objects.filter(pk__in=[r.id for r in awaiting]).update(not_before=Now() + timedelta(days=1))
    return len(requests)


def needs_the_engine(steps: Sequence[FulfilmentStep]) -> bool:
    """Whether a processor has to be called, which is done one by one."""
    return any(s.handler == "processor" and s.state == StepState.PENDING for s in steps)


def no_lease() -> None:
    """Nobody holds these requests while the database is vacuumed: the transaction after it looks anew."""


OPEN_STEPS = FulfilmentStep.objects.filter(request=OuterRef("pk"), state=StepState.PENDING)
DONE_ROWS = FulfilmentStep.objects.filter(request=OuterRef("pk"), handler="rows", state=StepState.DONE)


def awaiting_vacuum(batch_id: UUID) -> QuerySet[RightsRequest]:
    """Erasures of the batch whose rows are gone, that no worker holds and that no processor has to be called for."""
    return RightsRequest.objects.filter(
        Exists(DONE_ROWS), Exists(OPEN_STEPS.filter(handler="vacuum")), ~Exists(OPEN_STEPS.filter(handler="processor")),
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()), batch=batch_id, status=RequestStatus.IN_PROGRESS,
        cancel_requested=False, parked_because="",
    )  # fmt: skip


def take(batch_id: UUID) -> list[RightsRequest]:
    """The due erasures of the batch that are fit for bulk, locked."""
    fit = (
        queue.due()
        .filter(
            Exists(OPEN_STEPS.filter(handler="files", units_planned=0)),
            Exists(OPEN_STEPS.filter(handler="rows")),
            batch=batch_id, kind=RequestKind.ERASURE, status=RequestStatus.IN_PROGRESS, cancel_requested=False,
        )
        .exclude(Exists(FulfilmentStep.objects.filter(request=OuterRef("pk"), handler="slices")))
    )  # fmt: skip
    return take_free(fit)


def take_free(fit: QuerySet[RightsRequest]) -> list[RightsRequest]:
    """Locks those of the requests whose people are not under a hold, and raises their fences: a worker that still
    believes to hold one can no longer write."""
    holds = LegalHold.objects.filter(subject=OuterRef("subject"), released_at__isnull=True)
    ordered = RightsRequest.objects.filter(subject=OuterRef("subject"), kind=RequestKind.HOLD_PLACE).exclude(
        status__in=RequestStatus.closed()
    )
    requests = list(
        fit.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked).order_by("subject_id")[
            :SLICE_PEOPLE
        ]
    )
    # The subjects' rows are locked as placing a hold locks them, and only then are the holds read.
    list(DataSubject.objects.select_for_update().filter(pk__in=[r.subject_id for r in requests]).order_by("id"))
    free = RightsRequest.objects.filter(pk__in=[r.id for r in requests]).exclude(Exists(holds)).exclude(Exists(ordered))
    # A file that came after the plan was frozen is the engine's to delete.
    with_files = plans.file_counts([r.subject_id for r in requests])
    free_ids = {pk for pk, subject_id in free.values_list("id", "subject_id") if subject_id not in with_files}
    RightsRequest.objects.filter(pk__in=free_ids).update(fence=F("fence") + 1, lease_until=None, claims=0)
    return [r for r in requests if r.id in free_ids]


def references_of(requests: Sequence[RightsRequest]) -> dict[UUID, dict[str, dict]]:
    """{request id: {processor: its names for the person}}, of those that have any."""
    subjects = {r.subject_id: r.id for r in requests}
    found: dict[UUID, dict[str, dict]] = {}
    for connector in connectors.values():
        for subject_id, names in connector.references_of(list(subjects)).items():
            if any(names.values()):
                found.setdefault(subjects[subject_id], {})[connector.key] = names
    return found


def erase_rows(requests: Sequence[RightsRequest]) -> dict[UUID, dict]:
    """Suppresses, counts and erases; returns {subject: result of the step `rows`}."""
    subject_ids = [r.subject_id for r in requests]
    scope = scope_of(subject_ids)
    suppressed = erasure.suppress(requests)
    named = mentions.erase(subject_ids)
    counted = plans.row_counts(subject_ids, scope)
    erasure.execute(scope)
    return {
        r.subject_id: {
            "rows": counted[r.subject_id] | named.get(r.subject_id, {}), "suppressed": suppressed[r.id],
        }
        for r in requests
    }  # fmt: skip


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


def steps_of(requests: Sequence[RightsRequest]) -> dict[UUID, list[FulfilmentStep]]:
    """{request id: its steps in order}."""
    found: dict[UUID, list[FulfilmentStep]] = {r.id: [] for r in requests}
    for step in FulfilmentStep.objects.filter(request__in=found).order_by("request", "seq"):
        found[step.request_id].append(step)
    return found


def close_steps(steps: Sequence[FulfilmentStep], rows: dict, strays: dict, known: dict[str, dict]) -> Iterator[tuple]:
    """Closes what was done and what no call is needed for, seals the names for the processors that must be asked;
    yields the audit links."""
    results = {"files": NO_FILES, "rows": rows, "folders": strays}
    for step in steps:
        if step.handler in results:
            yield close(step, results[step.handler])
        elif step.handler == "processor" and step.target not in known:
            yield close(step, NOT_KNOWN)
        elif step.handler == "processor":
            yield from ask(step, known[step.target])


def ask(step: FulfilmentStep, names: dict[str, list[str]]) -> Iterator[tuple]:
    """What needs no call is answered here: the day of expiry, or that a person has to ask. Yields the audit link."""
    connector = connectors[step.target]
    if connector.mode == "API":
        step.references = seal(names)
        return
    match connector.erase(Call(names, step.idempotency_key, no_lease)):
        case Done(result=result):
            yield close(step, result)
        case Waiting(because=because):
            step.state, step.problem, step.references = StepState.WAITING, because, seal(names)
            yield step.request_id, "step.intended", {"step": str(step), "attempt": 1}


def close(step: FulfilmentStep, result: dict) -> tuple[UUID, str, dict]:
    """Closes one step with its evidence; returns its audit link."""
    step.state, step.result, step.attempts = StepState.DONE, result, step.attempts + 1
    step.started_at = step.finished_at = datetime.now(UTC)
    step.units_done = step.units_planned
    return step.request_id, "step.done", {"step": str(step), "result": result}


def issue_receipts(requests: Sequence[RightsRequest], steps: dict[UUID, list[FulfilmentStep]]) -> list[tuple]:
    """Issues the receipts of requests of which only the receipt is left; returns the audit links."""
    receipts = []
    stays = erasure.kept(scope_of([r.subject_id for r in requests])) if requests else {}
    for request in requests:
        body = erasure.receipt_body(steps[request.id], stays[request.subject_id])
        receipts.append(ErasureReceipt(request=request, body=body, sha256=canonical_digest(body)))
    ErasureReceipt.objects.bulk_create(receipts)
    return [close(steps[r.request_id][-1], {"receipt": str(r.id), "sha256": r.sha256}) for r in receipts]


def save_steps(steps: Sequence[FulfilmentStep]) -> None:
    """One upsert: bulk_update's CASE is ten times slower for 500 rows."""
    FulfilmentStep.objects.bulk_create(
        steps,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[
            "state",
            "result",
            "problem",
            "references",
            "started_at",
            "finished_at",
            "attempts",
            "units_done",
        ],
    )
