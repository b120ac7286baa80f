"""People and cases with a row of every kind that their pages show, two or more where there can be."""

from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from privacy import regimes
from privacy.catalogue import Right, case_kinds
from privacy.evidence import audit, sealing
from privacy.evidence.events import Event
from privacy.models import Case, DataSubject, DelayReason, Job, State, StepState, Team
from tests import factories as f
from tests.asking import answers_for, posted

NAME = "Zofia Zielinska"
COLUMNS = {"reason", "parent_id"}  # answers that are kept as columns, and not sealed
PROCESSORS = ("clerk", "stripe", "posthog", "sentry", "resend")


def rich_person(*, is_flagged: bool = True) -> DataSubject:
    """Named in what she leaves to others, with a second account, perhaps a third, a hold, a flag, a limit, and cases
    that go on, among them a hold's release and a decision about a child that await another's word. Of who is flagged
    nothing new is taken in."""
    person = f.person_with_everything()
    DataSubject.objects.filter(pk=person.pk).update(full_name=NAME)
    Team.objects.filter(owner=person).update(name=f"Team of {NAME}")
    f.IdentifierFactory(subject=f.DataSubjectFactory(merged_into=person))
    f.LikenessFactory(subject=person)
    f.LegalHoldFactory(subject=person)
    if is_flagged:
        f.ChildFlagFactory(subject=person)
        f.LimitFactory(subject=person, ground="restriction")
    for kind in ("access", "rectification", "restriction"):
        f.CaseFactory(subject=person, kind=kind, state=State.ANSWERING)
    for kind in ("hold_release", "child_clear"):
        f.CaseFactory(subject=person, kind=kind, state=State.DECIDING, deciders=2)
    return person


def rich_case(kind: str, person: DataSubject, **given) -> Case:
    """With whatever stands on the page of a case, of which some is of other states or kinds in life."""
    agent, answers = f.StaffFactory(role="agent"), posted(answers_for(kind, person))
    sealed = {name: [value] for name, value in answers.items() if name not in COLUMNS}
    now, today = datetime.now(UTC), regimes.today()
    given = given if given.get("closed") else {"state": State.DECIDING} | given
    case = f.CaseFactory(**{
        "subject": person, "kind": kind, "deciders": case_kinds[kind].deciders,
        "requested_by": agent, "owner": f.StaffFactory(deputy=f.StaffFactory()), "batch": f.BatchFactory(actor=agent),
        "parent": f.CaseFactory(subject=person, closed=True, approved_by=f.StaffFactory()),
        "after": f.CaseFactory(subject=person, state=State.ANSWERING),
        "planned": ["delete privacy.Session", "tell clerk"], "sealed": sealing.seal(sealed),
        "acknowledged_at": now, "extended_at": now, "extended_because": DelayReason.values[0],
        "regime": "gdpr", "due_on": today + timedelta(days=2), "limit_on": today + timedelta(days=9),
    } | given)  # fmt: skip
    with_clocks(case)
    with_what_staff_write(case)
    with_what_follows(case)
    return case


def with_clocks(case: Case) -> None:
    """That have stood once and stand again."""
    for _ in range(3):
        f.ClockFactory(case=case)
    f.ClockPauseFactory(case=case, ended_on=date(2026, 11, 30))
    f.ClockPauseFactory(case=case)
    told(case, Event.CLOCK_PAUSED)


def with_what_staff_write(case: Case) -> None:
    for _ in range(2):
        comment = f.CaseCommentFactory(case=case)
        f.CaseFileFactory(comment=comment)
        f.CaseFileFactory(comment=comment, name="envelope.txt")
        told(case, Event.COMMENT_WRITTEN)
    if issubclass(case_kinds[case.kind], Right):
        dossier = f.DossierFactory(case=case)
        for side in ("for", "against", "for", "against"):
            f.FactorFactory(dossier=dossier, side=side)
            told(case, Event.DOSSIER_NOTED)


def with_what_follows(case: Case) -> None:
    """Appeals and a complaint about it."""
    for kind, given in (("appeal", {"state": State.DECIDING}), ("appeal", {"closed": True}), ("complaint", {})):
        f.CaseFactory(subject=case.subject, kind=kind, parent=case, **given)


def with_earlier_work(case: Case) -> None:
    """As of one that was taken up again: its steps, what it built and its receipt."""
    done = {"state": StepState.DONE, "finished_at": datetime.now(UTC)}
    job = f.JobFactory(case=case, ended_at=datetime.now(UTC))
    for name in ("erasure.rows", "access.package", "erasure.receipt"):
        f.StepFactory(job=job, name=name, **done)
    for _ in range(2):
        f.ReceiptFactory(request=case)
        f.AccessPackageFactory(
            request=case, token_issued_at=datetime.now(UTC), expires_at=datetime.now(UTC) + timedelta(hours=8)
        )


def with_work(case: Case, **given) -> Job:
    """That goes on: rows to be erased, one thing tried in vain, and processors at which somebody is to ask."""
    job = f.JobFactory(case=case, ordered_at=datetime.now(UTC) + timedelta(seconds=1), **given)
    f.StepFactory(job=job, name="erasure.rows")
    for label in ("privacy.UsageEvent", "privacy.DiagnosticEvent"):
        f.StepFactory(job=job, name="erasure.slices", target=label, units_planned=9, units_done=3)
    for processor in PROCESSORS:
        sealed = sealing.seal({"user_id": ["user_1"]})
        f.StepFactory(job=job, name="processors.erase", target=processor, state=StepState.WAITING, sealed=sealed)
    f.StepFactory(job=job, name="processors.erase", target="openai", state=StepState.STARTED, problem="It is down")
    return job


def told(case: Case, event: Event) -> None:
    with transaction.atomic():
        audit.append(case.pk, event, actor=case.requested_by)
