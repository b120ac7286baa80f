"""What is recorded about cases, read for many at once, for the sentences of letters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from privacy import regimes
from privacy.catalogue import CaseKind, Inquiry, case_kinds
from privacy.evidence.events import Event
from privacy.models import (
    AccessPackage,
    AuditEntry,
    Case,
    Clock,
    Job,
    LegalHold,
    Letter,
    Limit,
    Receipt,
    Redaction,
    RegimeRule,
    Step,
    StepState,
)
from privacy.selectors import packages
from privacy.selectors.cases import sealed_of

FINISHED = (StepState.DONE, StepState.WAIVED)
# By what the limits of a right are known again among the person's.
LIMITS_OF = {
    "restriction": (Limit.Ground.RESTRICTION,),
    "objection": (Limit.Ground.OBJECTION,),
    "parental_review": (Limit.Ground.PARENT,),
    "withdraw_consent": (Limit.Ground.CONSENT_WITHDRAWN,),
}


@dataclass
class Facts:
    """Of one case. `answers` are those that it was asked with, sealed until then; `asked` what whoever writes the
    letter was asked and has answered."""

    case: Case
    answers: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    clocks: Sequence[Clock] = ()
    is_paused: bool = False
    jobs: Sequence[Job] = ()
    steps: Sequence[Step] = ()
    receipt: Receipt | None = None
    package: AccessPackage | None = None
    left_out: int = 0
    holds: Sequence[LegalHold] = ()
    limits: Sequence[Limit] = ()
    letters: Sequence[Letter] = ()
    answered_on: date | None = None  # before, of a case of which a second answer is owed
    reopened_on: date | None = None
    has_appeal: bool = False
    step: Step | None = None  # of a notice to a processor

    @property
    def kind(self) -> type[CaseKind]:
        return case_kinds[self.case.kind]

    @property
    def is_inquiry(self) -> bool:
        return issubclass(self.kind, Inquiry)

    @property
    def body(self) -> Mapping[str, Any]:
        """Of the receipt."""
        return self.receipt.body if self.receipt else {}

    @property
    def kept(self) -> Mapping[str, int]:
        found: Mapping[str, int] = self.body.get("kept", {})
        return found

    @property
    def laws(self) -> list[RegimeRule]:
        """That ask for the answer; neither a target of ours nor a rule of elsewhere."""
        return [c.rule for c in self.clocks if c.kind in Clock.Kind.answers() and not c.is_fallback]

    @property
    def is_held_openly(self) -> bool:
        """Whether a hold keeps it from being carried out, of which the person may learn."""
        in_force = [hold for hold in self.holds if hold.released_at is None]
        return bool(in_force) and not any(hold.silent for hold in in_force) and any(job.stopped_at for job in self.jobs)

    @property
    def told_by(self) -> set[str]:
        """The kinds of letters that have gone out, or are about to."""
        return {letter.kind for letter in self.letters if letter.is_open or letter.sent_at}

    @property
    def told_since_reopened(self) -> set[str]:
        since = self.reopened_on
        return {
            x.kind for x in self.letters if since and (x.is_open or x.sent_at) and regimes.day_of(x.made_at) >= since
        }


def of_one(case: Case, asked: Mapping[str, str] | None = None) -> Facts:
    return of([case], {case.pk: asked or {}})[case.pk]


def of(cases: Sequence[Case], asked: Mapping[UUID, Mapping[str, str]] | None = None) -> dict[UUID, Facts]:
    """{case: its facts}, with the same few queries for many as for one. The cases' people are read with them."""
    ids = [case.pk for case in cases]
    found = {case.pk: Facts(case, sealed_of(case), (asked or {}).get(case.pk, {})) for case in cases}
    _clocks(found, ids)
    _work(found, ids)
    _packages(found, cases)
    _people(found, cases)
    for letter in Letter.objects.filter(case__in=ids).defer("sealed"):
        found[letter.case_id].letters = [*found[letter.case_id].letters, letter]
    _told_before(found, ids)
    return found


def _clocks(found: Mapping[UUID, Facts], ids: Sequence[UUID]) -> None:
    clocks = _by(Clock.objects.filter(case__in=ids).select_related("rule"), "case_id")
    appeals = {rule.law for rule in regimes.in_force() if "appeal" in rule.rights}
    paused = set(
        Case.objects.filter(pk__in=ids, pauses__isnull=False, pauses__ended_on=None).values_list("pk", flat=True)
    )
    for pk, facts in found.items():
        facts.clocks, facts.is_paused = clocks[pk], pk in paused
        facts.has_appeal = facts.case.regime in appeals and any(law.law == facts.case.regime for law in facts.laws)


def _work(found: Mapping[UUID, Facts], ids: Sequence[UUID]) -> None:
    """The jobs that answer it, ordered or joined, their steps, and the receipt."""
    joined = {facts.case.joined_id: pk for pk, facts in found.items() if facts.case.joined_id}
    jobs = list(Job.objects.filter(Q(case__in=ids) | Q(pk__in=joined)).order_by("ordered_at"))
    steps = _by(Step.objects.filter(job__in=[job.pk for job in jobs]).order_by("seq"), "job_id")
    sources: dict[UUID, UUID] = {}  # {case of the receipt: case that it answers}
    for job in jobs:
        for pk in {pk for pk in (job.case_id, joined.get(job.pk)) if pk and pk in found}:
            found[pk].jobs = [*found[pk].jobs, job]
            found[pk].steps = [*found[pk].steps, *steps[job.pk]]
            sources[job.case_id or pk] = pk
    for receipt in Receipt.objects.filter(request__in=sources).order_by("issued_at"):
        found[sources[receipt.request_id]].receipt = receipt


def _packages(found: Mapping[UUID, Facts], cases: Sequence[Case]) -> None:
    copies = [case for case in cases if case_kinds[case.kind].told_by == "answer_copy"]
    if not copies:
        return
    sources = packages.answering(copies)
    left_out = Redaction.objects.filter(case__in=[p.request_id for p in sources.values()], decision="redact")
    counts = dict(left_out.order_by().values_list("case").annotate(Count("pk")))
    for pk, package in sources.items():
        found[pk].package, found[pk].left_out = package, counts.get(package.request_id, 0)


def _people(found: Mapping[UUID, Facts], cases: Sequence[Case]) -> None:
    people = {case.subject_id for case in cases}
    holds = _by(LegalHold.objects.filter(subject__in=people).order_by("placed_at"), "subject_id")
    limits = _by(Limit.objects.filter(subject__in=people, lifted_at=None).order_by("purpose"), "subject_id")
    for facts in found.values():
        grounds = LIMITS_OF.get(facts.case.kind, (Limit.Ground.OPT_OUT,))
        facts.holds = holds[facts.case.subject_id]
        facts.limits = [limit for limit in limits[facts.case.subject_id] if limit.ground in grounds]


def _told_before(found: Mapping[UUID, Facts], ids: Sequence[UUID]) -> None:
    """When it was answered or taken up again, as the trail has it: the row holds the last answer alone."""
    events = (Event.CASE_ANSWERED, Event.CASE_REOPENED, Event.CASE_BOUNCED)
    for entry in AuditEntry.objects.filter(chain__in=ids, event__in=events).order_by("n"):
        facts, on = found[entry.chain], regimes.day_of(entry.at)
        match entry.event:
            case Event.CASE_ANSWERED:
                facts.answered_on = on
            case Event.CASE_REOPENED:
                facts.reopened_on, facts.answered_on = on, None
            case Event.CASE_BOUNCED:
                facts.answered_on = None


def _by[R](rows: Iterable[R], name: str) -> defaultdict[Any, list[R]]:
    found: defaultdict[Any, list[R]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found
