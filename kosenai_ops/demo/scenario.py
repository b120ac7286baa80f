"""The four deeds of `demo --once`: each asked for as staff would, and carried out by the real worker."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kosenai_ops.demo.studio import add_person
from privacy.fulfilment import access, children, erasure, holds, processors
from privacy.models import DataSubject, Identifier, RequestStatus, RightsRequest, Staff, StepState

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
    [request] = access.export(
        subject_ids=[person.id], actor=staff["agent"], reason="Asked for a copy by e-mail",
        verification="email_round_trip",
    )  # fmt: skip
    seconds = carry_out(request)
    detail = ""
    if request.status == RequestStatus.FULFILLED:
        package = request.package
        detail = f"{package.rows} rows, {package.files} files, {package.size:,} bytes, {package.gaps} gaps"
    return Deed("Export", "fulfilled", request.status, detail, seconds)


def held_erasure(staff, rng) -> Deed:
    person = add_person("Otto Brandt", "DE", rng)
    [hold] = holds.place(subject_ids=[person.id], actor=staff["agent"], reason="Dispute over an invoice")
    carry_out(hold)
    request = approved_erasure(staff, person)
    seconds = carry_out(request, until=lambda r: r.status == RequestStatus.ON_HOLD)
    left = Identifier.objects.filter(subject=person).count()
    return Deed("Erasure under a legal hold", "on_hold", request.status, f"{left} identifiers still there", seconds)


def erasure_done(staff, rng) -> Deed:
    person = add_person("Paula Reis", "PT", rng)
    request = approved_erasure(staff, person)
    seconds = carry_out(request, until=only_people_are_awaited)
    attested = attest_all(request, staff["approver"])
    seconds += carry_out(request)
    detail = ""
    if request.status == RequestStatus.FULFILLED:
        body = request.receipt.body
        detail = (
            f"{sum(body['deleted'].values())} rows deleted, {sum(body['anonymised'].values())} anonymised, "
            f"{sum(body['kept'].values())} kept by law, {body['files'].get('deleted', 0)} files; "
            f"{attested} processors attested"
        )
        if DataSubject.objects.get(pk=person.id).full_name or Identifier.objects.filter(subject=person).exists():
            return Deed("Erasure", "fulfilled", "data left behind", detail, seconds)
    return Deed("Erasure", "fulfilled", request.status, detail, seconds)


def child_flag(staff, rng) -> Deed:
    person = add_person("Quinn Adeyemi", "GB", rng)
    [request] = children.flag(subject_ids=[person.id], actor=staff["agent"], reason="A parent wrote to support")
    seconds = carry_out(request)
    person.refresh_from_db()
    detail = "account frozen, sessions ended" if person.frozen_at else "account not frozen"
    return Deed("Child-account flag", "fulfilled", request.status, detail, seconds)


def approved_erasure(staff, person: DataSubject) -> RightsRequest:
    [request] = erasure.request_erasure(
        subject_ids=[person.id], actor=staff["agent"], reason="Asked to be forgotten", verification="signed_in"
    )
    return erasure.approve(request_id=request.id, actor=staff["approver"])


def carry_out(request: RightsRequest, until: Callable[[RightsRequest], bool] | None = None) -> float:
    """Watches the worker; returns the seconds it took, or the end of patience."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_SECONDS:
        request.refresh_from_db()
        if not request.is_open or (until and until(request)) or (request.job and request.job.parked_because):
            break
        time.sleep(0.05)
    return time.monotonic() - started


def only_people_are_awaited(request: RightsRequest) -> bool:
    return request.status == RequestStatus.AWAITING_PROCESSORS and not request.job.lease_until


def attest_all(request: RightsRequest, actor: Staff) -> int:
    """Attests, as the approver would with a ticket number in hand, what no API key in the demo can do."""
    waiting = list(request.steps.filter(state=StepState.WAITING))
    for number, step in enumerate(waiting, start=1):
        processors.attest(step_id=step.id, actor=actor, evidence=f"DEMO-{number}")
    return len(waiting)
