"""The four deeds of `demo --once`: each asked for as staff would, and carried out by the real worker."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kosenai_ops.demo.studio import add_person
from privacy.cases import processors
from privacy.cases.packages import give_link
from privacy.cases.requests import answer, ask, grant
from privacy.models import Case, ChildFlag, DataSubject, Identifier, LegalHold, Limit, Staff, State, StepState

PATIENCE_SECONDS = 90


@dataclass
class Deed:
    """A line of the table: what was asked, what came of it, whether that was expected."""

    what: str
    expected: str
    got: str
    detail: str
    seconds: float

    @property
    def as_expected(self) -> bool:
        return self.got == self.expected


def play(staff: dict[str, Staff]) -> Iterator[Deed]:
    """Plays the deeds one after the other, each on a person of its own."""
    rng = random.Random()  # noqa: S311  (new people on every run)
    for deed in (export, held_erasure, erasure_done, child_flag):
        yield deed(staff, rng)


def export(staff, rng) -> Deed:
    person = add_person("Nora Lind", "SE", rng)
    [case] = ask(
        "access", subject_ids=[person.id], actor=staff["agent"], reason="Asked for a copy by e-mail",
        verification="email_round_trip",
    )  # fmt: skip
    seconds = carry_out(case)
    detail = ""
    if case.state == State.ANSWERING:
        give_link(request_id=case.id, actor=staff["agent"])
        package = case.package
        detail = f"{package.rows} rows, {package.files} files, {package.size:,} bytes, {package.gaps} gaps; link given"
    return Deed("Export", "fulfilled", where_it_stands(case), detail, seconds)


def held_erasure(staff, rng) -> Deed:
    person = add_person("Otto Brandt", "DE", rng)
    [hold] = ask("hold_place", subject_ids=[person.id], actor=staff["agent"], reason="Dispute over an invoice")
    at_once = LegalHold.objects.filter(subject=person, released_at=None).exists()
    case = approved_erasure(staff, person)
    seconds = carry_out(hold) + carry_out(case, until=lambda c: c.job.stopped_at)
    left = Identifier.objects.filter(subject=person).count()
    got = "stopped" if case.job.stopped_at and hold.state == State.CLOSED else where_it_stands(case)
    return Deed(
        "Erasure under a legal hold", "stopped", got,
        f"in force {'at once' if at_once else 'late'}, its job done; {left} identifiers still there", seconds,
    )  # fmt: skip


def erasure_done(staff, rng) -> Deed:
    person = add_person("Paula Reis", "PT", rng)
    case = approved_erasure(staff, person)
    seconds = carry_out(case, until=only_people_are_awaited)
    attested = attest_all(case, staff["approver"])
    seconds += carry_out(case)
    detail = ""
    if case.state == State.ANSWERING:
        answer(request_id=case.id, actor=staff["agent"], how="email")
        body = case.receipt.body
        detail = (
            f"{sum(body['deleted'].values())} rows deleted, {sum(body['anonymised'].values())} anonymised, "
            f"{sum(body['kept'].values())} kept by law, {body['files'].get('deleted', 0)} files; "
            f"{attested} processors attested"
        )
        if DataSubject.objects.get(pk=person.id).full_name or Identifier.objects.filter(subject=person).exists():
            return Deed("Erasure", "fulfilled", "data left behind", detail, seconds)
    return Deed("Erasure", "fulfilled", where_it_stands(case), detail, seconds)


def child_flag(staff, rng) -> Deed:
    person = add_person("Quinn Adeyemi", "GB", rng)
    [case] = ask("child_flag", subject_ids=[person.id], actor=staff["agent"], reason="A parent wrote to support")
    limited = Limit.objects.filter(subject=person, lifted_at=None).exists()
    is_frozen = limited and ChildFlag.objects.filter(subject=person, state="suspected").exists()
    seconds = carry_out(case)
    detail = "account frozen at once, sessions ended by the worker" if is_frozen else "account not frozen"
    return Deed("Child-account flag", "fulfilled", where_it_stands(case), detail, seconds)


def approved_erasure(staff, person: DataSubject) -> Case:
    [case] = ask(
        "erasure", subject_ids=[person.id], actor=staff["agent"], reason="Asked to be forgotten",
        verification="confirmed_twice",
    )  # fmt: skip
    return grant(request_id=case.id, actor=staff["approver"])


def where_it_stands(case: Case) -> str:
    case.refresh_from_db()
    return case.outcome or case.state


def carry_out(case: Case, until: Callable[[Case], object] | None = None) -> float:
    """Watches the worker; returns the seconds it took, or the end of patience."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_SECONDS:
        case.refresh_from_db()
        job = case.job
        if not job.is_open or (until and until(case)) or job.parked_because:
            break
        time.sleep(0.05)
    return time.monotonic() - started


def only_people_are_awaited(case: Case) -> bool:
    waiting = case.steps.filter(state=StepState.WAITING).exists()
    return (
        waiting
        and not case.job.lease_until
        and not case.steps.filter(state=StepState.PENDING).exclude(name="erasure.receipt").exists()
    )


def attest_all(case: Case, actor: Staff) -> int:
    """Attests, as the approver would with a ticket number in hand, what no API key in the demo can do."""
    waiting = list(case.steps.filter(state=StepState.WAITING))
    for number, step in enumerate(waiting, start=1):
        processors.attest(step_id=step.id, actor=actor, evidence=f"DEMO-{number}")
    return len(waiting)
