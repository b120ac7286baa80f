"""How a person is erased, step by step, by the data map."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.backends.utils import CursorWrapper

from privacy.catalogue import Planned
from privacy.connectors.base import connectors
from privacy.datamap import compiler, registry
from privacy.datamap.fields import far_end
from privacy.datamap.scope import Scope, subject_in
from privacy.datamap.treatments import Keep
from privacy.evidence import sealing
from privacy.fulfilment import mentions, receipts
from privacy.fulfilment.processors import NOT_KNOWN
from privacy.fulfilment.suppression import suppress
from privacy.jobs import failpoints
from privacy.jobs.handlers import local, one_by_one, remote
from privacy.jobs.order import join
from privacy.jobs.outcomes import Done, Failed, More, Outcome
from privacy.models import CaseJob, Identifier, Step, StepState
from privacy.selectors import plans
from privacy.selectors.mentions import in_handed_over

# Above this many rows a model is deleted in committed slices of this size, so that no transaction is long.
SLICE_ROWS = 50_000
FILES_A_SLICE = 200


def plan_steps(jobs: Sequence[CaseJob]) -> dict[CaseJob, list[Planned]]:
    """Each job's plan: files while their names are known, big tables in slices, all the rest in one transaction, the
    folders, what the database still holds of it, the processors that know the person (and whose names for them are
    sealed away), the receipt."""
    subject_ids = [job.subject_id for job in jobs]
    there, files = plans.look(subject_ids), plans.file_counts(subject_ids)
    return {
        job: _steps(
            there.rows[job.subject_id],
            files.get(job.subject_id, 0),
            [key for key in sorted(connectors) if job.subject_id in there.known[key]],
        )
        for job in jobs
    }


def _steps(counted: dict[str, dict[str, int]], files: int, processors: Sequence[str]) -> list[Planned]:
    big = [
        Planned("erasure.slices", label, actions["delete"])
        for label, actions in counted.items()
        if actions.get("delete", 0) > SLICE_ROWS and is_leaf(label)
    ]
    rest = sum(erased_among(actions) for actions in counted.values()) - sum(p.units for p in big)
    return [
        Planned("erasure.files", units=files),
        *big,
        Planned("erasure.rows", units=rest),
        Planned("erasure.folders"),
        Planned("erasure.vacuum"),
        *(Planned("processors.erase", key) for key in processors),
        Planned("erasure.receipt"),
    ]


def erased_among(actions: dict[str, int]) -> int:
    """Rows that erasure deletes, anonymises or hands over. A row that is kept is no work done."""
    return sum(rows for action, rows in actions.items() if action != "keep")


def is_leaf(label: str) -> bool:
    """Whether nothing in the map points at the model's rows, so that they may go in any order. Identifiers wait for
    the transaction that suppresses them: it must still find them."""
    return label != Identifier._meta.label and not any(
        field.related_model and far_end(field)._meta.label == label
        for declaration in registry.declarations.values()
        for field in declaration.model._meta.concrete_fields
    )


@local("erasure.files")
def erase_files(jobs: Sequence[CaseJob]) -> dict[CaseJob, Outcome]:
    """Deletes the people's files; most have none. First of all steps, so it asks whether the plan is still the one that
    was approved."""
    decided = [job for job in jobs if job.approved and not job.step.units_done]
    changed = plans.since_approved(decided, parts_as_seen(decided)) if decided else {}
    with_files = plans.file_counts([job.subject_id for job in jobs])
    free = [job for job in jobs if job not in changed]
    done: dict[CaseJob, Outcome] = {
        job: erase_files_of(job) if job.subject_id in with_files else files_erased(job) for job in free
    }
    return done | {job: not_as_approved(new) for job, new in changed.items()}


def parts_as_seen(jobs: Sequence[CaseJob]) -> dict[UUID, frozenset[str]]:
    subject_ids = [job.subject_id for job in jobs]
    scope = scope_of(subject_ids)
    return plans.parts_of(see(jobs, scope), subject_ids, scope)


def see(jobs: Sequence[CaseJob], scope: Scope) -> plans.There:
    """What is there of these people, and perhaps of others. They are locked, so that nothing more of them comes in: one
    look a transaction is enough."""
    seen: plans.There | None = jobs[0].seen
    if seen is None or any(job.seen is not seen for job in jobs):
        seen = plans.look([job.subject_id for job in jobs], scope)
        for job in jobs:
            job.seen = seen
    return seen


def not_as_approved(new: Sequence[str]) -> Failed:
    """Stops before anything is gone, until another person has approved the plan again."""
    return Failed(f"Not as it was approved. New in the plan: {plans.in_words(new)}."[:300])


def erase_files_of(job: CaseJob) -> Done | More:
    """A slice in two transactions: first it is counted what is there, then it is deleted. A worker that dies while
    deleting cannot take its own deletions for files that were missing."""
    found = next(((field, names) for field, names in slices_of_files(job.subject_id) if names), None)
    if found is None:
        return files_erased(job)
    field, names = found
    counted = counted_so_far(job)
    if not counted.pop("is_counted", False):
        present = sum(field.storage.exists(name) for name in names)
        counted["deleted"] += present
        counted["missing"] += len(names) - present
        return More(job.step.units_done, counted | {"is_counted": True})
    for name in names:
        field.storage.delete(name)
        failpoints.strike("file deleted")
    field.model._default_manager.filter(**{f"{field.name}__in": names}).update(**{field.name: ""})
    return More(counted["deleted"], counted)


def files_erased(job: CaseJob) -> Done:
    counted = counted_so_far(job)
    return Done({"deleted": counted["deleted"], "missing": counted["missing"]}, units=counted["deleted"])


def counted_so_far(job: CaseJob) -> dict[str, Any]:
    counted: dict[str, Any] = {"deleted": 0, "missing": 0} | job.step.result
    return counted


def slices_of_files(subject_id: UUID) -> list[tuple[models.FileField, list[str]]]:
    return plans.files(Scope.one(subject_id), limit=FILES_A_SLICE)


@local("erasure.slices")
@one_by_one
def erase_slice(job: CaseJob, step: Step) -> Done | More:
    """Deletes up to SLICE_ROWS rows of one big table. They may hold processors' names for the person, so those are
    sealed before the first row goes."""
    if not step.units_done:
        seal_references([job], Scope.one(job.subject_id))
    job.seen = None
    declaration = next(d for d in registry.declarations.values() if d.label() == step.target)
    where, params = compiler.rows(declaration, Scope.one(job.subject_id), own=True)
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


@local("erasure.rows")
def erase_rows(jobs: Sequence[CaseJob]) -> dict[CaseJob, Outcome]:
    """Suppresses the identifiers, seals what the processors need, and erases every table, all in one transaction."""
    subject_ids = [job.subject_id for job in jobs]
    identifiers = list(Identifier.objects.filter(subject__in=subject_ids))
    scope = scope_of(subject_ids)
    seal_references(jobs, scope)
    suppressed = suppress(jobs, identifiers)
    counted = see(jobs, scope).rows
    left_named = in_handed_over(plans.left_to_others(counted), subject_ids, identifiers, scope)
    named = mentions.erase(subject_ids, identifiers)
    execute(scope)
    return {
        job: Done(
            {
                "rows": counted[job.subject_id] | named.get(job.subject_id, {}),
                "suppressed": suppressed[job.case_id],
                "not_known_to": not_asked(job),
                **({"named_in": left_named[job.subject_id]} if job.subject_id in left_named else {}),
            },
            units=sum(map(erased_among, counted[job.subject_id].values())),
        )
        for job in jobs
    }


def scope_of(subject_ids: Sequence[UUID]) -> Scope:
    """A temporary table on PostgreSQL, where the ids would else be sent a hundred times over."""
    if len(subject_ids) == 1:
        return Scope.one(subject_ids[0])
    if connection.vendor != "postgresql":
        return Scope.many(subject_ids)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS erasing (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS")
        cursor.execute("TRUNCATE erasing")
        cursor.execute("INSERT INTO erasing SELECT unnest(%s::uuid[])", [list(subject_ids)])
        cursor.execute("ANALYZE erasing")
    return Scope.table("erasing")


def seal_references(jobs: Sequence[CaseJob], scope: Scope) -> None:
    """Seals each processor's names for the people into the steps, together with those sealed there earlier. A step
    keeps nothing where the processor does not know the person any more; one that has come to know them since the plan
    was made joins it."""
    by_subject = {job.subject_id: job for job in jobs}
    for key, known in see(jobs, scope).known.items():
        for subject_id in known.keys() & by_subject.keys():
            if step := step_at(by_subject[subject_id], key):
                step.names = joined(sealing.unseal(step.sealed), known[subject_id])
                step.sealed = sealing.seal(step.names)
                by_subject[subject_id].changed_steps.append(step)


def step_at(job: CaseJob, processor: str) -> Step | None:
    """The open step of this processor; none where somebody has attested it already."""
    for step in job.open_steps:
        if step.name == "processors.erase" and step.target == processor:
            return step
    if job.steps.filter(name="processors.erase", target=processor).exists():
        return None
    return join(job, Planned("processors.erase", processor))


def not_asked(job: CaseJob) -> list[str]:
    """Processors that know nothing of the person: they have no step."""
    asked = {step.target for step in job.open_steps if step.name == "processors.erase"}
    return sorted(connectors.keys() - asked)


def joined(known: dict[str, list[str]], names: dict[str, list[str]]) -> dict[str, list[str]]:
    return known | {kind: sorted({*known.get(kind, []), *values}) for kind, values in names.items()}


def execute(scope: Scope) -> dict[str, dict[str, int]]:
    """Runs the compiled erasure; returns {model label: {action: rows}}. One WITH on PostgreSQL."""
    detaching, erasing = compiler.erasure(scope)
    done: dict[str, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            counted = execute_together(cursor, detaching, erasing)
        else:
            counted = [cursor.execute(s.sql, s.params).rowcount for s in [*detaching, *erasing]][len(detaching) :]
    for statement, rows in zip(erasing, counted, strict=True):
        if rows:
            done[statement.declaration.label()][statement.action] = rows
    return dict(done)


def execute_together(
    cursor: CursorWrapper, detaching: Sequence[compiler.Statement], erasing: Sequence[compiler.Statement]
) -> list[int]:
    """One WITH, and before it another for rows that are detached and then stripped: it may touch no row twice. That
    what is pointed at goes in the same statement is checked when the transaction ends."""
    stripped = {s.table for s in erasing if s.action != "delete"}
    for together in once_a_table([s for s in detaching if s.table in stripped]):
        execute_as_one(cursor, together)
    aside = [s for s in detaching if s.table not in stripped]
    return execute_as_one(cursor, [*aside, *erasing])[len(aside) :]


def once_a_table(statements: Sequence[compiler.Statement]) -> Iterator[list[compiler.Statement]]:
    """The statements in order, in groups in which each changes another table."""
    group: list[compiler.Statement] = []
    for statement in statements:
        if statement.table in {s.table for s in group}:
            yield group
            group = []
        group.append(statement)
    if group:
        yield group


def execute_as_one(cursor: CursorWrapper, statements: Sequence[compiler.Statement]) -> list[int]:
    parts = ", ".join(f"s{n} AS ({s.sql} RETURNING 1)" for n, s in enumerate(statements))
    totals = ", ".join(f"(SELECT COUNT(*) FROM s{n})" for n in range(len(statements)))
    cursor.execute(f"WITH {parts} SELECT {totals}", [p for s in statements for p in s.params])
    return list(cursor.fetchone())


@dataclass
class Kept:
    """What stays of a person: rows in which a kept field still holds something, and the day on which the last of
    them may go, each by model label."""

    rows: dict[str, int] = field(default_factory=dict)
    until: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def kept(scope: Scope) -> dict[UUID, Kept]:
    """{subject: what stays}, as it stands now."""
    found: dict[UUID, Kept] = defaultdict(Kept)
    keeping = {d.label(): d for d in compiler.all_declarations() if d.keeps()}
    with connection.cursor() as cursor:
        cursor.execute(*compiler.counts_of_all(keeping.values(), scope))
        for label, key, _, rows in cursor.fetchall():
            found[subject_in(key)].rows[label] = rows
        cursor.execute(*compiler.kept_until(scope))
        for place, key, latest in sorted(cursor.fetchall()):
            label, number = place.split("/")
            until = found[subject_in(key)].until.setdefault(label, [])
            if latest:
                keep = keeping[label].keeps()[int(number)]
                until.append({"because": keep.because, "until": end_of(keep, latest)})
    return found


def end_of(keep: Keep, moment: str) -> str:
    return keep.until.ends_on(datetime.fromisoformat(moment).date()).isoformat()


@remote("erasure.folders")
def empty_folders(job: CaseJob, step: Step, renew: Callable[..., None]) -> Done:
    """Deletes what came into the person's folders between the step `files` and the end of the rows, or was left
    there by an upload that failed half-way (no row knows these files), and then the folders, which bear the person's
    id."""
    return Done({"strays": delete_strays(job.subject_id)})


def delete_strays(subject_id: UUID) -> int:
    if not plans.has_folders(subject_id):
        return 0
    strays = plans.stray_files(subject_id)
    for storage, name in strays:
        storage.delete(name)
    for storage, name in plans.empty_folders(subject_id):
        storage.delete(name)
    return len(strays)


@local("erasure.receipt")
def issue_receipts(jobs: Sequence[CaseJob]) -> dict[CaseJob, Outcome]:
    """Writes down what was deleted, anonymised and kept, why, and until when."""
    steps = receipts.steps_of(jobs)
    stays = kept(scope_of([job.subject_id for job in jobs]))
    return receipts.write({job: receipt_body(steps[job.id], stays[job.subject_id]) for job in jobs})


def receipt_body(steps: Sequence[Step], stays: Kept) -> dict[str, Any]:
    """What the steps did, and what is there after them: some of it goes only when a processor has answered."""
    by_action: dict[str, dict[str, int]] = defaultdict(dict)
    files: dict[str, int] = {}
    processors: dict[str, dict[str, Any]] = {}
    named: dict[str, int] = {}
    database = ""
    for step in steps:
        match step.name:
            case "erasure.files" | "erasure.folders":
                files |= step.result
            case "erasure.slices":
                by_action["delete"][step.target] = step.result[step.target]["delete"]
            case "erasure.rows":
                named = step.result.get("named_in", {})
                for processor in step.result.get("not_known_to", []):
                    processors[processor] = {"processor": processor, "state": StepState.DONE, **NOT_KNOWN}
                for label, actions in step.result["rows"].items():
                    for action, rows in actions.items():
                        by_action[action][label] = by_action[action].get(label, 0) + rows
            case "erasure.vacuum":
                database = step.result["outcome"]
            case "processors.erase":
                processors[step.target] = {"processor": step.target, "state": step.state, **step.result}
    handed_over = {label: registry_reason(label) for label in by_action.get("hand over", {})}
    return {
        "deleted": by_action["delete"],
        "anonymised": by_action["anonymise"],
        "kept": stays.rows,
        "kept_because": stays.until,
        "handed_over": by_action["hand over"],
        "handed_over_because": handed_over,
        "handed_over_named": named,
        "files": files,
        "processors": [item for _, item in sorted(processors.items())],
        "database": database,
    }


def registry_reason(label: str) -> str:
    return next(d.joint.because for d in registry.declarations.values() if d.joint and d.label() == label)
