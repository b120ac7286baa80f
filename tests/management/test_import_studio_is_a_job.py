"""An import of a studio can be stopped anywhere and is taken up by whoever comes next; nothing comes in twice."""

import io
import json
import re
import shutil
import tracemalloc

import pytest
from django.core.management import CommandError, call_command

from kosenai_ops.fulfilment import studio_imports
from kosenai_ops.fulfilment.studio_imports import CHANGED, GONE, KIND, Account
from kosenai_ops.management.commands import import_studio as command
from kosenai_ops.studio import people
from privacy.fulfilment.importing import content
from privacy.jobs import failpoints, slices
from privacy.jobs.order import about
from privacy.models import AuditEntry, DataSubject, Job, Lane, Prompt, Script, Step
from tests import working

FOLDERS = ("clerk-user-import", "screenplays", "prompts-chat", "stripe-fixtures", "dj-stripe-fixtures")

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(shared_data, tmp_path):
    """A copy that a test may spoil."""
    for name in FOLDERS:
        shutil.copytree(shared_data / name, tmp_path / "studio" / name, copy_function=shutil.copyfile)
        (tmp_path / "studio" / name).chmod(0o755)
    return tmp_path / "studio"


@pytest.fixture
def slices_of_thirty(monkeypatch):
    """Of people 4, of screenplays 1, of prompts 20, of payments 1."""
    for name in ("FIRST", "SHORTEST", "LONGEST"):
        monkeypatch.setattr(slices, name, 30)


def run(folder) -> str:
    """What the command says, but for how long it took."""
    out = io.StringIO()
    call_command("import_studio", str(folder), stdout=out)
    return out.getvalue().split("\nDone in")[0]


def stopped_at(monkeypatch, n: int, folder, error: type[BaseException] = KeyboardInterrupt) -> Job:
    """The command ends in its n-th slice, before that is committed."""
    left = n

    def strike(name):
        nonlocal left
        left -= name == "rows written"
        if name == "rows written" and not left:
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "strike", strike)
        with pytest.raises(CommandError if error is KeyboardInterrupt else error):
            run(folder)
    return Job.objects.get(kind=KIND, ended_at=None)


def account() -> Account:
    return Account.of(Step.objects.get(job__kind=KIND, job__ended_at=None).result)


# --- Stopped and gone on


@pytest.mark.parametrize("n", [1, 3, 5, 6, 15, 26])
def test_stopped_in_any_part_it_goes_on_and_tells_what_an_undisturbed_one_tells(
    shared_data, studio, monkeypatch, slices_of_thirty, n
):
    stopped_at(monkeypatch, n, studio)
    assert sum(account().done) <= 30 * (n - 1)
    said = run(studio)
    assert (DataSubject.objects.count(), Script.objects.count(), Prompt.objects.count()) == (100, 14, 590)
    assert not Job.objects.filter(kind=KIND, ended_at=None).exists()
    rows = {line.split("   ")[0] + re.split(r"  +", line)[1]: [int(w) for w in line.split()[-4:]]
            for line in said.splitlines() if re.search(r"( +\d+){4}$", line)}  # fmt: skip
    assert rows["clerk-user-import/authjs.jsonpeople"] == [100, 0, 0, 0]
    assert rows["prompts-chat/prompts.csvprompts"] == [590, 0, 0, 0]
    assert sum(unchanged for _, _, unchanged, _ in rows.values()) <= 1  # a plan and a price with one id


def test_a_worker_goes_on_where_the_command_was_stopped(shared_data, monkeypatch, slices_of_thirty):
    job = stopped_at(monkeypatch, 8, shared_data)
    assert (job.lane, job.lease, account().done) == (Lane.BULK, None, [100, 14, 60])
    working.run_all()
    job.refresh_from_db()
    assert job.ended_at and not job.parked_because
    assert (DataSubject.objects.count(), Prompt.objects.count()) == (100, 590)


def test_a_second_run_brings_nothing_new(shared_data):
    run(shared_data)
    said = run(shared_data)
    assert re.search(r"authjs.json +people +0 +0 +100 +0\n", said)
    assert re.search(r"prompts.csv +prompts +0 +0 +590 +0\n", said)
    assert Job.objects.filter(kind=KIND).count() == 2


def test_the_same_files_are_ordered_once_wherever_they_lie(studio, tmp_path):
    first = studio_imports.order(studio_imports.check(studio))
    moved = studio.rename(tmp_path / "elsewhere")
    assert studio_imports.order(studio_imports.check(moved)) == first
    assert account().folder == str(moved)
    run(moved)
    assert DataSubject.objects.count() == 100


# --- The files meanwhile


def test_a_file_changed_in_between_is_noticed_and_the_next_run_takes_the_files_as_they_are(
    studio, monkeypatch, slices_of_thirty
):
    job = stopped_at(monkeypatch, 8, studio)
    file = studio / "prompts-chat" / "prompts.csv"
    file.write_text(file.read_text("utf-8") + "\nAnother,Write another one,FALSE,TEXT,somebody\n", "utf-8")
    working.run_all()
    job.refresh_from_db()
    assert job.is_open and job.parked_because == f"studio.rows: {CHANGED}"
    assert Prompt.objects.count() == 60
    run(studio)
    job.refresh_from_db()
    assert job.ended_at and job.steps.get().is_open
    assert (DataSubject.objects.count(), Prompt.objects.count()) == (100, 591)


def test_a_file_changed_under_the_command_stops_it_in_words(studio, monkeypatch, slices_of_thirty):
    monkeypatch.setattr(studio_imports, "SLICE_SECONDS", -1)  # one slice a turn

    def change(done):
        (studio / "screenplays" / "a-new-one.fountain").write_text("Title: New")

    monkeypatch.setattr(studio_imports, "watchers", [change])
    with pytest.raises(CommandError, match=rf"It stopped at studio.rows: {CHANGED} 30 rows are in and stay. Run the"):
        run(studio)


def test_a_folder_that_is_gone_parks_the_job_and_when_it_is_back_it_goes_on(
    studio, tmp_path, monkeypatch, slices_of_thirty
):
    job = stopped_at(monkeypatch, 3, studio)
    studio.rename(tmp_path / "away")
    working.run_all()
    job.refresh_from_db()
    assert job.parked_because == f"studio.rows: {GONE}" and DataSubject.objects.count() == 60
    with pytest.raises(CommandError, match="There is no such folder"):
        run(studio)
    (tmp_path / "away").rename(studio)
    run(studio)
    job.refresh_from_db()
    assert job.ended_at and DataSubject.objects.count() == 100


# --- While another has it, and when it fails


def test_the_command_looks_on_while_another_has_it_and_takes_over_when_its_lease_is_over(shared_data, monkeypatch):
    job = studio_imports.order(studio_imports.check(shared_data))
    assert working.claimed(job.pk)
    monkeypatch.setattr(command.time, "sleep", lambda seconds: working.let_time_pass())
    said = run(shared_data)
    assert said.startswith(command.LOOKS_ON) and said.count(command.LOOKS_ON) == 1
    assert DataSubject.objects.count() == 100


def test_one_who_lost_the_lease_in_a_slice_writes_nothing_of_it(shared_data, monkeypatch, slices_of_thirty):
    job, written = studio_imports.order(studio_imports.check(shared_data)), []

    def overtaken(name):
        if name == "rows written" and not written:
            written.append(DataSubject.objects.count())
            working.let_time_pass()
            Job.objects.update(fence=9)

    monkeypatch.setattr(failpoints, "strike", overtaken)
    studio_imports.carry_out(job.pk)
    assert (written, DataSubject.objects.count(), account().done) == ([30], 0, [0])


def test_what_fails_is_tried_again_and_the_reason_shown(shared_data, monkeypatch):
    take_in, failures = content.take_in, [RuntimeError("p1@example.com")]

    def failing_once(**given):
        if failures:
            raise failures.pop()
        return take_in(**given)

    monkeypatch.setattr(content, "take_in", failing_once)
    monkeypatch.setattr(command.time, "sleep", lambda seconds: working.let_time_pass())
    assert run(shared_data).startswith("RuntimeError: it will be tried again.\n")
    assert (DataSubject.objects.count(), Prompt.objects.count()) == (100, 590)


# --- What is kept of it


def test_neither_path_nor_name_of_a_file_of_theirs_is_in_the_evidence(studio, caplog):
    (studio / "screenplays" / "zz-secret.fdx").write_bytes(b"<html/>")
    assert "zz-secret.fdx is not a Final Draft file" in run(studio)
    trail = [json.dumps(entry.data) for entry in AuditEntry.objects.filter(chain=Job.objects.get(kind=KIND).pk)]
    kept = [*trail, json.dumps(Step.objects.get(job__kind=KIND).result), caplog.text]
    assert not any(word in text for text in kept for word in (str(studio), "zz-secret", "@example.com"))
    assert Job.objects.get(kind=KIND).about != about("")


def test_people_are_never_all_at_hand_at_once(tmp_path, monkeypatch):
    """Of the text of their file only few are parsed at a time. Measured from when it has been read: a read reserves
    the most that a file may have, whatever it has."""
    users = [
        {"userId": f"u{n}", "email": f"p{n}@example.com", "firstName": "Pat", "lastName": "N"} for n in range(9000)
    ]
    (tmp_path / people.FOLDER).mkdir()
    file = tmp_path / people.FOLDER / "authjs.json"
    file.write_text(json.dumps(users))
    text_of, already = people.text_of, []

    def measured_from_here(path):
        text = text_of(path)
        tracemalloc.reset_peak()
        already.append(tracemalloc.get_traced_memory()[0])
        return text

    def beside_the_text() -> int:
        return tracemalloc.get_traced_memory()[1] - already.pop()

    monkeypatch.setattr(people, "text_of", measured_from_here)
    tracemalloc.start()
    try:
        assert sum(1 for _ in people.part(tmp_path, 0).rows) == 9000
        taken = [beside_the_text()]
        assert [user.reason for user in people.arrived(tmp_path, {1, 8999}).values()] == [
            "Its person is no longer here."
        ] * 2
        taken.append(beside_the_text())
    finally:
        tracemalloc.stop()
    assert already == []  # each was measured, from its one reading
    assert max(taken) < file.stat().st_size / 4  # all of them parsed take four times their file
