"""How a person is erased, step by step, by the data map."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from privacy.catalogue import Planned
from privacy.connectors.base import connectors
from privacy.datamap import compiler, registry
from privacy.datamap.fields import far_end
from privacy.datamap.scope import Scope
from privacy.evidence import sealing
from privacy.fulfilment import mentions
from privacy.fulfilment.suppression import suppress
from privacy.jobs import failpoints
from privacy.jobs.handlers import local, one_by_one, remote
from privacy.jobs.order import join
from privacy.jobs.outcomes import Done, Failed, More, Outcome
from privacy.models import CaseJob, Identifier, Step, accounts
from privacy.selectors import files, plans
from privacy.selectors.mentions import in_handed_over, names_of
from privacy.selectors.people import shared_with_others

# Above this many rows a model is deleted in committed slices of this size, so that no transaction is long.
SLICE_ROWS = 50_000
FILES_A_SLICE = 200


def plan_steps(jobs: Sequence[CaseJob]) -> dict[CaseJob, list[Planned]]:
    """Each job's plan: files while their names are known, big tables in slices, all the rest in one transaction, the
    folders, what the database still holds of it, the processors that know the person (and whose names for them are
    sealed away), the receipt."""
    subject_ids = [job.subject_id for job in jobs]
    there = plans.look(subject_ids)
    return {
        job: _steps(
            there.rows[job.subject_id],
            there.files[job.subject_id],
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
    untouched = [job for job in jobs if not job.step.units_done]
    plans.read_approved(untouched)
    decided = [job for job in untouched if job.approved]
    changed = plans.since_approved(decided, parts_as_seen(decided)) if decided else {}
    with_files = files_of(jobs)
    free = [job for job in jobs if job not in changed]
    done: dict[CaseJob, Outcome] = {
        job: erase_files_of(job, accounts.scope_of([job.subject_id]))
        if with_files.get(job.subject_id)
        else files_erased(job)
        for job in free
    }
    return done | {job: not_as_approved(new) for job, new in changed.items()}


def files_of(jobs: Sequence[CaseJob]) -> dict[UUID, int]:
    """{person: files to delete}; those that were seen in this transaction are not counted again."""
    unseen = [job.subject_id for job in jobs if job.seen is None]
    counted = plans.file_counts(unseen) if unseen else {}
    return counted | {job.subject_id: job.seen.files[job.subject_id] for job in jobs if job.seen}


def parts_as_seen(jobs: Sequence[CaseJob]) -> dict[UUID, frozenset[str]]:
    subject_ids = [job.subject_id for job in jobs]
    scope = scope_of(subject_ids)
    return plans.parts_in(plans.found_in(see(jobs, scope), subject_ids, scope))


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


def erase_files_of(job: CaseJob, scope: Scope) -> Done | More:
    """A slice in two transactions: first it is counted what is there, then it is deleted. A worker that dies while
    deleting cannot take its own deletions for files that were missing."""
    slices = files.of_rows(scope, limit=FILES_A_SLICE)
    found = next(((field, names) for field, names in slices if names), None)
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


@local("erasure.slices")
@one_by_one
def erase_slice(job: CaseJob, step: Step) -> Done | More:
    """Deletes up to SLICE_ROWS rows of one big table. They may hold processors' names for the person, so those are
    sealed before the first row goes."""
    if not step.units_done:
        seal_references([job], accounts.scope_of([job.subject_id]))
    job.seen = None
    declaration = next(d for d in registry.declarations.values() if d.label() == step.target)
    where, params = compiler.rows(declaration, accounts.scope_of([job.subject_id]), own=True)
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
    scope = scope_of(subject_ids)
    theirs = list(scope.people or subject_ids)
    identifiers = list(Identifier.objects.filter(subject__in=theirs))
    shared = shared_with_others(identifiers, theirs)
    alone = [identifier for identifier in identifiers if identifier.pk not in shared]
    seal_references(jobs, scope)
    note_accounts(jobs, scope)
    suppressed = suppress(jobs, alone, scope)
    left = Counter(scope.person(i.subject_id) for i in identifiers if i.pk in shared)
    counted = see(jobs, scope).rows
    left_to_others = plans.left_to_others(counted)
    names = names_of(theirs, identifiers) if left_to_others else {}
    left_named = in_handed_over(left_to_others, names, scope)
    named = mentions.erase(theirs, alone, scope)
    execute(scope)
    return {
        job: Done(
            {
                "rows": counted[job.subject_id] | named.get(job.subject_id, {}),
                "suppressed": suppressed[job.case_id],
                "not_known_to": not_asked(job),
                **({"named_in": left_named[job.subject_id]} if job.subject_id in left_named else {}),
                **({"shared": left[job.subject_id]} if left[job.subject_id] else {}),
            },
            units=sum(map(erased_among, counted[job.subject_id].values())),
        )
        for job in jobs
    }


def note_accounts(jobs: Sequence[CaseJob], scope: Scope) -> None:
    """Tells the step that empties the folders which other accounts' are the person's."""
    others = [account for account, person in scope.people.items() if account != person]
    for job in jobs if others else ():
        theirs = [str(account) for account in others if scope.person(account) == job.subject_id]
        for step in job.open_steps if theirs else ():
            if step.name == "erasure.folders":
                step.result = {"accounts": theirs}
                job.changed_steps.append(step)


def scope_of(subject_ids: Sequence[UUID]) -> Scope:
    """All their accounts; a temporary table on PostgreSQL, where the ids would else be sent a hundred times over."""
    people = accounts.accounts_of(subject_ids)
    if len(people) == 1 or connection.vendor != "postgresql":
        return accounts.scope_over(people)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS erasing (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS")
        cursor.execute("TRUNCATE erasing")
        cursor.execute("INSERT INTO erasing SELECT unnest(%s::uuid[])", [list(people)])
        cursor.execute("ANALYZE erasing")
    return Scope.table("erasing", accounts.several(people))


def seal_references(jobs: Sequence[CaseJob], scope: Scope) -> None:
    """Gives the steps each processor's names for the people, together with those sealed there earlier; what is still to
    be asked is sealed with them. One that has come to know a person since the plan was made joins it."""
    by_subject = {job.subject_id: job for job in jobs}
    for key, known in see(jobs, scope).known.items():
        for subject_id in known.keys() & by_subject.keys():
            if step := step_at(by_subject[subject_id], key):
                step.names = joined(sealing.unseal(step.sealed), known[subject_id])
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


@remote("erasure.folders", ours=True)
def empty_folders(job: CaseJob, step: Step, renew: Callable[..., None]) -> Done:
    """Deletes what came into the person's folders between the step `files` and the end of the rows, or was left
    there by an upload that failed half-way (no row knows these files), and then the folders, which bear the person's
    id."""
    accounts_of_job = [job.subject_id, *map(UUID, step.result.get("accounts", ()))]
    return Done({"strays": sum(map(delete_strays, accounts_of_job))})


def delete_strays(account: UUID) -> int:
    if not files.has_folders(account):
        return 0
    strays = files.stray_files(account)
    for storage, name in strays:
        storage.delete(name)
    for storage, name in files.empty_folders(account):
        storage.delete(name)
    return len(strays)
