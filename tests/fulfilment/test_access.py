"""The access package holds what the database holds, tells what it does not hold, and is whole or not there."""

import errno
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyrage
import pytest
from django.core.files.storage import FileSystemStorage
from django.db import models

from privacy import tasks
from privacy.cases.packages import give_link
from privacy.datamap import PersonalData, registry, spreadsheet
from privacy.fulfilment import access, packages
from privacy.fulfilment.package import builder, output, uploads
from privacy.jobs import bells
from privacy.models import (
    AccessPackage,
    AuditEntry,
    DataSubject,
    Heartbeat,
    Identifier,
    Job,
    Lane,
    Note,
    Outcome,
    Staff,
    Upload,
    UsageEvent,
)
from tests import factories as f
from tests import working
from tests.factories.people import person_with_everything
from tests.fulfilment.exporting import (
    again,
    asked,
    csv_rows,
    entries_of,
    exported,
    json_rows,
    left_in_folder,
    unzipped,
    written_for,
)

# The package is read on a connection of its own, which sees committed rows only.
pytestmark = pytest.mark.django_db(transaction=True)

BLNS = Path(__file__).resolve().parents[3] / "shared" / "data" / "blns" / "blns-odd.json"


@pytest.fixture(autouse=True)
def empty_folder():
    shutil.rmtree(packages.folder(), ignore_errors=True)


# --- What is in it ----------------------------------------------------------------------------------------------------


def as_json(row: models.Model, field: models.Field):
    """A field's value, spelled as the package spells it, read with the ORM."""
    value = getattr(row, field.attname)
    if field.related_model is DataSubject:
        return value and ("another person" if field.name == "other" else "you")
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date():
            return value.isoformat()
        case models.fields.files.FieldFile():
            return value.name
    return value


def told_in_packages() -> list[type[PersonalData]]:
    return [declaration for declaration in registry.declarations.values() if not declaration.derived]


def test_every_row_of_every_declared_model_is_in_both_formats():
    person = person_with_everything()
    request = asked(person)
    step = request.steps.get(name="access.package")
    assert step.units_planned > 30
    working.run(request.id)
    package = AccessPackage.objects.get(request=request)
    content = unzipped(package)

    compared = 0
    for declaration in told_in_packages():
        label = declaration.label()
        if label in ("privacy.Case", "privacy.Job", "privacy.Step"):
            continue  # the export itself moved them on
        path = "__".join(declaration.path()) or "pk"
        own = {str(row.pk): row for row in declaration.model.objects.filter(**{path: person.id})}
        own.pop(str(package.pk), None)  # it did not exist yet
        told = {str(row["id"]): row for row in json_rows(content, label)}
        assert set(own) <= set(told), label
        for key, row in own.items():
            for field in declaration.model._meta.concrete_fields:
                if field.name in declaration.withheld or field.name == declaration.silent:
                    assert field.name not in told[key]
                elif field.name not in declaration.roles:
                    assert told[key][field.name] == as_json(row, field), (label, field.name)
                    compared += 1
        table = csv_rows(content, label)
        assert [row["id"] for row in table] == [str(row["id"]) for row in json_rows(content, label)]
        assert list(table[0]) == list(json_rows(content, label)[0])
    assert compared > 150
    assert package.rows == sum(json.loads(content["manifest.json"])["counts"].values())


def test_a_large_table_reads_the_same_as_a_small_one():
    """On PostgreSQL the two take different ways."""
    person = f.DataSubjectFactory()
    rows = 3 * 500
    UsageEvent.objects.bulk_create(
        UsageEvent(subject=person, name=f'=evil "{n}",\n\\n ü', properties={"n": n, "text": "\\ \" \n"},
                   ip_address="192.0.2.7" if n % 2 else None, occurred_at=datetime(2026, 1, 2, 3, 4, 5, n, tzinfo=UTC))
        for n in range(rows)
    )  # fmt: skip
    content = unzipped(exported(person))
    told = sorted(json_rows(content, "privacy.UsageEvent"), key=lambda row: row["properties"]["n"])
    assert [row["properties"]["n"] for row in told] == list(range(rows))
    assert told[7]["name"] == '=evil "7",\n\\n ü'
    assert told[7]["properties"]["text"] == '\\ " \n'
    assert told[7]["occurred_at"] == "2026-01-02T03:04:05.000007Z"
    assert told[7]["ip_address"] == "192.0.2.7" and told[8]["ip_address"] is None
    table = sorted(csv_rows(content, "privacy.UsageEvent"), key=lambda row: json.loads(row["properties"])["n"])
    assert len(table) == rows
    assert table[7]["name"] == '\'=evil "7",\n\\n ü'
    assert table[7]["occurred_at"] == "2026-01-02T03:04:05.000007Z"
    assert (table[7]["ip_address"], table[8]["ip_address"]) == ("192.0.2.7", "")


def test_both_formats_and_the_counts_are_of_one_moment_and_nobody_is_locked_out(tmp_path):
    person = f.DataSubjectFactory()
    f.NoteFactory.create_batch(3, author=person)
    request = asked(person)

    def meanwhile(rows):
        f.NoteFactory(author=person)

    built = builder.build(request, tmp_path / "p.zip", expires_after=timedelta(days=7), tick=meanwhile)
    content = entries_of((tmp_path / "p.zip").read_bytes())
    assert Note.objects.filter(author=person).count() > 3
    assert built.counts["privacy.Note"] == 3
    assert len(json_rows(content, "privacy.Note")) == len(csv_rows(content, "privacy.Note")) == 3


def test_the_manifest_names_every_entry_with_its_size_and_digest():
    content = unzipped(exported(person_with_everything()))
    manifest = json.loads(content.pop("manifest.json"))
    assert manifest["schema_version"] == 1
    assert {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in content.items()
    } == manifest["entries"]
    assert set(manifest["counts"]) == {d.label() for d in told_in_packages()}
    for label, rows in manifest["counts"].items():
        assert (f"data/{label}.jsonl" in content) == (f"data/{label}.csv" in content) == bool(rows)
    assert {gap["kind"] for gap in manifest["gaps"]} == {"field", "processor", "table"}
    assert all(gap["reason"] for gap in manifest["gaps"])


def test_uploads_are_there_byte_for_byte():
    person = f.DataSubjectFactory()
    stored = {u.id: u.file.read() for u in f.UploadFactory.create_batch(3, owner=person)}
    content = unzipped(exported(person))
    assert {UUID(n.split("/")[1]): data for n, data in content.items() if n.startswith("files/")} == stored


def test_other_people_appear_by_role_and_nowhere_else():
    person = person_with_everything()
    for number, other in enumerate(DataSubject.objects.exclude(pk=person.id)):
        other.full_name = f"Zebulon Otherly-{number}"
        other.save()
        f.IdentifierFactory(subject=other, value=f"otherly-{number}@example.net")
    done = f.JobFactory(case__subject=person, case__closed=True, ended_at=datetime.now(UTC))
    f.StepFactory(job=done, result={"attested_by": 424242})
    content = unzipped(exported(person))
    everything = b"\n".join([*content.values(), *(name.encode() for name in content)]).lower()

    secrets = ["otherly", "424242", *Staff.objects.values_list("email", flat=True)]
    secrets += [name for name in Staff.objects.values_list("username", flat=True) if name]
    for other in DataSubject.objects.exclude(pk=person.id):
        secrets += [str(other.id), other.id.hex]
        secrets += Identifier.objects.filter(subject=other).values_list("value", flat=True)
    assert len(secrets) > 12
    assert [s for s in secrets if s.lower().encode() in everything] == []

    assert sorted(row["owner"] for row in json_rows(content, "privacy.Script")) == ["another person", "you", "you"]
    assert "writer" in {row["others"] for row in json_rows(content, "privacy.Script")}
    assert "editor" in {row["others"] for row in json_rows(content, "privacy.Membership")}
    assert "Kosenai support" in {row["staff"] for row in json_rows(content, "privacy.SupportMessage")}


# --- Hostile values ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def naughty(unavailable):
    if not BLNS.exists():
        unavailable("shared/data/blns is not here")
    return [s for s in json.loads(BLNS.read_text()) if s and "\0" not in s and encodes(s)]


def encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_hostile_values_are_true_in_the_json_and_harmless_in_the_csv(naughty):
    person = f.DataSubjectFactory(full_name='=HYPERLINK("http://example.com")')
    Note.objects.bulk_create(Note(author=person, body=text) for text in naughty)
    content = unzipped(exported(person))
    told = [row["body"] for row in json_rows(content, "privacy.Note")]
    assert sorted(told) == sorted(naughty)
    cells = [row["body"] for row in csv_rows(content, "privacy.Note")]
    assert [spreadsheet.as_written(cell) for cell in cells] == told
    runs = [cell for cell in cells if cell.strip()[:1] in tuple("=+-@＝＋－＠") or cell[:1] in "\t\r\n"]
    assert [cell for cell in runs if not re.fullmatch(r"-[0-9.]+", cell)] == []
    assert sum(cell != text for cell, text in zip(cells, told, strict=True)) > 10
    assert csv_rows(content, "privacy.DataSubject")[0]["full_name"].startswith("'=")
    assert json_rows(content, "privacy.DataSubject")[0]["full_name"].startswith("=")
    assert b"<script>alert" not in content["index.html"]


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1+1", "@a", "\ta", "\ra", "\na", "  =1", "\u00a0=1", "\ufeff=1", "＝1", "＋1", "－1", "＠a"]
)
def test_a_text_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert spreadsheet.neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "-1", "12", "ü", "e-mail", " a"])
def test_other_texts_stay_as_they_are(text):
    assert spreadsheet.neutral(text) == text


@pytest.mark.service("postgresql")
def test_python_and_the_database_neutralise_the_same_texts(naughty):
    person = f.DataSubjectFactory()
    texts = [*naughty, "\u3000=1", "\u200b+1", "\v@", "-", "=", "＠"]
    UsageEvent.objects.bulk_create(UsageEvent(subject=person, name=t[:100]) for t in texts * 4)
    content = unzipped(exported(person))
    cells = [row["name"] for row in csv_rows(content, "privacy.UsageEvent")]
    assert len(cells) > 500
    told = [row["name"] for row in json_rows(content, "privacy.UsageEvent")]
    assert cells == [spreadsheet.neutral(text) for text in told]


@pytest.mark.service("sqlite")  # jsonb refuses it
def test_half_a_surrogate_pair_does_not_stop_the_package():
    person = f.DataSubjectFactory()
    f.UsageEventFactory(subject=person, properties={"text": "\ud800"})
    content = unzipped(exported(person))
    assert json_rows(content, "privacy.UsageEvent")[0]["properties"] == {"text": "\ud800"}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Reel one.mov", "Reel_one.mov"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b\x00c\u202etxt.exe", "a_bctxt.exe"),
        ("..", "file"),
        ("", "file"),
        ("ä" * 200 + ".pdf", "ä" * 73 + ".pdf"),
        (".htaccess", "htaccess"),
    ],
)
def test_names_of_uploads_unpack_anywhere(name, safe):
    assert uploads.safe_name(name) == safe


def test_a_ten_megabyte_text_goes_through():
    person = f.DataSubjectFactory()
    body = "=" + "word " * (2 * 1024**2)
    f.NoteFactory(author=person, body=body)
    content = unzipped(exported(person))
    assert json_rows(content, "privacy.Note")[0]["body"] == body
    assert len(content["index.html"]) < 100_000


# --- Gaps and faults --------------------------------------------------------------------------------------------------


def test_a_vanished_upload_is_a_gap_and_not_a_failure():
    person = f.DataSubjectFactory()
    here, gone = f.UploadFactory(owner=person), f.UploadFactory(owner=person, name="lost reel.mov")
    gone.file.storage.delete(gone.file.name)
    package = exported(person)
    content = unzipped(package)
    [gap] = [g for g in json.loads(content["manifest.json"])["gaps"] if g["kind"] == "file"]
    assert gap["what"] == f"files/{gone.id}/lost_reel.mov"
    assert "no longer" in gap["reason"]
    assert package.files == 1 and any(name.startswith(f"files/{here.id}/") for name in content)
    assert package.request.steps.get(name="access.package").result["missing_files"] == 1
    assert b"lost_reel.mov" in content["index.html"]


@pytest.mark.parametrize("stored", ["../../../etc/passwd", "uploads", "uploads/\u0001"])
def test_a_stored_name_that_is_no_file_of_ours_is_a_gap(stored):
    person = f.DataSubjectFactory()
    upload = f.UploadFactory(owner=person)
    Upload.objects.filter(pk=upload.pk).update(file=stored)
    package = exported(person)
    assert package.files == 0
    assert b"root:" not in b"".join(unzipped(package).values())


class FullDisk(io.RawIOBase):
    """A file on a disk with room for `room` more bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def flush(self):
        self.file.flush()


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_full_disk_leaves_nothing_behind_and_is_tried_again(monkeypatch, encrypted):
    key = str(pyrage.x25519.Identity.generate().to_public()) if encrypted else ""
    person = f.DataSubjectFactory()
    f.UploadFactory(owner=person, content=os.urandom(300_000))
    request = asked(person, recipient_key=key)
    with monkeypatch.context() as patch:
        patch.setattr(output, "Output", lambda file, real=output.Output: real(FullDisk(file, 100_000)))
        working.run(request.id)
    request.refresh_from_db()
    step = request.steps.get(name="access.package")
    assert step.problem.startswith("No space left on the disk")
    assert step.not_before and not AccessPackage.objects.exists()
    assert written_for(request) == []
    assert again(request.id).outcome == Outcome.FULFILLED
    assert len(written_for(request)) == 1


IN_A_SMALL_DISK = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "kosenai_ops.settings"
django.setup()
from uuid import UUID
from django.db.models import Q
from privacy.fulfilment import packages
from privacy.jobs.run import run
run(Q(case=UUID(sys.argv[1])))
print(os.listdir(packages.folder()))
"""


def test_a_disk_that_is_really_full(process_environment, unavailable):
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("mounting a small disk takes root and unshare")
    person = f.DataSubjectFactory()
    f.UploadFactory(owner=person, content=os.urandom(300_000))
    request = asked(person)
    folder = packages.folder()
    folder.mkdir(parents=True)
    mounted = f'mount -t tmpfs -o size=100k none "{folder}" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", mounted, "-", sys.executable, "-c", IN_A_SMALL_DISK, str(request.id)]
    ended = subprocess.run(command, env=process_environment, capture_output=True, text=True, check=False)
    if "mount" in ended.stderr and not ended.stdout:
        pytest.skip("no mount here")
    assert ended.stdout.strip().endswith("[]"), ended.stderr[-2000:]
    assert request.steps.get(name="access.package").problem.startswith("No space left on the disk")
    assert again(request.id).outcome == Outcome.FULFILLED


KILLED_WHILE_WRITING = """
import os, signal, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "kosenai_ops.settings"
django.setup()
from uuid import UUID
from django.db.models import Q
from privacy.fulfilment.package import builder, output
from privacy.jobs import failpoints
from privacy.jobs.run import run
point = sys.argv[2]
kill = lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL)
match point:
    case "writing": builder.write_csv = kill
    case "before its name": output.os.fsync = kill
    case "after its name": output._flush_folder = kill
    case "before the record": failpoints.strike = lambda name: kill() if name == "package written" else None
run(Q(case=UUID(sys.argv[1])))
"""


@pytest.mark.parametrize(
    "point",
    [
        "writing", "after its name",
        *[pytest.param(point, marks=pytest.mark.attack) for point in ("before its name", "before the record")],
    ],
)  # fmt: skip
def test_a_worker_killed_while_it_writes_leaves_no_package_and_the_next_starts_clean(point, process_environment):
    request = asked(person_with_everything())
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(request.id), point]
    ended = subprocess.run(command, env=process_environment, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]
    assert len(written_for(request)) == 1
    assert not AccessPackage.objects.filter(request=request).exists()
    assert again(request.id).outcome == Outcome.FULFILLED
    package = AccessPackage.objects.get(request=request)
    assert written_for(request) == [Path(package.file.name).name]
    assert hashlib.sha256(Path(package.file.path).read_bytes()).hexdigest() == package.sha256


def test_a_lost_lease_stops_the_writing_and_leaves_nothing(monkeypatch):
    monkeypatch.setattr(access, "RENEW_SECONDS", -1)
    request = asked(person_with_everything())
    write_csv = builder.write_csv

    def overtaken(*args):
        Job.objects.filter(case=request).update(fence=99)
        write_csv(*args)

    monkeypatch.setattr(builder, "write_csv", overtaken)
    working.run(request.id)
    assert written_for(request) == []
    assert not AccessPackage.objects.filter(request=request).exists()


def test_progress_moves_while_rows_are_written(monkeypatch):
    monkeypatch.setattr(access, "TELL_SECONDS", -1)
    request = asked(person_with_everything())
    seen = []
    write_cover = builder.write_cover

    def look(*args):
        seen.append(request.steps.get(name="access.package").units_done)
        write_cover(*args)

    monkeypatch.setattr(builder, "write_cover", look)
    working.run(request.id)
    assert seen[0] > 30
    assert request.steps.get(name="access.package").units_done == AccessPackage.objects.get(request=request).rows


def test_a_person_erased_meanwhile_gets_no_package_of_what_is_erased(monkeypatch):
    person = person_with_everything()
    request = asked(person)
    build = builder.build

    def erased_meanwhile(*args, **kwargs):
        built = build(*args, **kwargs)
        monkeypatch.setattr(builder, "build", build)
        DataSubject.objects.filter(pk=person.pk).update(full_name="", country="", erased_at=datetime.now(UTC))
        Identifier.objects.filter(subject=person).delete()
        return built

    monkeypatch.setattr(builder, "build", erased_meanwhile)
    working.run(request.id)
    assert written_for(request) == [] and not AccessPackage.objects.filter(request=request).exists()
    assert again(request.id).outcome == Outcome.FULFILLED
    content = unzipped(AccessPackage.objects.get(request=request))
    assert json_rows(content, "privacy.DataSubject")[0]["full_name"] == ""
    assert "data/privacy.Identifier.jsonl" not in content


# --- Encryption -------------------------------------------------------------------------------------------------------


def test_an_encrypted_package_opens_with_the_secret_key_and_only_with_it():
    identity = pyrage.x25519.Identity.generate()
    person = person_with_everything()
    package = exported(person, recipient_key=f" {identity.to_public()}\n")
    sealed = Path(package.file.path).read_bytes()
    assert package.encrypted and package.file.name.endswith(".zip.age")
    assert sealed.startswith(b"age-encryption.org/v1") and b"index.html" not in sealed
    assert (len(sealed), hashlib.sha256(sealed).hexdigest()) == (package.size, package.sha256)
    content = entries_of(pyrage.decrypt(sealed, [identity]))
    assert json_rows(content, "privacy.DataSubject")[0]["full_name"] == person.full_name
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])


# --- The sweep --------------------------------------------------------------------------------------------------------


def expire(package):
    """Its time, and that of the job which deletes it, have come."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    AccessPackage.objects.filter(pk=package.pk).update(expires_at=past)
    assert Job.objects.filter(pk=package.pk, not_before=package.expires_at).update(not_before=past) == 1


def swept() -> set[UUID]:
    return set(AccessPackage.objects.filter(swept_at__isnull=False).values_list("pk", flat=True))


def test_expired_files_are_deleted_and_their_rows_are_kept():
    old, young = exported(f.DataSubjectFactory()), exported(f.DataSubjectFactory())
    give_link(request_id=old.request_id, actor=f.StaffFactory())
    expire(old)
    working.run_all()
    assert swept() == {old.id}
    assert not working.is_due(old.id) and not working.is_due(young.id)
    old.refresh_from_db()
    assert (old.file.name, old.token_sha256, bool(old.swept_at), old.rows > 0) == ("", "", True, True)
    assert left_in_folder() == [Path(young.file.name).name]
    assert AuditEntry.objects.filter(chain=old.request_id, event="package.swept").count() == 1


def test_a_worker_finishes_what_a_killed_one_began():
    package = exported(f.DataSubjectFactory())
    expire(package)
    package.file.storage.delete(package.file.name)
    working.run_all()
    assert swept() == {package.id}


def test_a_package_that_cannot_be_deleted_holds_up_no_other(monkeypatch):
    stuck, old = exported(f.DataSubjectFactory()), exported(f.DataSubjectFactory())
    expire(stuck)
    expire(old)
    delete = FileSystemStorage.delete

    def refuse(self, name):
        if name == stuck.file.name:
            raise PermissionError(errno.EACCES, "Permission denied")
        delete(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "delete", refuse)
        working.run_all()
    assert swept() == {old.id}
    working.let_time_pass(working.of(stuck.id))
    working.run_all()
    assert swept() == {old.id, stuck.id}


def test_the_sweep_deletes_what_nobody_claims_after_an_hour():
    package = exported(f.DataSubjectFactory())
    orphan, fresh = packages.folder() / "orphan.zip.tmp", packages.folder() / "fresh.zip.tmp"
    orphan.touch()
    fresh.touch()
    two_hours_ago = time.time() - 7200
    for old in (orphan, Path(package.file.path)):
        os.utime(old, (two_hours_ago, two_hours_ago))
    assert packages.sweep_orphans() == 1
    assert left_in_folder() == sorted([Path(package.file.name).name, "fresh.zip.tmp"])


def test_the_recurring_task_rings_for_what_is_expired_and_sweeps_now_and_then(monkeypatch):
    package, rung = exported(f.DataSubjectFactory()), []
    monkeypatch.setattr(bells, "_publish", rung.extend)
    tasks.sweep()
    assert rung == []
    expire(package)
    tasks.sweep()
    assert rung == [(package.id, Lane.BULK)]
    assert not packages.sweep_is_due()
    Heartbeat.objects.filter(name="packages").update(at=datetime.now(UTC) - timedelta(hours=1))
    assert packages.sweep_is_due()


# --- The page ---------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_page_opens_without_a_network_and_runs_nothing_of_what_it_shows(browser, tmp_path):
    person = person_with_everything()
    f.NoteFactory(
        author=person, body="<script>document.title='pwned'</script><img src=//example.com/x onerror=alert(1)>"
    )
    for name, content in unzipped(exported(person)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    page, asked_for, complaints = context.new_page(), [], []
    page.on("request", lambda request: asked_for.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(f"file://{tmp_path}/index.html")
    assert page.title() == "Your data at Kosenai"
    assert asked_for == [f"file://{tmp_path}/index.html"]
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for words in ("GDPR art. 6(1)(b)", "support@kosenai.com", "edpb.europa.eu", "Stripe", "apostrophe", "one month"):
        assert words in page.inner_text("main")
    links = page.eval_on_selector_all("a[href^='data/']", "links => links.map(a => a.getAttribute('href'))")
    assert len(links) > 100 and all((tmp_path / link).exists() for link in links)
    context.close()
