"""An import lets everybody else go on: foreseen without a write, written in slices, taken up where it ended."""

import csv
import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Customer
from privacy import tasks
from privacy.fulfilment.importing import content, imports, subjects
from privacy.fulfilment.importing.arrivals import ERASED
from privacy.fulfilment.importing.subjects import Person
from privacy.jobs import bells, slices
from privacy.jobs import run as engine
from privacy.jobs.claim import MAX_CLAIMS
from privacy.jobs.record import MAX_ATTEMPTS
from privacy.jobs.settle import settle
from privacy.jobs.slices import Pace, in_slices
from privacy.models import AuditEntry, DataSubject, Identifier, ImportRun, Job, Lane, Note, Prompt
from privacy.selectors.suppression import digest
from tests import factories as f
from tests import working

IN_CSV = "0"


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def manager(manager, client):
    client.get(reverse("admin:index"))  # the session is written once a minute: now, and not in the test
    return manager


@pytest.fixture
def slices_of_two(monkeypatch):
    for name in ("FIRST", "SHORTEST", "LONGEST"):
        monkeypatch.setattr(slices, name, 2)


def people_file(count: int) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["full_name", "email"])
    writer.writerows([f"Person {n}", f"p{n}@example.com"] for n in range(1, count + 1))
    return out.getvalue().encode()


def page_of(model, name: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}")


def preview(client, model, data: bytes):
    file = SimpleUploadedFile("rows.csv", data)
    return client.post(page_of(model, "import"), {"import_file": file, "format": IN_CSV, "resource": "0"})


def confirm(client, model, previewed):
    form = previewed.context["confirm_form"].initial
    return client.post(page_of(model, "process_import"), form, follow=True)


def ordered(client, monkeypatch, count: int) -> ImportRun:
    """A confirmed import that waits for a worker."""
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    confirm(client, DataSubject, preview(client, DataSubject, people_file(count)))
    return ImportRun.objects.get()


def known_addresses() -> set[str]:
    return set(Identifier.objects.filter(kind="email").values_list("value", flat=True))


# --- foreseen without a write


def rows_for(model) -> bytes:
    person = f.IdentifierFactory(value="ada@example.com").subject
    rows = {
        DataSubject: f"id,full_name,email\n{person.pk},Ada,\n,Bea,bea@example.com\n",
        Note: "author,body\nada@example.com,A note\n",
        Customer: "stripe_id,subject,name\ncus_1,ada@example.com,Ada\n",
    }
    return rows[model].encode()


@pytest.mark.django_db
@pytest.mark.parametrize("model", [DataSubject, Note, Customer], ids=lambda model: model.__name__)
def test_a_preview_executes_no_write(client, manager, model):
    data = rows_for(model)
    with CaptureQueriesContext(connection) as asked:
        assert "confirm_form" in preview(client, model, data).context
    verbs = {query["sql"].split()[0].lstrip("(").upper() for query in asked.captured_queries}
    assert verbs <= {"SELECT"}


NAMES = st.sampled_from(["Ada", "Bea", "N" * 201])
ADDRESSES = st.sampled_from(["a@example.com", "A@Example.com", "b@example.com", "gone@example.com", "no address", ""])
CLERK_IDS = st.sampled_from(["u1", "u2", "u3", ""])
PEOPLE = st.lists(st.tuples(NAMES, ADDRESSES, CLERK_IDS), max_size=6)


def person_of(name: str, address: str, clerk_id: str) -> Person:
    pairs = (("email", address), ("clerk_id", clerk_id))
    return Person(full_name=name, identifiers=tuple(pair for pair in pairs if pair[1]))


def fates(arrivals) -> list[tuple[str, str]]:
    return [(arrival.outcome, arrival.reason) for arrival in arrivals]


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=PEOPLE, coming=PEOPLE)
def test_what_is_foreseen_is_what_happens_at_once_and_in_slices(before, coming):
    people = [person_of(*one) for one in coming]
    with transaction.atomic():
        f.SuppressionFactory(kind="email", digest=digest("email", "gone@example.com"))
        subjects.bring_in(people=[person_of(*one) for one in before], actor=None)
        foreseen = fates(subjects.judge_people(people=people))
        at_once = undone(lambda: fates(subjects.bring_in(people=people, actor=None)))
        in_slices_of_one = undone(
            lambda: [fate for one in people for fate in fates(subjects.bring_in(people=[one], actor=None))]
        )
        transaction.set_rollback(True)
    assert foreseen == at_once == in_slices_of_one


def undone(deed):
    """What the deed answers; nothing of it stays."""
    with transaction.atomic():
        answer = deed()
        transaction.set_rollback(True)
    return answer


# --- written in slices


def test_a_slice_is_as_long_as_the_clock_allows():
    pace = Pace(seconds=0.1)
    pace.took(50, 0.2)
    assert pace.rows == 25
    pace.took(25, 0.001)
    assert pace.rows == 50  # the next rows may be heavier: never more than twice as many
    pace.took(50, 60)
    assert pace.rows == slices.SHORTEST


@pytest.mark.django_db
def test_no_transaction_of_an_import_takes_more_rows_than_its_slice(slices_of_two):
    seen = []
    people = (person_of("P", f"p{n}@example.com", "") for n in range(5))
    for arrivals in in_slices(people, lambda some: subjects.bring_in(people=some, actor=None)):
        seen.append(len(arrivals))
    assert seen == [2, 2, 1]


@pytest.mark.django_db
def test_a_large_import_is_carried_out_by_a_worker_and_can_be_watched_left_and_found_again(
    client, manager, monkeypatch, slices_of_two, django_capture_on_commit_callbacks
):
    run = ordered(client, monkeypatch, 5)
    here = reverse("admin:privacy_importrun_change", args=[run.pk])
    assert "5 rows wait for a worker." in client.get(here).content.decode()
    f.SuppressionFactory(kind="email", digest=digest("email", "p4@example.com"))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.work(str(run.pk))
    page = client.get(here).content.decode()
    assert "Imported: 4 new, 0 changed, 0 unchanged, 1 left out." in page
    assert f"Row 4 was left out: {ERASED}" in page
    assert here in client.get(reverse("admin:privacy_importrun_changelist")).content.decode()
    polled = client.get(reverse("admin:privacy_importrun_progress", args=[run.pk])).json()
    assert (polled["next"], polled["bars"]["all"][:2]) == (0, [5, 5])
    assert default_storage.listdir("imports")[1] == []
    trail = AuditEntry.objects.filter(chain=run.pk).order_by("n")
    assert [event for entry in trail for event, _ in working.parts_of(entry)] == [
        "import.ordered",
        "plan.frozen",
        "step.intended",
        "step.done",
        "import.done",
        "step.done",
    ]


@pytest.mark.django_db
def test_the_page_tells_how_far_it_is_and_about_how_long_it_takes(client, manager):
    run = f.ImportRunFactory(total=1000, done=500)
    ImportRun.objects.update(started_at="2026-01-01T00:00:00Z")
    page = client.get(reverse("admin:privacy_importrun_change", args=[run.pk])).content.decode()
    assert "500 of 1,000 rows; about " in page and " left" in page


@pytest.mark.django_db
def test_a_killed_import_goes_on_after_its_last_slice_and_writes_nothing_twice(
    client, manager, monkeypatch, slices_of_two
):
    run, bring_in, calls = ordered(client, monkeypatch, 5), subjects.bring_in, []

    def killed_in_the_second(**given):
        calls.append(1)
        arrivals = bring_in(**given)
        if len(calls) == 2:
            raise SystemExit
        return arrivals

    monkeypatch.setattr(subjects, "bring_in", killed_in_the_second)
    with pytest.raises(SystemExit):
        imports.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.done, run.created, DataSubject.objects.count()) == (2, 2, 2)
    imports.carry_out(run.pk)  # its lease is not over yet
    assert DataSubject.objects.count() == 2
    working.let_time_pass()
    assert working.is_due(run.pk)
    imports.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.outcome, run.done, run.created, run.left_out) == ("done", 5, 5, 0)
    assert DataSubject.objects.count() == 5


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_writes_nothing(client, manager, monkeypatch):
    run = ordered(client, monkeypatch, 3)
    slow = working.claimed(run.pk)
    working.let_time_pass()
    quick = working.claimed(run.pk)
    for late in (engine.work, settle):
        late(slow)
        assert (DataSubject.objects.count(), working.is_due(run.pk)) == (0, False)
    engine.work(quick)
    settle(quick)
    run.refresh_from_db()
    assert (run.outcome, run.created, DataSubject.objects.count()) == ("done", 3, 3)
    before = AuditEntry.objects.count()
    engine.work(slow)
    settle(slow)
    assert (DataSubject.objects.count(), AuditEntry.objects.count()) == (3, before)


@pytest.mark.django_db
def test_what_keeps_killing_workers_is_given_up_and_a_person_told(client, manager, monkeypatch):
    run = ordered(client, monkeypatch, 3)
    Job.objects.update(claims=MAX_CLAIMS)
    imports.carry_out(run.pk)
    run.refresh_from_db()
    assert run.outcome == ImportRun.Outcome.STOPPED and "failed too often after row 0" in run.reasons[0]
    assert not working.is_due(run.pk)


@pytest.mark.django_db
def test_what_keeps_failing_is_given_up_with_what_is_in_and_a_person_told(client, manager, monkeypatch, slices_of_two):
    run, write = ordered(client, monkeypatch, 3), imports.write

    def failing_in_the_second(*given):
        if known_addresses():
            raise RuntimeError
        return write(*given)

    monkeypatch.setattr(imports, "write", failing_in_the_second)
    for _ in range(MAX_ATTEMPTS):
        assert run.finished_at is None
        working.let_time_pass()
        imports.carry_out(run.pk)
        run.refresh_from_db()
    assert (run.outcome, run.created, DataSubject.objects.count()) == (ImportRun.Outcome.STOPPED, 2, 2)
    assert "failed too often after row 2" in run.reasons[0]
    working.let_time_pass()
    assert not working.is_due(run.pk)


@pytest.mark.django_db
def test_a_row_that_becomes_wrong_while_others_are_written_is_left_out_and_told(
    client, manager, monkeypatch, slices_of_two
):
    run, bring_in = ordered(client, monkeypatch, 4), subjects.bring_in

    def with_a_rival(**given):
        if not known_addresses():
            f.IdentifierFactory(value="p3@example.com")
        return bring_in(**given)

    monkeypatch.setattr(subjects, "bring_in", with_a_rival)
    imports.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.outcome, run.created, run.left_out) == ("done", 3, 1)
    assert run.reasons[0].startswith("Row 3 was left out: email: Subject ")


@pytest.mark.django_db
def test_the_sweep_rings_for_an_import_that_no_worker_holds(client, manager, monkeypatch):
    run, rung = ordered(client, monkeypatch, 3), []
    monkeypatch.setattr(bells, "_publish", rung.extend)
    tasks.sweep()
    assert (run.pk, Lane.BULK) in rung


@pytest.mark.django_db
def test_the_file_of_a_waiting_import_is_not_swept(client, manager, monkeypatch):
    run = ordered(client, monkeypatch, 2)
    monkeypatch.setattr(imports.files, "LIFE", imports.files.LIFE * 0)
    assert imports.files.sweep() == 0
    imports.carry_out(run.pk)
    assert DataSubject.objects.count() == 2


# --- the command


@pytest.mark.django_db
def test_a_stopped_studio_import_says_what_is_in_and_goes_on_when_it_is_run_again(shared_data, monkeypatch):
    take_in, calls = content.take_in, []

    def stopped_in_the_second(**given):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return take_in(**given)

    monkeypatch.setattr(content, "take_in", stopped_in_the_second)
    with pytest.raises(CommandError, match="Stopped. 119 rows are in and stay. Run the same command again") as stopped:
        call_command("import_studio", str(shared_data), stdout=io.StringIO())
    assert stopped.value.returncode == 130
    assert (DataSubject.objects.count(), Prompt.objects.count()) == (100, 0)
    out = io.StringIO()
    call_command("import_studio", str(shared_data), stdout=out)
    assert (DataSubject.objects.count(), Prompt.objects.count()) == (100, 590)
    assert "people" in out.getvalue() and "Done in" in out.getvalue()
