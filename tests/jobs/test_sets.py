"""Work on sets: hundreds together come to the same end as one by one, and nobody's trouble is another's."""

import gc
import json
import re
from collections import Counter
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.cases import processors, requests
from privacy.cases.requests import ask, ask_as_batch, grant_all
from privacy.catalogue import JobKind, Planned, StepKind, job_kinds
from privacy.evidence import chains
from privacy.fulfilment import vacuum
from privacy.jobs import handlers
from privacy.jobs import run as engine
from privacy.jobs.claim import Claim, claim
from privacy.jobs.heartbeats import note
from privacy.jobs.order import freeze
from privacy.jobs.outcomes import Done, Later
from privacy.models import (
    AuditEntry,
    Case,
    DataSubject,
    Identifier,
    Job,
    Lane,
    Receipt,
    Step,
)
from tests import factories as f
from tests import working

pytestmark = pytest.mark.django_db

UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
NUMBER = re.compile(r"\"(requested_by|actor)\": \d+")
# What a person may have; each makes another statement, step or processor matter.
TRAITS = {
    "mail": lambda p: f.IdentifierFactory(subject=p, kind=Identifier.Kind.EMAIL),
    "clerk": lambda p: f.IdentifierFactory(subject=p, kind=Identifier.Kind.CLERK, value=f"user_{p.id.hex}"),
    "sessions": lambda p: f.SessionFactory.create_batch(3, subject=p),
    "usage": lambda p: f.UsageEventFactory(subject=p),
    "notes": lambda p: f.NoteFactory(author=p, script=None),
    "shared script": lambda p: f.ScriptCoAuthorFactory(script=f.ScriptFactory(owner=p)),
    "upload": lambda p: f.UploadFactory(owner=p),
    "team": lambda p: f.MembershipFactory(team=f.TeamFactory(owner=p)),
    "invoice": lambda p: f.InvoiceFactory(customer=f.CustomerFactory(subject=p)),
}


@pytest.fixture
def staff(db):
    return f.StaffFactory(role="agent"), f.StaffFactory(role="approver")


DONE = ("answering", "fulfilled")  # the person is still to be told


def person(*traits: str) -> DataSubject:
    subject = f.DataSubjectFactory(full_name="Ada Lovelace")  # by as many words each
    for trait in traits or ("mail", "notes", "sessions"):
        TRAITS[trait](subject)
    return subject


def approved(people, staff, *, in_a_batch: bool = True) -> list[Case]:
    """The approved erasures of these people, in the order given."""
    asks, approves = staff
    given = {"actor": asks, "reason": "All left", "verification": "signed_in", "subject_ids": [p.id for p in people]}
    opened = ask_as_batch("erasure", **given) if in_a_batch else ask("erasure", **given)
    grant_all(request_ids=[r.id for r in opened], actor=approves)
    by_person = {r.subject_id: r for r in opened}
    return [by_person[p.id] for p in people]


def work_off(among=engine.ANY) -> None:
    """As workers and time do, until nothing is left but what a person has to do."""
    for _ in range(4):
        while engine.run(among):
            pass
        working.let_time_pass()


def plain(value) -> str:
    return SHA256.sub("digest", UUID.sub("id", json.dumps(value, sort_keys=True)))


def end_of(request: Case) -> dict:
    """What is left of a request, without what differs from one person to the next."""
    request.refresh_from_db()
    receipt = Receipt.objects.filter(request=request).first()
    entries = AuditEntry.objects.filter(chain=request.id).order_by("n")
    return {
        "state": (request.state, request.outcome),
        "receipt": receipt and plain(receipt.body),
        "events": [event for event, _ in groupby(entries, attrgetter("event"))],
        "chain": sorted(plain(part) for entry in entries for part in working.parts_of(entry)),
        "steps": [(str(s), s.state, s.attempts, s.problem, plain(s.result), bool(s.sealed)) for s in request.steps],
        "erased": DataSubject.objects.filter(pk=request.subject_id, erased_at__isnull=False).exists(),
        "rows": Counter(type(row)._meta.label for row in rows_of(request.subject)),
    }


def rows_of(subject: DataSubject) -> list:
    return [
        *subject.identifiers.all(),
        *subject.legal_holds.all(),
        *subject.memberships.all(),
        *subject.owned_teams.all(),
    ]


@pytest.mark.parametrize("often", [5, pytest.param(30, marks=pytest.mark.attack)])
def test_together_people_come_to_the_same_rows_receipts_and_chains_as_one_by_one(often):
    sets = st.lists(st.lists(st.sampled_from(sorted(TRAITS)), unique=True), min_size=2, max_size=5)
    lasting = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True, "database": None}
    settings(max_examples=often, **lasting)(given(sets)(come_to_the_same))()


def come_to_the_same(kinds_of_people) -> None:
    with transaction.atomic():
        staff = f.StaffFactory(role="agent"), f.StaffFactory(role="approver")
        people = [[person("mail", *(t for t in traits if t != "mail")) for traits in kinds_of_people] for _ in range(2)]
        together = approved(people[0], staff, in_a_batch=True)
        one_by_one = approved(people[1], staff, in_a_batch=False)
        work_off(working.of_any(together))
        for request in one_by_one:
            work_off(working.of(request.id))
        for mine, other in zip(together, one_by_one, strict=True):
            assert end_of(mine) == end_of(other)
        assert not chains.walk().faults
        transaction.set_rollback(True)


def test_a_set_is_claimed_whole_and_goes_through_in_one_claim(staff):
    found = approved([person() for _ in range(5)], staff)
    taken = claim()
    assert len(taken.fences) == 5
    engine.work(taken)
    engine.settle(taken)
    assert {c.outcome for c in Case.objects.filter(pk__in=[c.id for c in found])} == {"fulfilled"}
    assert set(Job.objects.values_list("fence", flat=True)) == {1}


@pytest.mark.parametrize("is_ordered_only", [True, False])
def test_who_is_held_leaves_the_set_alone(staff, is_ordered_only):
    held, free, other = people = [person() for _ in range(3)]
    stopped, *going_on = approved(people, staff)
    if is_ordered_only:
        ask("hold_place", subject_ids=[held.id], actor=staff[0], reason="A dispute")
        Job.objects.filter(kind="hold_place").update(not_before="2100-01-01T00:00Z")
    else:
        f.LegalHoldFactory(subject=held)
    while engine.run():
        pass
    stopped.refresh_from_db()
    assert stopped.job.stopped_at
    assert {end_of(r)["state"] for r in going_on} == {DONE}
    held.refresh_from_db()
    assert held.erased_at is None
    assert held.identifiers.exists()


def test_who_is_cancelled_or_taken_over_in_the_middle_leaves_the_set_alone(staff):
    cancelled, taken_over, *others = approved([person() for _ in range(4)], staff)
    taken = claim()
    requests.cancel(request_id=cancelled.id, actor=f.StaffFactory(role="approver"))
    Job.objects.filter(case=taken_over).update(fence=7)
    engine.work(taken)
    engine.settle(taken)
    ends = [end_of(r) for r in (cancelled, taken_over, *others)]
    assert [end["state"] for end in ends] == [("closed", "withdrawn"), ("fulfilling", ""), DONE, DONE]
    assert [end["erased"] for end in ends] == [False, False, True, True]


def test_a_processor_that_knows_one_of_them_is_asked_for_that_one(staff):
    known, unknown = approved([person("mail", "clerk"), person("mail")], staff)
    while engine.run():
        pass
    assert (end_of(known)["state"], end_of(unknown)["state"]) == (("fulfilling", ""), DONE)
    step = known.steps.get(target="clerk")
    assert step.sealed
    assert f"user_{known.subject_id.hex}" not in step.sealed
    processors.attest(step_id=step.id, actor=staff[1], evidence="TICKET-1")
    while engine.run():
        pass
    assert end_of(known)["state"] == DONE


def test_four_people_cost_the_statements_of_two(staff, monkeypatch):
    monkeypatch.setattr(vacuum, "has_run_since", lambda moment: True)  # it asks once a process, outside a test
    counted = {}
    for number in (2, 4):
        approved([person() for _ in range(number)], staff)
        note(Lane.BULK, Now())
        with CaptureQueriesContext(connection) as statements:
            engine.run()
        assert not Job.objects.filter(ended_at=None).exists()
        counted[number] = len(statements)
    assert counted[4] == counted[2]


def test_what_is_there_of_the_people_is_looked_up_once_before_it_goes(staff):
    approved([person("mail", "clerk", "notes", "shared script") for _ in range(3)], staff)
    with CaptureQueriesContext(connection) as captured:
        engine.run()
    asked = Counter(
        about for q in captured for about in ("privacy.Session", "analytics") if f"'{about}' AS" in q["sql"]
    )
    assert asked == {"privacy.Session": 1, "analytics": 1}


def test_no_cycles_are_looked_for_while_a_set_is_at_work(monkeypatch):
    on = []
    monkeypatch.setattr(engine, "advance", lambda *args, **kwargs: on.append(gc.isenabled()) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        engine.take_a_turn(Claim(None, Lane.PROMPT, uuid4(), {}, {}))
    assert (on, gc.isenabled()) == ([False], True)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite erases with a statement a table")
@pytest.mark.django_db(transaction=True)
def test_a_single_erasure_costs_at_most_sixty_statements_and_six_commits(staff):
    [request] = approved([person("mail", "sessions", "notes", "usage")], staff, in_a_batch=False)
    with CaptureQueriesContext(connection) as captured:
        assert engine.run()
    statements = [query["sql"] for query in captured]
    assert len(statements) <= 60, statements
    assert statements.count("COMMIT") <= 6


# --- Faults in a set --------------------------------------------------------------------------------------------------

done: Counter = Counter()
poison: set = set()


@handlers.local("test set")
def do_together(jobs):
    """Of the poisonous ones the worker dies, or the handler raises, as each says."""
    for job in jobs:
        if job.id in poison:
            raise KeyboardInterrupt if job.silent else RuntimeError
    done.update(job.id for job in jobs)
    return {job: Done(units=1) for job in jobs}


KIND = JobKind("test set", steps=(StepKind("test set", "Do it together"),), set_size=500)


@pytest.fixture
def jobs(monkeypatch):
    """Call it with a number: so many jobs about nobody."""
    monkeypatch.setitem(job_kinds, KIND.key, KIND)
    done.clear()
    poison.clear()

    def make(number: int, *, kills: bool) -> list[Job]:
        made = [
            Job(kind=KIND.key, about=uuid4().hex, at_step="test set", lane=Lane.BULK, silent=kills)
            for _ in range(number)
        ]
        Job.objects.bulk_create(made)
        freeze({job: [Planned("test set", units=1)] for job in made})
        return made

    return make


@pytest.mark.parametrize("number", [600, pytest.param(5_000, marks=pytest.mark.attack)])
def test_one_that_kills_workers_is_parked_alone_and_all_others_are_done_once(jobs, number):
    made = jobs(number, kills=True)
    poison.add(made[number // 2].id)
    for _ in range(40):
        with suppress(KeyboardInterrupt):
            while engine.run():
                pass
            break
        working.let_time_pass()
    parked = Job.objects.exclude(parked_because="")
    assert [job.id for job in parked] == list(poison)
    assert Job.objects.filter(ended_at=None).count() == 1
    # A transaction that was rolled back has done nothing, so only the rows tell.
    assert Step.objects.filter(state="done").count() == number - 1
    assert AuditEntry.objects.filter(event="job.advanced").count() == number - 1


def test_a_fault_of_one_is_found_by_halves_and_backs_off_alone(jobs):
    made = jobs(100, kills=False)
    poison.add(made[41].id)
    engine.run()
    assert Job.objects.exclude(ended_at=None).count() == 99
    step = Step.objects.get(job=made[41])
    assert (step.state, step.attempts, step.problem) == ("started", 1, "RuntimeError")
    assert not Job.objects.exclude(parked_because="").exists()


def test_what_a_later_answer_says_of_one_holds_up_no_other(jobs, monkeypatch):
    made = jobs(4, kills=False)
    answers = {made[2].id: Later("not now")}
    monkeypatch.setitem(
        handlers.local_handlers, "test set", lambda some: {job: answers.get(job.id, Done()) for job in some}
    )
    engine.run()
    assert list(Job.objects.filter(ended_at=None)) == [made[2]]
    assert Step.objects.get(job=made[2]).problem == "not now"
