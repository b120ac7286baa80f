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
from privacy.evidence.commitments import pseudonym
from privacy.evidence.events import OF_STATUS, Event
from privacy.models import (
    AccessPackage,
    AuditEntry,
    Batch,
    ChildFlag,
    DataSubject,
    ErasureReceipt,
    Job,
    LegalHold,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Step,
    StepState,
    Suppression,
)

PAGE = 500
# A row takes its time from the database's clock or a worker's, its entry from the worker's, in one transaction.
TOLERANCE = timedelta(minutes=15)
STATUS_OF: dict[str, RequestStatus] = {event: status for status, event in OF_STATUS.items()}
# How a request began whose first entry does not say so, because it was written before commitments.
BEGINNINGS = {RequestStatus.RECEIVED, RequestStatus.AWAITING_APPROVAL, RequestStatus.IN_PROGRESS}
FINISHED: dict[str, StepState] = {Event.STEP_DONE: StepState.DONE, Event.STEP_WAIVED: StepState.WAIVED}
ERASED_TEXT = "[erased]"


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


def named_now(step: str) -> str:
    """A step of an entry, with its target, by the name that its row has now."""
    name, *target = step.split(" ", 1)
    return " ".join([FORMER_NAMES.get(name, name), *target])


@dataclass
class Told:
    """What the entries of one chain tell of the rows."""

    opened: AuditEntry | None = None
    moved: AuditEntry | None = None  # the last change of status
    approved: AuditEntry | None = None
    plan: list[str] = field(default_factory=list)
    finished: dict[str, AuditEntry] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)

    def hear(self, entry: AuditEntry) -> None:
        if entry.event == Event.REQUEST_OPENED:
            self.opened = entry
        elif entry.event == Event.PLAN_FROZEN:
            self.plan = [named_now(step) for step in entry.data.get("steps", [])]
        elif entry.event in FINISHED:
            self.finished[named_now(entry.data.get("step", ""))] = entry
        elif entry.event in STATUS_OF:
            self.moved = entry
            if entry.data.get("because") == "approved":
                self.approved = entry
        self.events.add(entry.event)

    @property
    def is_older(self) -> bool:
        """Whether it was written before entries committed to rows: what is not told cannot be held against them."""
        return self.opened is not None and "row" not in self.opened.data

    def result(self, step: str) -> dict[str, Any]:
        return self.finished[step].data.get("result", {}) if step in self.finished else {}


@dataclass
class Rows:
    """The rows that some chains tell of, or that say they belong to their requests."""

    requests: Mapping[UUID, RightsRequest]
    jobs: Mapping[UUID | None, list[Job]]
    steps: Mapping[UUID, list[Step]]
    receipts: Mapping[UUID, ErasureReceipt]
    packages: Mapping[UUID, AccessPackage]
    suppressions: Mapping[UUID, list[tuple[str, str]]]
    duties: Mapping[UUID, UUID]  # {hold or flag: person}

    @classmethod
    def of(cls, told: Mapping[UUID, Told]) -> "Rows":
        ids = list(told)
        found = RightsRequest.objects.order_by().select_related("batch").annotate(erased_at=F("subject__erased_at"))
        requests = found.in_bulk(ids)
        named = {_id_of_duty(request, told[pk]) for pk, request in requests.items()} - {None}
        jobs: defaultdict[UUID | None, list[Job]] = defaultdict(list)
        steps: defaultdict[UUID, list[Step]] = defaultdict(list)
        suppressions: defaultdict[UUID, list[tuple[str, str]]] = defaultdict(list)
        for job in Job.objects.filter(case__in=requests).order_by():
            jobs[job.case_id].append(job)
        found_steps = Step.objects.filter(job__case__in=requests).annotate(case=F("job__case"))
        for step in found_steps.order_by("case", "job__ordered_at", "seq"):
            steps[step.case].append(step)
        suppressed = Suppression.objects.filter(request__in=requests)
        for pk, kind, digest in suppressed.values_list("request_id", "kind", "digest"):
            suppressions[pk].append((kind, digest))
        return cls(
            requests, jobs, steps,
            {receipt.request_id: receipt for receipt in ErasureReceipt.objects.filter(request__in=requests)},
            {package.request_id: package for package in AccessPackage.objects.filter(request__in=requests)},
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
    yield from _status(request, told.opened, told)
    yield from _approval(request, told)
    yield from _jobs(rows.jobs[chain], request, told)
    yield from _steps(rows.steps[chain], told)
    yield from _receipt(rows.receipts.get(chain), told)
    yield from _package(rows.packages.get(chain), request, told)
    yield from _ledger(rows.suppressions[chain], told)
    yield from _duty(request, told, rows)


def _opening(request: RightsRequest, opened: AuditEntry, told: Told) -> Iterator[str]:
    if opened.data.get("kind") != request.kind:
        yield "the request is of another kind than the one that was opened"
    if opened.data.get("subject") != pseudonym(request.subject_id):
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


def _status(request: RightsRequest, opened: AuditEntry, told: Told) -> Iterator[str]:
    if told.moved:
        expected = {STATUS_OF[told.moved.event]}
    elif told.is_older:
        expected = BEGINNINGS
    else:
        expected = {opened.data["status"]}
    if request.status not in expected:
        yield f"the request is {request.get_status_display().lower()}, and no entry says so"
        return
    if request.closed_at and (told.moved is None or _apart(request.closed_at, told.moved.at)):
        yield "the request was closed at another time"
    denied = told.moved.data.get("because") if told.moved and request.status == RequestStatus.DENIED else ""
    if request.denial_reason != denied:
        yield "the ground of the denial is not what was written"


def _approval(request: RightsRequest, told: Told) -> Iterator[str]:
    if told.approved is None:
        if request.approved_by_id or request.approved_at:
            yield "the request says that it was approved, and no entry does"
    elif request.approved_by_id != told.approved.actor_id:
        yield "the request does not name who approved it"
    elif request.approved_at is None or _apart(request.approved_at, told.approved.at):
        yield "the request was approved at another time"


def _jobs(jobs: Sequence[Job], request: RightsRequest, told: Told) -> Iterator[str]:
    if len(jobs) != bool(told.plan):
        yield "its work is not what was planned"
    for job in jobs:
        if (job.kind, job.subject_id, job.silent) != (request.kind, request.subject_id, request.silent):
            yield "its work is of another kind, or about another person"
        if job.ordered_by_id != (request.approved_by_id or request.requested_by_id):
            yield "its work names another person as the one who ordered it"
        if bool(job.ended_at) != bool(request.closed_at) or (
            job.ended_at and request.closed_at and _apart(job.ended_at, request.closed_at)
        ):
            yield "its work was ended at another time"


def _steps(steps: Sequence[Step], told: Told) -> Iterator[str]:
    if [str(step) for step in steps] != told.plan:
        yield "the steps are not those of the plan"
    done = {str(step): step for step in steps if step.state in FINISHED.values()}
    for name in sorted(done.keys() - told.finished.keys()):
        yield f"step “{name}” is finished, and no entry says so"
    for name, entry in told.finished.items():
        step = done.get(name)
        if step is None:
            yield f"step “{name}” was finished, and its row does not say so"
        elif (step.state, step.result) != (FINISHED[entry.event], told.result(name)):
            yield f"the result of step “{name}” is not what was written"
        elif step.finished_at is None or _apart(step.finished_at, entry.at):
            yield f"step “{name}” was finished at another time"


def _receipt(receipt: ErasureReceipt | None, told: Told) -> Iterator[str]:
    issued = told.result("erasure.receipt")
    if receipt is None:
        if issued:
            yield "the receipt is gone"
    elif not issued:
        yield "there is a receipt that no step issued"
    elif (str(receipt.id), receipt.sha256) != (issued.get("receipt"), issued.get("sha256")):
        yield "the receipt is another one than was issued"
    elif commitments.canonical_digest(receipt.body) != receipt.sha256:
        yield "the text of the receipt is not what was issued"
    elif _apart(receipt.issued_at, told.finished["erasure.receipt"].at):
        yield "the receipt was issued at another time"


def _package(package: AccessPackage | None, request: RightsRequest, told: Told) -> Iterator[str]:
    built = told.result("access.package")
    if package is None:
        # The erasure deletes it with the rest.
        if built and request.erased_at is None:  # type: ignore[attr-defined]  # annotated in Rows.of
            yield "the package is gone, and nobody was erased"
        return
    if not built:
        yield "there is a package that no step built"
        return
    names = {name: built[name] for name in ("sha256", "rows", "files", "gaps") if name in built}
    if str(package.id) != built.get("package") or any(getattr(package, name) != value for name, value in names.items()):
        yield "the package is another one than was built"
    if bool(package.downloaded_at) != (Event.PACKAGE_DOWNLOADED in told.events):
        yield "the package says otherwise than the entries whether it was fetched"
    if bool(package.swept_at) != (Event.PACKAGE_SWEPT in told.events):
        yield "the package says otherwise than the entries whether it was deleted"


def _ledger(suppressions: Sequence[tuple[str, str]], told: Told) -> Iterator[str]:
    erased = told.result("erasure.rows")
    if suppressions and not erased:
        yield "identifiers are suppressed that no erasure removed"
    elif "suppressed" in erased and commitments.of_suppressions(suppressions) != erased["suppressed"]:
        yield "the suppressed identifiers are not those that the erasure removed"


def _duty(request: RightsRequest, told: Told, rows: Rows) -> Iterator[str]:
    if (pk := _id_of_duty(request, told)) and rows.duties.get(pk) != request.subject_id:
        yield f"the {DUTIES[request.kind].name} that it tells of is gone, or another person's"


def _id_of_duty(request: RightsRequest, told: Told) -> UUID | None:
    """The hold or flag that the finished request has put in force or found there."""
    duty = DUTIES.get(request.kind)
    pk = told.result(duty.step).get(duty.key) if duty else None
    return UUID(pk) if pk else None


def _apart(one: datetime, other: datetime) -> bool:
    return abs(one - other) > TOLERANCE


# --- Holds and flags: begun by one request, ended by another ----------------------------------------------------------


@dataclass(frozen=True)
class Duty:
    """A row that one kind of request begins and another ends, and the names of what both leave in it and in the
    results of their steps."""

    model: type[LegalHold] | type[ChildFlag]
    name: str
    key: str
    step: str
    begun_by: str
    begun_at: str
    ended_by: str
    ended_at: str
    ending: str
    ended_count: str

    def subjects(self, **conditions: Any) -> models.QuerySet[Any, tuple[UUID, UUID]]:
        """(its id, its person's) of the rows for which these hold."""
        return self.model.objects.filter(**conditions).order_by("pk").values_list("pk", "subject_id")

    def rows_of(self, subject_ids: Iterable[UUID]) -> models.QuerySet[Any, Any]:
        columns = ["id", "subject_id", "salt", "reason", f"{self.begun_by}_id", self.begun_at,
                   f"{self.ended_by}_id", self.ended_at]  # fmt: skip
        rows = self.model.objects.filter(subject__in=subject_ids).annotate(erased_at=F("subject__erased_at"))
        return rows.order_by("pk").values_list(*columns, "erased_at", named=True)


HOLD = Duty(
    LegalHold, "legal hold", "hold", "holds.place", "placed_by", "placed_at", "released_by", "released_at",
    RequestKind.HOLD_RELEASE, "released",
)  # fmt: skip
FLAG = Duty(
    ChildFlag, "child flag", "flag", "children.freeze", "flagged_by", "flagged_at", "decided_by", "decided_at",
    RequestKind.CHILD_CLEAR, "cleared",
)  # fmt: skip
DUTIES: dict[str, Duty] = {RequestKind.HOLD_PLACE: HOLD, RequestKind.CHILD_FLAG: FLAG}


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
    found = RightsRequest.objects.filter(subject__in=subject_ids, kind__in=(beginning, duty.ending)).order_by()
    requests = {r.id: r for r in found.values_list("id", "subject_id", "kind", "requested_by_id", named=True)}
    opened, done = {}, defaultdict(list)
    for entry in _entries_of(requests, Event.REQUEST_OPENED, Event.STEP_DONE):
        if entry.event == Event.REQUEST_OPENED:
            opened[entry.chain] = entry
        else:
            done[requests[entry.chain].subject_id].append((requests[entry.chain], entry))
    by_person = defaultdict(list)
    for row in duty.rows_of(subject_ids):
        by_person[row.subject_id].append(row)
    for subject_id, rows in by_person.items():
        for row in rows:
            for text in _of_duty(duty, row, done[subject_id], opened):
                yield row, text
        ended = [row for row in rows if getattr(row, duty.ended_at)]
        told = sum(entry.data["result"].get(duty.ended_count, 0) for _, entry in done[subject_id])
        if len(ended) < told:
            yield rows[-1], f"of this person's, {told} were ended, and the rows say {len(ended)}"


def _entries_of(chains: Iterable[UUID], *events: str) -> list[Any]:
    """In the order in which they were written; of each only what is compared."""
    # Found along the chains' index, put in order here: by the index of events or of ids SQLite reads the whole trail.
    unindexed = Concat("event", Value(""))
    found = AuditEntry.objects.alias(said=unindexed).filter(chain__in=chains, said__in=events).order_by("chain", "n")
    return sorted(found.values_list("id", "chain", "event", "at", "data", named=True))


def _of_duty(duty: Duty, row: Any, done: Sequence[tuple[Any, Any]], opened: Mapping[UUID, Any]) -> Iterator[str]:
    """`done` are (request, entry) of what the person's requests did, `opened` the first entries by request."""
    begun = [(r, e) for r, e in done if e.data["result"].get(duty.key) == str(row.id)]
    if not begun:
        yield "no request put it in force"
        return
    request, entry = begun[0]
    if getattr(row, f"{duty.begun_by}_id") != request.requested_by_id:
        yield "it names another person as the one who ordered it"
    if _apart(getattr(row, duty.begun_at), entry.at):
        yield "it was put in force at another time"
    if request.id in opened and "reason" in opened[request.id].data:
        yield from _text(duty.name, row, opened[request.id].data["reason"])
    if (ended_at := getattr(row, duty.ended_at)) and not any(
        r.kind == duty.ending
        and r.requested_by_id == getattr(row, f"{duty.ended_by}_id")
        and e.data["result"].get(duty.ended_count)
        and not _apart(ended_at, e.at)
        for r, e in done
    ):
        yield "it was ended, and no request of that person and time says so"


def empty_batches() -> list[UUID]:
    """A batch that opened nothing is not kept."""
    return list(Batch.objects.filter(requests__isnull=True).order_by("pk").values_list("pk", flat=True))
