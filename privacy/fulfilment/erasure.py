"""The right to erasure (GDPR art. 17): asked for by one person, approved by another, carried out by the map."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, models, transaction

from privacy.connectors.base import connectors
from privacy.datamap import compiler, registry
from privacy.fulfilment import engine, mentions, references
from privacy.fulfilment.engine import Done, More, Planned
from privacy.fulfilment.requests import (
    NotAllowed,
    must_not_be_requester,
    open_requests,
    transition,
    transition_many,
)
from privacy.models import (
    Batch,
    ErasureReceipt,
    FulfilmentStep,
    Identifier,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Staff,
    StepState,
    Suppression,
)
from privacy.selectors import commitments
from privacy.selectors import plan as plans
from privacy.selectors.commitments import canonical_digest
from privacy.selectors.suppression import digest

# Above this many rows a model is deleted in committed slices of this size, so that no transaction is long.
SLICE_ROWS = 50_000
FILES_A_SLICE = 200


def request_erasure(
    *,
    subject_ids: Sequence[UUID],
    actor: Staff,
    reason: str,
    verification: str,
    batch: Batch | None = None,
    received_at: datetime | None = None,
) -> list[RightsRequest]:
    """Asks for the erasure of these people; nothing is erased until another person approves. The clock runs from
    `received_at`, or from now."""
    opened, _ = open_requests(
        kind=RequestKind.ERASURE, subject_ids=subject_ids, actor=actor, reason=reason, verification=verification,
        status=RequestStatus.AWAITING_APPROVAL, batch=batch, received_at=received_at,
    )  # fmt: skip
    return opened


def approve(*, request_id: UUID, actor: Staff) -> RightsRequest:
    """Approves the erasure and freezes its plan. Raises PermissionDenied for the requester, NotAllowed else."""
    return approve_many(request_ids=[request_id], actor=actor)[0]


def approve_many(*, request_ids: Sequence[UUID], actor: Staff) -> list[RightsRequest]:
    """Approves these erasures, all or none, with as few queries as for one. Raises like `approve`."""
    with transaction.atomic():
        requests = list(RightsRequest.objects.select_for_update().filter(pk__in=request_ids).order_by("id"))
        if not requests:
            return []
        for request in requests:
            must_not_be_requester(request, actor)
            if request.kind != RequestKind.ERASURE or request.status != RequestStatus.AWAITING_APPROVAL:
                raise NotAllowed("This request does not await approval.")
            request.approved_by, request.approved_at = actor, datetime.now(UTC)
        RightsRequest.objects.filter(pk__in=request_ids).update(approved_by=actor, approved_at=datetime.now(UTC))
        engine.freeze(plan_steps(requests))
        transition_many(requests, RequestStatus.IN_PROGRESS, actor=actor, because="approved")
    return requests


def resume(request: RightsRequest, *, actor: Staff) -> None:
    """Lets an erasure go on that a hold had stopped; a plan of which nothing was done is made anew."""
    if not request.steps.exclude(state=StepState.PENDING).exists():
        request.steps.all().delete()
        engine.freeze(plan_steps([request]))
    transition(request, RequestStatus.IN_PROGRESS, actor=actor, because="hold released")


def plan_steps(requests: Sequence[RightsRequest]) -> dict[RightsRequest, list[Planned]]:
    """Each request's plan: files while their names are known, big tables in slices, all the rest in one
    transaction, the folders, what the database still holds of it, the processors (whose names for the person were
    sealed away), the receipt."""
    subject_ids = [r.subject_id for r in requests]
    counted, files = plans.row_counts(subject_ids), plans.file_counts(subject_ids)
    return {r: _steps(counted[r.subject_id], files.get(r.subject_id, 0)) for r in requests}


def _steps(counted: dict[str, dict[str, int]], files: int) -> list[Planned]:
    big = [
        Planned("slices", label, actions["delete"])
        for label, actions in counted.items()
        if actions.get("delete", 0) > SLICE_ROWS and is_leaf(label)
    ]
    rest = sum(erased_among(actions) for actions in counted.values()) - sum(p.units for p in big)
    return [
        Planned("files", units=files),
        *big,
        Planned("rows", units=rest),
        Planned("folders"),
        Planned("vacuum"),
        *(Planned("processor", key) for key in sorted(connectors)),
        Planned("receipt"),
    ]


def erased_among(actions: dict[str, int]) -> int:
    """Rows that erasure deletes, anonymises or hands over. A row that is kept is no work done."""
    return sum(rows for action, rows in actions.items() if action != "keep")


def is_leaf(label: str) -> bool:
    """Whether nothing in the map points at the model's rows, so that they may go in any order. Identifiers wait for
    the transaction that suppresses them: it must still find them."""
    return label != Identifier._meta.label and not any(
        field.related_model and field.related_model._meta.label == label
        for declaration in registry.declarations.values()
        for field in declaration.model._meta.concrete_fields
    )


@engine.local("files")
def erase_files(request: RightsRequest, step: FulfilmentStep) -> Done | More:
    """Deletes the person's files, a slice in two transactions: first it is counted what is there, then it is
    deleted. A worker that dies while deleting cannot take its own deletions for files that were missing."""
    counted = {"deleted": 0, "missing": 0} | step.result
    found = next(((field, names) for field, names in slices_of_files(request.subject_id) if names), None)
    if found is None:
        return Done({"deleted": counted["deleted"], "missing": counted["missing"]}, units=counted["deleted"])
    field, names = found
    if not counted.pop("is_counted", False):
        present = sum(field.storage.exists(name) for name in names)
        counted["deleted"] += present
        counted["missing"] += len(names) - present
        return More(step.units_done, counted | {"is_counted": True})
    for name in names:
        field.storage.delete(name)
        engine.failpoint("file deleted")
    field.model.objects.filter(**{f"{field.name}__in": names}).update(**{field.name: ""})
    return More(counted["deleted"], counted)


def slices_of_files(subject_id: UUID) -> list[tuple[models.FileField, list[str]]]:
    return plans.files(compiler.Scope.one(subject_id), limit=FILES_A_SLICE)


@engine.local("slices")
def erase_slice(request: RightsRequest, step: FulfilmentStep) -> Done | More:
    """Deletes up to SLICE_ROWS rows of one big table. They may hold processors' names for the person, so those are
    sealed before the first row goes."""
    if not step.units_done:
        seal_references(request)
    declaration = next(d for d in registry.declarations.values() if d.label() == step.target)
    where, params = compiler.rows(declaration, compiler.Scope.one(request.subject_id), own=True)
    table = connection.ops.quote_name(declaration.model._meta.db_table)
    address = (
        "ctid" if connection.vendor == "postgresql" else connection.ops.quote_name(declaration.model._meta.pk.column)
    )
    inner = f"SELECT {address} FROM {table} WHERE {where} LIMIT {SLICE_ROWS}"
    chosen = f"= ANY(ARRAY({inner}))" if connection.vendor == "postgresql" else f"IN ({inner})"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {address} {chosen}", params)
        rows = step.units_done + cursor.rowcount
        if cursor.rowcount == SLICE_ROWS:
            return More(rows)
    return Done({step.target: {"delete": rows}}, units=rows)


@engine.local("rows")
def erase_rows(request: RightsRequest, step: FulfilmentStep) -> Done:
    """Suppresses the identifiers, seals what the processors need, and erases every table, all in one transaction."""
    seal_references(request)
    suppressed = suppress([request])[request.id]
    named = mentions.erase([request.subject_id])[request.subject_id]
    done = execute(compiler.Scope.one(request.subject_id))
    result = {"rows": done | named, "suppressed": suppressed}
    return Done(result, units=sum(map(erased_among, done.values())))


def seal_references(request: RightsRequest) -> None:
    """Seals each processor's names for the person into its step, together with those sealed there earlier."""
    for step in request.steps.filter(handler="processor"):
        known = references.unseal(step.references)
        for kind, values in connectors[step.target].references(request.subject_id).items():
            known[kind] = sorted({*known.get(kind, []), *values})
        FulfilmentStep.objects.filter(pk=step.pk).update(references=references.seal(known))


def suppress(requests: Sequence[RightsRequest]) -> dict[UUID, dict]:
    """Writes the keyed hashes of the identifiers, in the transaction that deletes the identifiers.

    Returns {request id: what the audit trail commits to}.
    """
    by_subject = {r.subject_id: r for r in requests}
    Suppression.objects.bulk_create(
        (
            Suppression(kind=i.kind, digest=digest(i.kind, i.value), request=by_subject[i.subject_id])
            for i in Identifier.objects.filter(subject__in=by_subject)
        ),
        ignore_conflicts=True,
    )
    return commitments.of_suppressions_by_request([r.id for r in requests])


def execute(scope: compiler.Scope) -> dict[str, dict[str, int]]:
    """Runs the compiled erasure; returns {model label: {action: rows}}. One WITH on PostgreSQL."""
    detaching, erasing = compiler.erasure(scope)
    done: dict[str, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        for statement in detaching:
            cursor.execute(statement.sql, statement.params)
        if connection.vendor == "postgresql":
            counted = execute_as_one(cursor, erasing)
        else:
            counted = [cursor.execute(s.sql, s.params).rowcount for s in erasing]
    for statement, rows in zip(erasing, counted, strict=True):
        if rows:
            done[statement.declaration.label()][statement.action] = rows
    return dict(done)


def execute_as_one(cursor, statements) -> list[int]:
    parts = ", ".join(f"s{n} AS ({s.sql} RETURNING 1)" for n, s in enumerate(statements))
    totals = ", ".join(f"(SELECT COUNT(*) FROM s{n})" for n in range(len(statements)))
    cursor.execute(f"WITH {parts} SELECT {totals}", [p for s in statements for p in s.params])
    return list(cursor.fetchone())


@dataclass
class Kept:
    """What stays of a person: rows in which a kept field still holds something, and the day on which the last of
    them may go, each by model label."""

    rows: dict[str, int] = field(default_factory=dict)
    until: dict[str, list[dict]] = field(default_factory=dict)


def kept(scope: compiler.Scope) -> dict[UUID, Kept]:
    """{subject: what stays}, as it stands now."""
    found: dict[UUID, Kept] = defaultdict(Kept)
    with connection.cursor() as cursor:
        for declaration in compiler.all_declarations():
            if not declaration.keeps():
                continue
            cursor.execute(*compiler.counts(declaration, scope))
            for key, _, rows in cursor.fetchall():
                found[UUID(str(key))].rows[declaration.label()] = rows
            cursor.execute(*compiler.kept_until(declaration, scope))
            for key, *latest in cursor.fetchall():
                found[UUID(str(key))].until[declaration.label()] = [
                    {"because": keep.because, "until": end_of(keep, moment)}
                    for keep, moment in zip(declaration.keeps(), latest, strict=True)
                    if moment
                ]
    return found


def end_of(keep, moment) -> str:
    start = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return keep.until.ends_on(start.date()).isoformat()


@engine.local("folders")
def empty_folders(request: RightsRequest, step: FulfilmentStep) -> Done:
    """Deletes what came into the person's folders between the step `files` and the end of the rows, or was left
    there by an upload that failed half-way (no row knows these files), and then the folders, which bear the person's
    id."""
    return Done({"strays": delete_strays(request.subject_id)})


def delete_strays(subject_id: UUID) -> int:
    strays = plans.stray_files(subject_id)
    for storage, name in strays:
        storage.delete(name)
    for storage, name in plans.empty_folders(subject_id):
        storage.delete(name)
    return len(strays)


@engine.local("receipt")
def issue_receipt(request: RightsRequest, step: FulfilmentStep) -> Done:
    """Writes down what was deleted, anonymised and kept, why, and until when."""
    stays = kept(compiler.Scope.one(request.subject_id))[request.subject_id]
    body = receipt_body(list(request.steps.all()), stays)
    receipt = ErasureReceipt.objects.create(request=request, body=body, sha256=canonical_digest(body))
    return Done({"receipt": str(receipt.id), "sha256": receipt.sha256})


def receipt_body(steps: Sequence[FulfilmentStep], stays: Kept) -> dict:
    """What the steps did, and what is there after them: some of it goes only when a processor has answered."""
    by_action: dict[str, dict[str, int]] = defaultdict(dict)
    files, processors, database = {}, [], ""
    for step in steps:
        match step.handler:
            case "files" | "folders":
                files |= step.result
            case "slices":
                by_action["delete"][step.target] = step.result[step.target]["delete"]
            case "rows":
                for label, actions in step.result["rows"].items():
                    for action, rows in actions.items():
                        by_action[action][label] = by_action[action].get(label, 0) + rows
            case "vacuum":
                database = step.result["outcome"]
            case "processor":
                processors.append({"processor": step.target, "state": step.state, **step.result})
    handed_over = {label: registry_reason(label) for label in by_action.get("hand over", {})}
    return {
        "deleted": by_action["delete"],
        "anonymised": by_action["anonymise"],
        "kept": stays.rows,
        "kept_because": stays.until,
        "handed_over": by_action["hand over"],
        "handed_over_because": handed_over,
        "files": files,
        "processors": processors,
        "database": database,
    }


def registry_reason(label: str) -> str:
    return next(d.joint.because for d in registry.declarations.values() if d.label() == label)
