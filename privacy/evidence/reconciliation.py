"""Holds the rows of evidence against the chains that tell of them, and says where they differ.

A chain alone proves what was written in it. That a receipt, a hold or an approval is the one that was written of, that
none is missing and none was slipped in, shows only against the rows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F

from privacy.evidence import commitments, verification, words
from privacy.evidence.commitments import pseudonyms
from privacy.evidence.duties import DUTIES
from privacy.evidence.events import DECIDES, OF_OLD_STATUS, Event
from privacy.evidence.told import BEGINNINGS, FINISHED, OLD_BEGINNINGS, Told, apart, reason_differs
from privacy.models import AccessPackage, AuditEntry, Batch, Case, ClockPause, Job, Receipt, Step, Suppression

RECEIPTS = ("erasure.receipt", "receipts.issue")  # steps that issue one


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
    words: Mapping[UUID, words.Words]
    pauses: Mapping[UUID, list[ClockPause]]
    checks: Mapping[UUID, verification.Checks]

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
        pauses: defaultdict[UUID, list[ClockPause]] = defaultdict(list)
        for pause in ClockPause.objects.filter(case__in=requests):
            pauses[pause.case_id].append(pause)
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
            words.of_cases(requests),
            pauses,
            verification.of_cases(requests),
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
    yield from _clocks(request, told)
    yield from _pauses(rows.pauses[chain], told)
    yield from _state(request, told.opened, told)
    yield from _approval(request, told)
    yield from _jobs(rows.jobs[chain], request, told)
    yield from _steps(rows.steps[chain], told)
    yield from _receipt(rows.receipts.get(chain), told)
    yield from _packages(rows.packages[chain], request, told)
    yield from _ledger(rows.suppressions[chain], told)
    yield from _duty(request, told, rows)
    yield from _appeal(request, told)
    is_erased = request.erased_at is not None  # type: ignore[attr-defined]  # annotated in Rows.of
    yield from words.differences(rows.words[chain], told, is_erased=is_erased)
    yield from verification.differences(rows.checks[chain], told, is_erased=is_erased)


def _opening(request: Case, opened: AuditEntry, told: Told) -> Iterator[str]:
    if opened.data.get("kind") != request.kind:
        yield "the request is of another kind than the one that was opened"
    if opened.data.get("subject") not in pseudonyms(request.subject_id):
        yield "the request is about another person than it was opened for"
    if opened.actor_id != request.requested_by_id:
        yield "the request names another person as its requester"
    if not told.is_older:
        if commitments.of_row(as_opened(request, told), opened.data["row"]["columns"]) != opened.data["row"]:
            yield "the request is not as it was opened"
        yield from reason_differs("request", request, opened.data["reason"])
    batch = request.batch
    if batch and (batch.kind, batch.actor_id) != (request.kind, request.requested_by_id):
        yield "the batch of the request is of another kind or by somebody else"
    elif batch and apart(batch.created_at, opened.at):
        yield "the batch of the request is of another time"


def as_opened(request: Case, told: Told) -> Case:
    """With the dates that it had at first: entries of until 2026-11 committed to them, and they move."""
    if told.first_dates is None:
        return request
    first = copy(request)
    first.regime, first.due_on = told.first_dates["law"], date.fromisoformat(told.first_dates["planned"])
    return first


def _clocks(request: Case, told: Told) -> Iterator[str]:
    dates = {"law": request.regime, "planned": str(request.due_on), "limit": str(request.limit_on)}
    if told.dates is not None and told.dates != dates:
        yield "the dates of the request are not what was written"
    acknowledged = told.acknowledged.data["at"] if told.acknowledged else "None"
    if str(request.acknowledged_at) != acknowledged:
        yield "when it was acknowledged is not what was written"
    if request.extended_because != (told.extended.data["because"] if told.extended else ""):
        yield "that it was extended, or why, is not what was written"
    elif told.extended and (request.extended_at is None or apart(request.extended_at, told.extended.at)):
        yield "the request was extended at another time"


def _appeal(request: Case, told: Told) -> Iterator[str]:
    """What is upheld names its decider in a column that the database guards; what is denied in the entry alone."""
    appealed = request.parent_id if request.kind == "appeal" else None
    for decided in filter(None, (told.approved, told.denied)):
        if appealed and decided.actor_id in _had_decided(appealed, decided.id):
            yield "the appeal was decided by somebody who had to do with what is appealed"


def _had_decided(case_id: UUID, before: int) -> set[int | None]:
    """Who had asked for the case or decided about it until that entry; what they do later was not known then."""
    entries = AuditEntry.objects.filter(chain=case_id, event__in=DECIDES, actor__isnull=False, id__lt=before)
    return set(entries.values_list("actor", flat=True))


def _pauses(pauses: Sequence[ClockPause], told: Told) -> Iterator[str]:
    if {str(pause.pk) for pause in pauses} != told.paused.keys():
        yield "the clock stood at other times than the entries tell"
        return
    for pause in pauses:
        row, resumed = told.paused[str(pause.pk)].data["row"], told.resumed.get(str(pause.pk))
        ended_on = resumed.data["on"] if resumed else "None"
        if commitments.of_row(pause, row["columns"]) != row or str(pause.ended_on) != ended_on:
            yield "when or why the clock stood is not what was written"


def _state(request: Case, opened: AuditEntry, told: Told) -> Iterator[str]:
    if (request.state, request.outcome) not in _expected(opened, told):
        yield f"the request is {request.get_state_display().lower()}, and no entry says so"
        return
    if request.closed_at and (told.moved is None or apart(request.closed_at, told.moved.at)):
        yield "the request was closed at another time"
    if request.denial_reason != (told.denied.data.get("because") if told.denied else ""):
        yield "the ground of the denial is not what was written"
    answered = (told.answered.data["how"], told.answered.data["at"]) if told.answered else ("", "None")
    if (request.answered_how, str(request.answered_at)) != answered:
        yield "how or when the request was answered is not what was written"
    verified = told.proved or opened
    if request.verification != verified.data.get("verification", request.verification):
        yield "how it was made sure who asks is not what was written"
    if request.verified_by_id not in _who_verified(told):
        yield "the request names another person as the one who made sure who asks"
    if str(request.joined_id) != (told.joined.data["job"] if told.joined else "None"):
        yield "the work that it has joined is not what was written"


def _who_verified(told: Told) -> set[int | None]:
    """Until 2026-12 the entry alone said so."""
    if told.proved is None:
        return {None}
    return {told.proved.actor_id} if "check" in told.proved.data else {told.proved.actor_id, None}


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
    elif request.approved_at is None or apart(request.approved_at, told.approved.at):
        yield "the request was approved at another time"


def _jobs(jobs: Sequence[Job], request: Case, told: Told) -> Iterator[str]:
    if len(jobs) != len(told.plans):
        yield "its work is not what was planned"
    for job in jobs:
        if (job.kind, job.subject_id, job.silent) != (request.kind, request.subject_id, request.silent):
            yield "its work is of another kind, or about another person"
        if job.ordered_by_id != (request.approved_by_id or request.requested_by_id):
            yield "its work names another person as the one who ordered it"
        if job.ended_at and not told.goes_on and all(apart(job.ended_at, entry.at) for entry in told.ends):
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
        elif step.finished_at is None or apart(step.finished_at, finished.at):
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
    elif (last := told.last(*RECEIPTS)) and apart(receipt.issued_at, last.at):
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
    elif any(e.lifted_at and apart(e.lifted_at, told.lifted[str(e.pk)].at) for e in suppressions):
        yield "an identifier was let in again at another time"


def _duty(request: Case, told: Told, rows: Rows) -> Iterator[str]:
    if (pk := _id_of_duty(request, told)) and rows.duties.get(pk) != request.subject_id:
        yield f"the {DUTIES[request.kind].name} that it tells of is gone, or another person's"


def _id_of_duty(request: Case, told: Told) -> UUID | None:
    """The hold or flag that the finished request has put in force or found there."""
    duty = DUTIES.get(request.kind)
    pk = told.effects.get(duty.key) or told.result(duty.step).get(duty.key) if duty else None
    return UUID(pk) if pk else None


def empty_batches() -> list[UUID]:
    """A batch that opened nothing is not kept."""
    return list(Batch.objects.filter(cases__isnull=True).order_by("pk").values_list("pk", flat=True))
