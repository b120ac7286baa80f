"""Holds the rows of evidence against the chains that tell of them, and says where they differ.

A chain alone proves what was written in it. That a receipt, a hold or an approval is the one that was written of, that
none is missing and none was slipped in, shows only against the rows.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from privacy.evidence import commitments
from privacy.evidence.commitments import pseudonyms
from privacy.evidence.events import OF_MOVE, OF_OLD_STATUS, Event
from privacy.models import (
    AccessPackage,
    AuditEntry,
    Batch,
    Case,
    ChildFlag,
    DataSubject,
    Job,
    LegalHold,
    Receipt,
    State,
    Step,
    StepState,
    Suppression,
)

PAGE = 500
# A row takes its time from the database's clock or a worker's, its entry from the worker's, in one transaction.
TOLERANCE = timedelta(minutes=15)
MOVES = {*OF_MOVE.values()}
# How a case began whose first entry does not say so, because it was written before commitments; and what an entry said
# until 2026-11 of how it began.
BEGINNINGS = {State.RECEIVED, State.DECIDING, State.FULFILLING}
OLD_BEGINNINGS = {"received": State.RECEIVED, "awaiting_approval": State.DECIDING, "in_progress": State.FULFILLING}
# What the engine finishes in one transaction is one entry; a step has one of its own where a person attests, and until
# 2026-11 each had.
FINISHED: dict[str, StepState] = {
    Event.JOB_ADVANCED: StepState.DONE, Event.STEP_DONE: StepState.DONE, Event.STEP_WAIVED: StepState.WAIVED,
}  # fmt: skip
ENDS = {
    Event.CASE_JOB_ENDED, Event.CASE_WITHDRAWN, Event.REQUEST_FULFILLED, Event.REQUEST_DENIED, Event.REQUEST_WITHDRAWN,
}  # fmt: skip
RECEIPTS = ("erasure.receipt", "receipts.issue")  # steps that issue one
ERASED_TEXT = "[erased]"
# What a decision about a hold or a flag says of the row that it begins, and of how many it ends.
EFFECTS = ("hold", "released", "flag", "confirmed", "cleared")


# An entry is read as a tuple of these: a trail has millions, and making a model's instance costs more than reading it.
COLUMNS = [column.attname for column in AuditEntry._meta.concrete_fields]


def tuples(entries: models.QuerySet[AuditEntry]) -> models.QuerySet[AuditEntry, Any]:
    """The same entries, each with what an instance has by the same names, and nothing to save."""
    return entries.values_list(*COLUMNS, named=True)


# What steps were called until 2026-11: entries of that time are never rewritten.
FORMER_NAMES = {
    "files": "erasure.files", "slices": "erasure.slices", "rows": "erasure.rows", "folders": "erasure.folders",
    "vacuum": "erasure.vacuum", "processor": "processors.erase", "receipt": "erasure.receipt",
    "package": "access.package", "hold_place": "holds.place", "hold_release": "holds.release",
    "child_flag": "children.freeze", "child_clear": "children.thaw",
}  # fmt: skip


@dataclass(frozen=True)
class Finished:
    """What an entry says of a step that is finished."""

    state: str
    result: dict[str, Any]
    at: datetime


def job_of(entry: AuditEntry) -> str:
    """Until 2026-11 a request had one job, of its own id."""
    job: str = entry.data.get("job", str(entry.chain))
    return job


def finished_in(entry: AuditEntry) -> dict[tuple[str, str], Finished]:
    """{(job, step): what an entry of one of the events FINISHED says of it}."""
    if "step" in entry.data:
        results = {named_now(entry.data["step"]): entry.data.get("result", {})}
    else:
        results = entry.data.get("done", {})
    job = job_of(entry)
    return {(job, name): Finished(FINISHED[entry.event], result, entry.at) for name, result in results.items()}


def named_now(step: str) -> str:
    """A step of an entry, with its target, by the name that its row has now."""
    name, *target = step.split(" ", 1)
    return " ".join([FORMER_NAMES.get(name, name), *target])


@dataclass
class Told:
    """What the entries of one chain tell of the rows."""

    opened: AuditEntry | None = None
    moved: AuditEntry | None = None  # the last change of state
    approved: AuditEntry | None = None
    denied: AuditEntry | None = None
    answered: AuditEntry | None = None
    proved: AuditEntry | None = None
    joined: AuditEntry | None = None
    plan: AuditEntry | None = None  # the last that says what was decided about
    is_over: bool = False  # its work
    goes_on: bool = False  # its work, for others, though the case is withdrawn
    ends: list[AuditEntry] = field(default_factory=list)  # of its work, the earlier ones too
    effects: dict[str, Any] = field(default_factory=dict)  # of holds and flags, in the transaction that decided
    plans: dict[str, list[str]] = field(default_factory=dict)  # by job; those of until 2026-11 have the case's id
    finished: dict[tuple[str, str], Finished] = field(default_factory=dict)  # by job and step
    packages: set[tuple[str, str]] = field(default_factory=set)  # (event, package)
    lifted: dict[str, AuditEntry] = field(default_factory=dict)  # by entry of the ledger

    def hear(self, entry: AuditEntry) -> None:
        if entry.event == Event.REQUEST_OPENED:
            self.opened = entry
            self.effects |= {name: entry.data[name] for name in EFFECTS if name in entry.data}
        elif entry.event == Event.PLAN_FROZEN:
            steps = [named_now(step) for step in entry.data.get("steps", [])]
            self.plans[job_of(entry)] = steps
        elif entry.event in FINISHED:
            self.finished |= finished_in(entry)
            self.plans.get(job_of(entry), [])[-1:-1] = entry.data.get("joined", [])
        elif entry.event in MOVES or entry.event in OF_OLD_STATUS:
            self.moved = entry
            self.effects |= {name: entry.data[name] for name in EFFECTS if name in entry.data}
            self._hear_of_a_decision(entry)
        if entry.event in ENDS:
            self.ends.append(entry)
            self.is_over, self.goes_on = True, bool(entry.data.get("goes_on"))
        if "plan" in entry.data:
            self.plan = entry
        if "package" in entry.data:
            self.packages.add((entry.event, entry.data["package"]))
        if entry.event == Event.CASE_JOINED:
            self.joined = entry
        if entry.event == Event.IDENTIFIER_READMITTED:
            self.lifted[entry.data["entry"]] = entry

    def _hear_of_a_decision(self, entry: AuditEntry) -> None:
        if entry.event == Event.CASE_REOPENED:
            self.approved = self.denied = self.plan = None
            self.is_over = False
        elif (entry.actor_id and entry.event == Event.CASE_GRANTED) or entry.data.get("because") == "approved":
            self.approved = entry
        elif entry.event in (Event.CASE_REFUSED, Event.CASE_UNPROVED, Event.REQUEST_DENIED):
            self.denied = entry
        elif entry.event == Event.CASE_ANSWERED:
            self.answered = entry
        elif entry.event == Event.CASE_PROVED:
            self.proved = entry

    @property
    def is_older(self) -> bool:
        """Whether it was written before entries committed to rows: what is not told cannot be held against them."""
        return self.opened is not None and "row" not in self.opened.data

    def last(self, *steps: str) -> Finished | None:
        """The last time that a step of one of these names was finished."""
        found = [finished for (_, step), finished in self.finished.items() if step in steps]
        return found[-1] if found else None

    def result(self, *steps: str) -> dict[str, Any]:
        finished = self.last(*steps)
        return finished.result if finished else {}


@dataclass
class Rows:
    """The rows that some chains tell of, or that say they belong to their requests."""

    requests: Mapping[UUID, Case]
    jobs: Mapping[UUID | None, list[Job]]
    steps: Mapping[UUID, list[Step]]
    receipts: Mapping[UUID, Receipt]
    packages: Mapping[UUID, list[AccessPackage]]
    suppressions: Mapping[UUID, list[Suppression]]
    duties: Mapping[UUID, UUID]  # {hold or flag: person}

    @classmethod
    def of(cls, told: Mapping[UUID, Told]) -> "Rows":
        ids = list(told)
        found = Case.objects.order_by().select_related("batch").annotate(erased_at=F("subject__erased_at"))
        requests = found.in_bulk(ids)
        named = {_id_of_duty(request, told[pk]) for pk, request in requests.items()} - {None}
        jobs: defaultdict[UUID | None, list[Job]] = defaultdict(list)
        steps: defaultdict[UUID, list[Step]] = defaultdict(list)
        suppressions: defaultdict[UUID, list[Suppression]] = defaultdict(list)
        packages: defaultdict[UUID, list[AccessPackage]] = defaultdict(list)
        for package in AccessPackage.objects.filter(request__in=requests):
            packages[package.request_id].append(package)
        for job in Job.objects.filter(case__in=requests).order_by():
            jobs[job.case_id].append(job)
        found_steps = Step.objects.filter(job__case__in=requests).annotate(case=F("job__case"))
        for step in found_steps.order_by("case", "job__ordered_at", "seq"):
            steps[step.case].append(step)
        for entry in Suppression.objects.filter(request__in=requests):
            suppressions[entry.request_id].append(entry)
        return cls(
            requests, jobs, steps,
            {row.request_id: row for row in Receipt.objects.filter(request__in=requests).order_by("issued_at")},
            packages,
            suppressions,
            {pk: person for duty in DUTIES.values() for pk, person in duty.subjects(pk__in=named)} if named else {},
        )  # fmt: skip


def differences(told: Mapping[UUID, Told]) -> dict[UUID, list[str]]:
    """{chain: what is wrong with the rows that it tells of}, of those where something is."""
    rows = Rows.of(told)
    found = {chain: list(_of_chain(chain, account, rows)) for chain, account in told.items()}
    return {chain: texts for chain, texts in found.items() if texts}


def _of_chain(chain: UUID, told: Told, rows: Rows) -> Iterator[str]:
    request = rows.requests.get(chain)
    if told.opened is None:  # not every chain is a request's
        if request:
            yield "no entry opened the request"
        return
    if request is None:
        yield "the request that it tells of is gone"
        return
    yield from _opening(request, told.opened, told)
    yield from _state(request, told.opened, told)
    yield from _approval(request, told)
    yield from _jobs(rows.jobs[chain], request, told)
    yield from _steps(rows.steps[chain], told)
    yield from _receipt(rows.receipts.get(chain), told)
    yield from _packages(rows.packages[chain], request, told)
    yield from _ledger(rows.suppressions[chain], told)
    yield from _duty(request, told, rows)


def _opening(request: Case, opened: AuditEntry, told: Told) -> Iterator[str]:
    if opened.data.get("kind") != request.kind:
        yield "the request is of another kind than the one that was opened"
    if opened.data.get("subject") not in pseudonyms(request.subject_id):
        yield "the request is about another person than it was opened for"
    if opened.actor_id != request.requested_by_id:
        yield "the request names another person as its requester"
    if not told.is_older:
        if commitments.of_row(request, opened.data["row"]["columns"]) != opened.data["row"]:
            yield "the request is not as it was opened"
        yield from _text("request", request, opened.data["reason"])
    batch = request.batch
    if batch and (batch.kind, batch.actor_id) != (request.kind, request.requested_by_id):
        yield "the batch of the request is of another kind or by somebody else"
    elif batch and _apart(batch.created_at, opened.at):
        yield "the batch of the request is of another time"


def _text(name: str, row: Any, committed: str) -> Iterator[str]:
    """`row` is a request, a hold or a flag, with when its person was erased beside it."""
    if row.salt:
        if commitments.of_text(row.salt, row.reason) != committed:
            yield f"the reason of the {name} is not what was written"
    elif row.reason != ERASED_TEXT or row.erased_at is None:
        yield f"the reason of the {name} was blanked or changed, and nobody was erased"


def _state(request: Case, opened: AuditEntry, told: Told) -> Iterator[str]:
    if (request.state, request.outcome) not in _expected(opened, told):
        yield f"the request is {request.get_state_display().lower()}, and no entry says so"
        return
    if request.closed_at and (told.moved is None or _apart(request.closed_at, told.moved.at)):
        yield "the request was closed at another time"
    if request.denial_reason != (told.denied.data.get("because") if told.denied else ""):
        yield "the ground of the denial is not what was written"
    answered = (told.answered.data["how"], told.answered.data["at"]) if told.answered else ("", "None")
    if (request.answered_how, str(request.answered_at)) != answered:
        yield "how or when the request was answered is not what was written"
    verified = told.proved or opened
    if request.verification != verified.data.get("verification", request.verification):
        yield "how it was made sure who asks is not what was written"
    if str(request.joined_id) != (told.joined.data["job"] if told.joined else "None"):
        yield "the work that it has joined is not what was written"


def _expected(opened: AuditEntry, told: Told) -> set[tuple[str, str]]:
    """The (state, outcome) that the last entry about them allows."""
    if told.moved is None:
        began = opened.data.get("state") or OLD_BEGINNINGS.get(opened.data.get("status"))
        return {(state, "") for state in (BEGINNINGS if told.is_older or began is None else {began})}
    if told.moved.event in OF_OLD_STATUS:
        return OF_OLD_STATUS[told.moved.event]
    return {(told.moved.data["after"], told.moved.data["outcome"])}


def _approval(request: Case, told: Told) -> Iterator[str]:
    if told.approved is None:
        if request.approved_by_id or request.approved_at:
            yield "the request says that it was approved, and no entry does"
    elif request.approved_by_id != told.approved.actor_id:
        yield "the request does not name who approved it"
    elif request.approved_at is None or _apart(request.approved_at, told.approved.at):
        yield "the request was approved at another time"


def _jobs(jobs: Sequence[Job], request: Case, told: Told) -> Iterator[str]:
    if len(jobs) != len(told.plans):
        yield "its work is not what was planned"
    for job in jobs:
        if (job.kind, job.subject_id, job.silent) != (request.kind, request.subject_id, request.silent):
            yield "its work is of another kind, or about another person"
        if job.ordered_by_id != (request.approved_by_id or request.requested_by_id):
            yield "its work names another person as the one who ordered it"
        if job.ended_at and not told.goes_on and all(_apart(job.ended_at, entry.at) for entry in told.ends):
            yield "its work was ended at another time"
    if jobs and not told.goes_on and any(job.is_open for job in jobs) == told.is_over:
        yield "its work goes on, or has ended, and the entries say otherwise"
    if (
        told.plan
        and not told.joined
        and not any(commitments.canonical_digest(job.approved) == told.plan.data["plan"] for job in jobs)
    ):
        yield "the plan that was approved is not what was written" if jobs else "the work that was approved is gone"


def _steps(steps: Sequence[Step], told: Told) -> Iterator[str]:
    step: Step | None
    by_job = defaultdict(list)
    for step in steps:
        by_job[str(step.job_id)].append(str(step))
    if dict(by_job) != told.plans:
        yield "the steps are not those of the plan"
    done = {(str(step.job_id), str(step)): step for step in steps if step.state in FINISHED.values()}
    for _, name in sorted(done.keys() - told.finished.keys()):
        yield f"step “{name}” is finished, and no entry says so"
    for (job, name), finished in told.finished.items():
        step = done.get((job, name))
        if step is None:
            yield f"step “{name}” was finished, and its row does not say so"
        elif (step.state, step.result) != (finished.state, finished.result):
            yield f"the result of step “{name}” is not what was written"
        elif step.finished_at is None or _apart(step.finished_at, finished.at):
            yield f"step “{name}” was finished at another time"


def _receipt(receipt: Receipt | None, told: Told) -> Iterator[str]:
    issued = told.result(*RECEIPTS)
    if receipt is None:
        if issued:
            yield "the receipt is gone"
    elif not issued:
        yield "there is a receipt that no step issued"
    elif (str(receipt.id), receipt.sha256) != (issued.get("receipt"), issued.get("sha256")):
        yield "the receipt is another one than was issued"
    elif commitments.canonical_digest(receipt.body) != receipt.sha256:
        yield "the text of the receipt is not what was issued"
    elif (last := told.last(*RECEIPTS)) and _apart(receipt.issued_at, last.at):
        yield "the receipt was issued at another time"


def _packages(packages: Sequence[AccessPackage], request: Case, told: Told) -> Iterator[str]:
    results = [finished.result for (_, step), finished in told.finished.items() if step == "access.package"]
    built = {result.get("package"): result for result in results}
    gone = built.keys() - {str(package.id) for package in packages}
    if gone and request.erased_at is None:  # type: ignore[attr-defined]  # annotated in Rows.of
        yield "the package is gone, and nobody was erased"  # the erasure deletes it with the rest
    for package in packages:
        yield from _package(package, built.get(str(package.id)), told)


def _package(package: AccessPackage, built: dict[str, Any] | None, told: Told) -> Iterator[str]:
    if built is None:
        yield "there is a package that no step built"
        return
    if any(getattr(package, name) != built[name] for name in ("sha256", "rows", "files", "gaps") if name in built):
        yield "the package is another one than was built"
    if bool(package.downloaded_at) != ((Event.PACKAGE_DOWNLOADED, str(package.id)) in told.packages):
        yield "the package says otherwise than the entries whether it was fetched"
    if bool(package.swept_at) != ((Event.PACKAGE_SWEPT, str(package.id)) in told.packages):
        yield "the package says otherwise than the entries whether it was deleted"


def _ledger(suppressions: Sequence[Suppression], told: Told) -> Iterator[str]:
    erased = told.result("erasure.rows")
    if suppressions and not erased:
        yield "identifiers are suppressed that no erasure removed"
    elif "suppressed" in erased and commitments.of_suppressions(suppressions) != erased["suppressed"]:
        yield "the suppressed identifiers are not those that the erasure removed"
    lifted = {str(e.pk): (e.lifted_by_id, e.lifted_because) for e in suppressions if e.lifted_at}
    if lifted != {pk: (entry.actor_id, entry.data["because"]) for pk, entry in told.lifted.items()}:
        yield "the identifiers that may come in again are not those that were let in"
    elif any(e.lifted_at and _apart(e.lifted_at, told.lifted[str(e.pk)].at) for e in suppressions):
        yield "an identifier was let in again at another time"


def _duty(request: Case, told: Told, rows: Rows) -> Iterator[str]:
    if (pk := _id_of_duty(request, told)) and rows.duties.get(pk) != request.subject_id:
        yield f"the {DUTIES[request.kind].name} that it tells of is gone, or another person's"


def _id_of_duty(request: Case, told: Told) -> UUID | None:
    """The hold or flag that the finished request has put in force or found there."""
    duty = DUTIES.get(request.kind)
    pk = told.effects.get(duty.key) or told.result(duty.step).get(duty.key) if duty else None
    return UUID(pk) if pk else None


def _apart(one: datetime, other: datetime) -> bool:
    return abs(one - other) > TOLERANCE


# --- Holds and flags: begun by one request, ended by another ----------------------------------------------------------


@dataclass(frozen=True)
class Duty:
    """A row that one kind of case begins and others end, and the names of what they leave in it and in their entries:
    of the decision, or until 2026-11 in the result of a step."""

    model: type[LegalHold] | type[ChildFlag]
    name: str
    key: str
    step: str
    begun_by: str
    begun_at: str
    ended_by: str
    ended_at: str
    endings: dict[str, str]  # {kind: how many it says it has ended}
    states: dict[str | None, str] = field(default_factory=dict)  # {kind: the state that it ends in}

    def subjects(self, **conditions: Any) -> models.QuerySet[Any, tuple[UUID, UUID]]:
        """(its id, its person's) of the rows for which these hold."""
        return self.model.objects.filter(**conditions).order_by("pk").values_list("pk", "subject_id")

    def rows_of(self, subject_ids: Iterable[UUID]) -> models.QuerySet[Any, Any]:
        columns = ["id", "subject_id", "salt", "reason", f"{self.begun_by}_id", self.begun_at,
                   f"{self.ended_by}_id", self.ended_at, *(["state"] if self.states else [])]  # fmt: skip
        rows = self.model.objects.filter(subject__in=subject_ids).annotate(erased_at=F("subject__erased_at"))
        return rows.order_by("pk").values_list(*columns, "erased_at", named=True)


HOLD = Duty(
    LegalHold, "legal hold", "hold", "holds.place", "placed_by", "placed_at", "released_by", "released_at",
    {"hold_release": "released"},
)  # fmt: skip
FLAG = Duty(
    ChildFlag, "child flag", "flag", "children.freeze", "flagged_by", "flagged_at", "decided_by", "decided_at",
    {"child_clear": "cleared", "child_confirm": "confirmed"},
    {None: "suspected", "child_clear": "cleared", "child_confirm": "child"},
)  # fmt: skip
DUTIES = {"hold_place": HOLD, "child_flag": FLAG}


def differences_of_duties() -> Iterator[tuple[str, UUID, str]]:
    """(name of the kind, id of the row, what is wrong with it) of every hold and flag where something is."""
    for beginning, duty in DUTIES.items():
        last = UUID(int=0)
        while page := dict(duty.subjects(pk__gt=last)[:PAGE]):
            suspicious = {row.subject_id for row, _ in _of_people(duty, beginning, set(page.values()))}
            for subject_id in sorted(suspicious):
                yield from _look_again(duty, beginning, subject_id, page.keys())
            last = max(page)


def _look_again(duty: Duty, beginning: str, subject_id: UUID, rows: Container[UUID]) -> Iterator[tuple[str, UUID, str]]:
    """With the person's row locked, as who places and releases locks it: it may have happened in between."""
    with transaction.atomic():
        DataSubject.objects.select_for_update().get(pk=subject_id)
        found = [(row.id, text) for row, text in _of_people(duty, beginning, {subject_id}) if row.id in rows]
    yield from ((duty.name, pk, text) for pk, text in found)


def _of_people(duty: Duty, beginning: str, subject_ids: Iterable[UUID]) -> Iterator[tuple[Any, str]]:
    """(row, what is wrong with it) of the rows of these people that differ from what their requests' entries tell."""
    found = Case.objects.filter(subject__in=subject_ids, kind__in=(beginning, *duty.endings)).order_by()
    columns = ("id", "subject_id", "kind", "requested_by_id", "approved_by_id")
    requests = {r.id: r for r in found.values_list(*columns, named=True)}
    opened: dict[UUID, Any] = {}
    done: defaultdict[UUID, list[tuple[Any, Said]]] = defaultdict(list)
    for entry in _entries_of(requests, Event.REQUEST_OPENED, Event.CASE_GRANTED, *FINISHED):
        if entry.event == Event.REQUEST_OPENED:
            opened[entry.chain] = entry
        request = requests[entry.chain]
        done[request.subject_id] += [(request, Said(facts, entry.at)) for facts in _facts_in(entry)]
    by_person = defaultdict(list)
    for row in duty.rows_of(subject_ids):
        by_person[row.subject_id].append(row)
    for subject_id, rows in by_person.items():
        for row in rows:
            for text in _of_duty(duty, row, done[subject_id], opened):
                yield row, text
        ended = [row for row in rows if getattr(row, duty.ended_at)]
        # One that is confirmed and cleared afterwards is one.
        told = max(sum(said.facts.get(count, 0) for _, said in done[subject_id]) for count in duty.endings.values())
        if len(ended) < told:
            yield rows[-1], f"of this person's, {told} were ended, and the rows say {len(ended)}"


def _entries_of(chains: Iterable[UUID], *events: str) -> list[Any]:
    """In the order in which they were written; of each only what is compared."""
    # Found along the chains' index, put in order here: by the index of events or of ids SQLite reads the whole trail.
    unindexed = Concat("event", Value(""))
    found = AuditEntry.objects.alias(said=unindexed).filter(chain__in=chains, said__in=events).order_by("chain", "n")
    return sorted(found.values_list("id", "chain", "event", "at", "data", named=True))


@dataclass(frozen=True)
class Said:
    """What an entry of a case says of holds and flags."""

    facts: dict[str, Any]
    at: datetime


def _facts_in(entry: Any) -> Iterator[dict[str, Any]]:
    """Of a decision its own data, of steps their results."""
    if entry.event in FINISHED:
        yield from (finished.result for finished in finished_in(entry).values())
    else:
        yield entry.data


def _of_duty(duty: Duty, row: Any, done: Sequence[tuple[Any, Said]], opened: Mapping[UUID, Any]) -> Iterator[str]:
    """`done` are (request, Said) of what the person's cases did, `opened` the first entries by case."""
    begun = [(r, said) for r, said in done if said.facts.get(duty.key) == str(row.id)]
    if not begun:
        yield "no request put it in force"
        return
    request, said = begun[0]
    if getattr(row, f"{duty.begun_by}_id") != request.requested_by_id:
        yield "it names another person as the one who ordered it"
    told_at = [said.at, *([opened[request.id].at] if request.id in opened else [])]  # by a worker, until 2026-11
    if all(_apart(getattr(row, duty.begun_at), moment) for moment in told_at):
        yield "it was put in force at another time"
    if request.id in opened and "reason" in opened[request.id].data:
        yield from _text(duty.name, row, opened[request.id].data["reason"])
    ended_at, ended_by = getattr(row, duty.ended_at), getattr(row, f"{duty.ended_by}_id")
    endings = [
        r.kind
        for r, said in done
        if r.kind in duty.endings
        and (r.approved_by_id or r.requested_by_id) == ended_by
        and said.facts.get(duty.endings[r.kind])
        and not _apart(ended_at, said.at)
    ] if ended_at else [None]  # fmt: skip
    if not endings:
        yield "it was ended, and no request of that person and time says so"
    elif duty.states and row.state not in {duty.states[kind] for kind in endings}:
        yield "it is decided otherwise than was written"


def empty_batches() -> list[UUID]:
    """A batch that opened nothing is not kept."""
    return list(Batch.objects.filter(cases__isnull=True).order_by("pk").values_list("pk", flat=True))
