"""What the entries of a chain tell of the rows, under today's names and those of old entries."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from privacy.evidence import commitments
from privacy.evidence.events import OF_MOVE, OF_OLD_STATUS, Event
from privacy.models import AuditEntry, State, StepState

AT_ONCE = 500  # chains or rows that are held against each other
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
ERASED_TEXT = "[erased]"
OF_LETTERS = {Event.LETTER_APPROVED, Event.LETTER_SENT, Event.LETTER_BOUNCED, Event.LETTER_WITHDRAWN}
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
    acknowledged: AuditEntry | None = None
    extended: AuditEntry | None = None
    dates: dict[str, str] | None = None  # the last that were written; of cases of until 2026-11 none were at first
    first_dates: dict[str, str] | None = None  # those before the first move
    plan: AuditEntry | None = None  # the last that says what was decided about
    is_over: bool = False  # its work
    goes_on: bool = False  # its work, for others, though the case is withdrawn
    ends: list[AuditEntry] = field(default_factory=list)  # of its work, the earlier ones too
    effects: dict[str, Any] = field(default_factory=dict)  # of holds and flags, in the transaction that decided
    plans: dict[str, list[str]] = field(default_factory=dict)  # by job; those of until 2026-11 have the case's id
    finished: dict[tuple[str, str], Finished] = field(default_factory=dict)  # by job and step
    packages: set[tuple[str, str]] = field(default_factory=set)  # (event, package)
    paused: dict[str, AuditEntry] = field(default_factory=dict)  # by pause of its clocks
    resumed: dict[str, AuditEntry] = field(default_factory=dict)
    lifted: dict[str, AuditEntry] = field(default_factory=dict)  # by entry of the ledger
    words: dict[str, AuditEntry] = field(default_factory=dict)  # by what staff have written or put to the case
    confirmed: dict[str, AuditEntry] = field(default_factory=dict)  # by dossier
    letters: dict[tuple[str, str], AuditEntry] = field(default_factory=dict)  # by what happened to which
    checks: list[AuditEntry] = field(default_factory=list)  # of who asks

    def hear(self, entry: AuditEntry) -> None:
        if entry.event == Event.REQUEST_OPENED:
            self.opened = entry
            self.dates = entry.data.get("dates")
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
        if entry.event == Event.CLOCKS_MOVED:
            self.first_dates = self.first_dates or entry.data["before"]
            self.dates = entry.data["after"]
        elif entry.event == Event.CASE_ACKNOWLEDGED:
            self.acknowledged = entry
        elif entry.event == Event.CASE_EXTENDED:
            self.extended = entry
        elif entry.event == Event.CLOCK_PAUSED:
            self.paused[entry.data["pause"]] = entry
        elif entry.event == Event.CLOCK_RESUMED:
            self.resumed[entry.data["pause"]] = entry
        if entry.event.startswith("check."):
            self.checks.append(entry)
        if "words" in entry.data:
            self.words[entry.data["words"]] = entry
        if entry.event in OF_LETTERS:
            self.letters[entry.event, entry.data["letter"]] = entry
        if entry.event == Event.DOSSIER_CONFIRMED:
            self.confirmed[entry.data["dossier"]] = entry
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
        elif entry.event == Event.CASE_BOUNCED:
            self.answered = None
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


def apart(one: datetime, other: datetime) -> bool:
    return abs(one - other) > TOLERANCE


def reason_differs(name: str, row: Any, committed: str) -> Iterator[str]:
    """`row` is a request, a hold or a flag, with when its person was erased beside it."""
    if row.salt:
        if commitments.of_text(row.salt, row.reason) != committed:
            yield f"the reason of the {name} is not what was written"
    elif row.reason != ERASED_TEXT or row.erased_at is None:
        yield f"the reason of the {name} was blanked or changed, and nobody was erased"
