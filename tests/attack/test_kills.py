"""Staff ask over HTTP while web server, worker and their children are killed: all of it is done, and done once."""

import hashlib
import random
import socket
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from privacy import roles
from privacy.jobs import bells
from privacy.models import (
    AccessPackage,
    Case,
    Identifier,
    Job,
    LegalHold,
    Outcome,
    Receipt,
    Staff,
    State,
    Step,
    StepState,
)
from privacy.selectors import plans
from tests import factories as f
from tests.attack.processes import Killable
from tests.fakes.stripe import FIXTURES, FakeStripe
from tests.jobs.test_worker import empty_the_broker, events_of
from tests.kosenai_ops.production import run

pytestmark = pytest.mark.attack

KILLS = 40
PEOPLE = 8  # for each of the three
PATIENCE_SECONDS = 420
STALLED_SECONDS = 25  # a worker can live on and consume nothing (README, Running it)
LEASE_SECONDS = "3"
KINDS = ("access", "erasure", "hold_place")
REASON = "Asked by e-mail, ticket 4711"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """A member of staff over HTTP, who tries again later when nobody answers."""

    def __init__(self, base: str, member: Staff, tally: Counter):
        signed_in = Client()
        signed_in.force_login(member)
        session = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        self.http = httpx.Client(base_url=base, cookies={settings.SESSION_COOKIE_NAME: session}, timeout=20)
        self.tally = tally

    def post(self, url: str, fields: dict[str, str]) -> None:
        try:
            if settings.CSRF_COOKIE_NAME not in self.http.cookies:
                self.http.get(reverse("admin:index"))
            token = self.http.cookies.get(settings.CSRF_COOKIE_NAME, "")
            answer = self.http.post(url, data=fields | {"csrfmiddlewaretoken": token})
        except httpx.TransportError:
            self.tally["requests cut off by a kill"] += 1
            return
        self.tally["requests"] += 1
        assert answer.status_code in (200, 302), (answer.status_code, url)


@dataclass
class House:
    """The processes, who works there, and how far they have come."""

    web: Killable
    worker: Killable
    agent: Browser
    approver: Browser
    wanted: list[tuple[str, str]]
    tally: Counter
    progress: tuple = ()
    moved_at: float = field(default_factory=time.monotonic)

    def is_done(self) -> bool:
        return Case.objects.filter(state=State.CLOSED, outcome=Outcome.FULFILLED).count() == len(self.wanted)

    def work(self) -> None:
        """One thing of each kind that waits for staff. What a cut-off request has done is seen in the database."""
        for kind, person in self.wanted:
            if not Case.objects.filter(kind=kind, subject=person).exists():
                fields = {"subjects": person, "reason": REASON, "verification": "signed_in", "token": person}
                self.agent.post(reverse("admin:privacy_datasubject_act", args=[kind]), fields)
                break
        if row := Case.objects.filter(state=State.DECIDING).first():
            url = reverse("admin:privacy_rightsrequest_approve", args=[row.pk])
            shown = "\n".join(sorted(plans.erasure_plan([row.subject_id]).parts))  # as the page has it
            self.approver.post(url, {"typed": str(row.subject_id)[:8], "shown": shown})
        if row := Case.objects.filter(state=State.ANSWERING).first():
            self.agent.post(reverse("admin:privacy_rightsrequest_answer", args=[row.pk]), {"how": "email"})
        waiting = Step.objects.filter(name="processors.erase", state=StepState.WAITING, not_before=None)
        if step := waiting.exclude(target="stripe").first():
            url = reverse("admin:privacy_rightsrequest_attest", args=[step.job.case_id, step.pk])
            self.approver.post(url, {"evidence": "CASE-2026-114"})

    def supervise(self) -> None:
        now = tuple(Job.objects.order_by("id").values_list("at_step", "fence")), self.tally["kills"]
        if now != self.progress:
            self.progress, self.moved_at = now, time.monotonic()
        if time.monotonic() - self.moved_at > STALLED_SECONDS:
            self.worker.stop()
            self.moved_at = time.monotonic()
        for process in (self.web, self.worker):
            process.supervise()

    def strike(self) -> None:
        """Kills the one or the other, or one of its children."""
        deeds = [self.worker.kill_a_child] * 5 + [self.web.kill_a_child] * 2 + [self.worker.kill, self.web.kill]
        self.tally["kills"] += random.choice(deeds)()


@pytest.fixture
def stripe(unavailable):
    if not FIXTURES.exists():
        unavailable(f"{FIXTURES.name} is not on this machine")
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def house(stripe, process_environment, tmp_path, tally):
    port = free_port()
    environment = process_environment | {
        "FAKE_STRIPE": stripe.url, "STRIPE_SECRET_KEY": stripe.key, "LEASE_SECONDS": LEASE_SECONDS,
    }  # fmt: skip
    web = ["gunicorn", "-c", "python:kosenai_ops.gunicorn", "kosenai_ops.wsgi", "-w", "2", "-b", f"127.0.0.1:{port}"]
    worker = ["celery", "-A", "tests.attack.worker", "worker", "-c", "2", "-l", "INFO"]
    staff = [Browser(f"http://127.0.0.1:{port}", f.StaffFactory(role=r), tally) for r in (roles.AGENT, roles.APPROVER)]
    empty_the_broker()
    processes = [Killable(c, environment, tmp_path / f"{c[0]}.log") for c in (web, worker)]
    yield House(*processes, *staff, wanted=people_of(stripe), tally=tally)
    for process in processes:
        process.stop()
    empty_the_broker()


def people_of(stripe: FakeStripe) -> list[tuple[str, str]]:
    """(what is asked for, whom), in any order; each has a script, and is known to Clerk and Stripe."""
    wanted = []
    for number, kind in enumerate(list(KINDS) * PEOPLE):
        person = f.ScriptFactory().owner
        f.UploadFactory(owner=person)
        f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value=f"user_{number}")
        f.IdentifierFactory(subject=person, kind=Identifier.Kind.STRIPE, value=f"cus_{number}")
        stripe.add_customer(f"cus_{number}", subscriptions=[(f"sub_{number}", "active")])
        wanted.append((kind, str(person.pk)))
    random.shuffle(wanted)
    return wanted


def test_what_is_asked_for_over_http_is_done_once_whatever_is_killed(house, stripe, process_environment, tally):
    until, next_kill = time.monotonic() + PATIENCE_SECONDS, 0.0
    while tally["kills"] < KILLS or not house.is_done():
        assert time.monotonic() < until, (dict(tally), list(Case.objects.values_list("state", "outcome", "kind")))
        house.supervise()
        house.work()
        if tally["kills"] < KILLS and time.monotonic() > next_kill:
            house.strike()
            next_kill = time.monotonic() + random.uniform(0.1, 2)
        bells.sweep()
        time.sleep(0.1)
    each_was_done_once(house.wanted)
    expected = [f"{what}_{customer.partition('_')[2]}" for customer in stripe.deleted for what in ("cus", "sub")]
    assert (len(stripe.deleted), stripe.effects) == (PEOPLE, Counter(expected))
    verdict = run("manage.py", "verify_audit", env=process_environment, timeout=120)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def each_was_done_once(wanted: list[tuple[str, str]]) -> None:
    """One request each; each step closed once in its chain; one package with its file, one receipt, one hold."""
    assert sorted((r.kind, str(r.subject_id)) for r in Case.objects.all()) == sorted(wanted)
    for request in Case.objects.all():
        events = Counter(events_of(request.pk))
        assert events["case.job_ended"] == 1
        assert events["case.answered"] == (request.kind != "hold_place")
        assert events["step.done"] + events["step.waived"] == request.steps.count(), events
        assert len({step.key for step in request.steps.all()}) == request.steps.count()
    packages = list(AccessPackage.objects.all())
    assert len(packages) == Receipt.objects.count() == LegalHold.objects.count() == PEOPLE
    for package in packages:
        with package.file.open() as file:
            assert hashlib.sha256(file.read()).hexdigest() == package.sha256
