"""Limits on processing that somebody has asked for: how a right puts them in force (GDPR art. 18, 21), and how two
members of staff lift them again, after the person was told (art. 18(3))."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from privacy import regimes
from privacy.cases.kinds import register
from privacy.catalogue import Decision, Duty, Fact, May, NotAllowed, Permit, Planned, Question, Stage, StepKind
from privacy.catalogue.cases import reason
from privacy.datamap import Use, registry
from privacy.fulfilment import limits
from privacy.fulfilment.processors import seal_names
from privacy.fulfilment.telling import steps_at
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done
from privacy.models import Case, CaseJob, Limit, Staff, Step
from privacy.models.accounts import accounts_of
from privacy.models.limits import TOLD_HOW as WAYS
from privacy.roles import AGENT, APPROVER, MANAGER
from privacy.selectors.cases import sealed_of
from privacy.selectors.limits import ASKED_FOR, IN_FORCE
from privacy.selectors.processors import RESTRICT

ASK = Permit("ask_lift_limit", "Can ask to lift a limit on processing", (AGENT, APPROVER, MANAGER))
LIFT = Permit("lift_limit", "Can confirm that a limit on processing is lifted", (APPROVER, MANAGER))
ALL = "all"


# --- Put in force -----------------------------------------------------------------------------------------------------


def put_in_force(case: Case, ground: Limit.Ground, purpose: str) -> dict[str, Any]:
    """Limits processing for the purpose (empty: for all) of every account of the case's person, whose row is locked;
    what is in force already stays as it is. Facts for the case's entry."""
    return {"limits": ids_of(limits.place(accounts_of([case.subject_id]), [purpose], ground, decided_by(case)))}


def share(accounts: Collection[UUID], actor: Staff | None) -> list[Limit]:
    """What the person has asked for or said of one of these accounts is in force for all: they are one person's from
    now on. The limits that are new."""
    said = IN_FORCE.filter(subject__in=accounts, ground__in=[*Limit.Ground.asked_for(), *Limit.OWN_WORD])
    wanted = sorted(said.values_list("ground", "purpose").distinct().order_by())
    return [new for ground, purpose in wanted for new in limits.place(accounts, [purpose], Limit.Ground(ground), actor)]


def ids_of(placed: Iterable[Limit]) -> list[str]:
    return sorted(str(limit.pk) for limit in placed)


def decided_by(case: Case) -> Staff | None:
    return case.approved_by or case.requested_by


def plan_telling(jobs: Sequence[CaseJob]) -> dict[CaseJob, list[Planned]]:
    """Each job's plan: that it is in force, then whoever has got something for what is restricted."""
    return {
        job: [
            Planned("limits.place", units=1),
            *steps_at(RESTRICT, serving(sealed_of(job.case).get("purpose", "")), job.subject_id),
            Planned("receipts.issue"),
        ]
        for job in jobs
    }


def serving(purpose: str) -> set[str]:
    """Recipients of what is held for the purpose (empty: for any), but for our own records."""
    held = [d for d in registry.declarations.values() if not d.evidence]
    return {key for d in held for key in d.recipients if not purpose or purpose in map(str, d.purposes())}


@local("limits.place")
@one_by_one
def count_what_is_limited(job: CaseJob, step: Step) -> Done:
    """That it is limited when the work is carried out."""
    seal_names(job, RESTRICT)
    return Done({"in force": ASKED_FOR.filter(subject=job.subject_id).count()}, units=1)


# --- And lifted -------------------------------------------------------------------------------------------------------


def in_force(subject_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """What can be lifted of these people: (ground and purpose, words)."""
    found = ASKED_FOR.filter(subject__in=subject_ids).order_by("since", "pk")
    return list(dict.fromkeys((name_of(limit), f"{limit.get_ground_display()}: {limit.of_what}") for limit in found))


def name_of(limit: Limit) -> str:
    return f"{limit.ground}:{limit.purpose or ALL}"


def not_to_come(day: date | str) -> date:
    """The day, if it has come. Raises ValueError in words for the screen."""
    day = date.fromisoformat(str(day))
    if day > regimes.today():
        raise ValueError("This day is yet to come: the person is told before the limit is lifted.")
    return day


BY_THE_PERSON = "by_the_person"
WHICH = Question("limit", "Which limit?", "choice", offers=in_force, missing="Choose which limit.")
BECAUSE = Question(
    "because", "Why is it lifted?", "choice", missing="Choose why.",
    choices=(
        (BY_THE_PERSON, "The person, or their parent, takes it back"),
        ("settled", "What it was for is settled, such as the accuracy of the data (art. 18(1))"),
        ("overridden", "Compelling legitimate grounds override it (art. 21(1))"),
    ),
)  # fmt: skip
TOLD_ON = Question(
    "told_on", "When was the person told that it will be lifted?", "day", check=not_to_come,
    missing="Say when: the person is told before (GDPR art. 18(3)).",
)  # fmt: skip
TOLD_HOW = Question(
    "told_how", "How were they told?", "choice", missing="Choose how.",
    choices=tuple(WAYS),
)  # fmt: skip


def not_liftable(asked: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, list[str]]:
    """{person: why the limit that the answers name is not lifted}."""
    return {subject_id: list(_against(subject_id, answers)) for subject_id, answers in asked.items()}


def _against(subject_id: UUID, answers: Mapping[str, Any]) -> Iterator[str]:
    which, because = answers.get("limit"), answers.get("because")
    if which and which not in dict(in_force([subject_id])):
        yield "This limit is not in force any more."
    if which == f"{Limit.Ground.OBJECTION}:{Use.MARKETING}" and because and because != BY_THE_PERSON:
        yield "An objection to marketing is absolute (GDPR art. 21(3)): only the person takes it back."
    if which and which.startswith(Limit.Ground.PARENT) and because and because != BY_THE_PERSON:
        yield "Only the parent takes back what the parent has refused (16 CFR 312.6)."


def let_go(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """Lifts the limit that each case names, of every account of its person, and writes down when they were told."""
    told = {}
    for case in cases:
        answers = sealed_of(case)
        ground, _, purpose = answers["limit"].partition(":")
        lifted = limits.lift(
            accounts_of([case.subject_id]), ["" if purpose == ALL else purpose], [Limit.Ground(ground)],
            decided_by(case),
            told_at=datetime.combine(date.fromisoformat(answers["told_on"]), time.min, regimes.CONTROLLER_ZONE),
            told_how=answers["told_how"],
        )  # fmt: skip
        if not lifted:
            raise NotAllowed("This limit is not in force any more.")
        told[case.pk] = {"lifted": ids_of(lifted), "why": answers["because"]}
    return told


@local("limits.lift")
@one_by_one
def count_what_stays_limited(job: CaseJob, step: Step) -> Done:
    """What is still limited when the decision is carried out: another limit may be in force."""
    return Done({"still in force": IN_FORCE.filter(subject=job.subject_id).count()}, units=1)


@register
class LimitLifted(Duty):
    key, label, icon = "limit_lift", "Lifting of a limit on processing", "lock_open_right"
    cites = ("GDPR art. 18(3)", "GDPR art. 21(1)")
    button, title, submit = "Lift a limit", "Ask to lift a limit on processing of {people}", "Ask to lift it"
    happens = (
        "Nothing is lifted yet: another member of staff has to confirm. You cannot confirm it yourself.",
        "Then this database takes new data for that purpose again, and what the person had chosen counts again.",
    )
    is_dangerous = True
    may = May(ask=ASK, decide=LIFT, deny=LIFT, cancel=ASK, retry=LIFT)
    deciders = 2
    decision = Decision(
        "Confirm the lifting…", "Lift the limit",
        (
            "You agree that the limit named below is lifted, and that the person was told before.",
            "It is lifted as you confirm, for all accounts of the person.",
        ),
        "Lifted: {cases}.", "Waits for another person’s confirmation", "lift", is_dangerous=True,
    )  # fmt: skip
    reach = "person"
    alone = True
    asks = (WHICH, BECAUSE, TOLD_ON, TOLD_HOW, reason(read_by_the_person=False))
    needs = dict.fromkeys(Stage, frozenset({Fact.LIMITED}))
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    protects = True
    against, takes_effect = not_liftable, let_go
    steps = (StepKind("limits.lift", "See what is still limited"),)
