"""The evidence pack of a case is verified by the program inside it, in a bare Python, and nothing in it can be changed
unseen. It tells of nobody."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy import roles
from privacy.admin.evidence.events import sentence
from privacy.cases import clocks, comments, evidence_packs, requests
from privacy.cases.packages import give_link
from privacy.cases.requests import ask, grant
from privacy.evidence import chains, commitments, verify
from privacy.evidence.events import Event
from privacy.evidence.verify import read
from privacy.fulfilment import roots as daily
from privacy.models import AuditEntry, AuditHead, Case, DailyRoot
from tests import factories as f
from tests import working
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db
SECRETS = ("Rosalind", "Quimby-Vance", "rosalind@quimby.example", "a ticket nobody may read", "grocery list.txt",
           "Forget the woman of flat nine", "Salt the earth")  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(settings, tmp_path):
    settings.ROOTS_FOLDER = tmp_path / "elsewhere"
    return settings.ROOTS_FOLDER


@pytest.fixture
def auditor():
    return f.StaffFactory(role="auditor")


@pytest.fixture
def erased() -> Case:
    return make_erased()


def make_erased() -> Case:
    """An erasure with everything about it that a pack tells of, carried out and answered."""
    agent, approver = f.StaffFactory(role="agent"), f.StaffFactory(role="approver")
    person = f.DataSubjectFactory(full_name="Rosalind Quimby-Vance", country="GB")
    f.IdentifierFactory(subject=person, kind="email", value="rosalind@quimby.example")
    given = {"actor": agent, "reason": "Rosalind asks: a ticket nobody may read", "verification": "signed_in"}
    [case] = ask("erasure", subject_ids=[person.pk], **given)
    letter = ContentFile(b"Forget the woman of flat nine", name="grocery list.txt")
    comments.comment(request_id=case.pk, actor=agent, text="Salt the earth", file=letter)
    clocks.pause(request_id=case.pk, actor=agent, why="scope")
    clocks.resume(request_id=case.pk, actor=agent)
    grant(request_id=case.pk, actor=approver)
    working.run_again(case, 3)
    case.refresh_from_db()
    return case


def made(case: Case, actor) -> evidence_packs.Pack:
    return evidence_packs.hand_out(request_id=case.pk, actor=actor, sentence=sentence)


def rooted() -> DailyRoot:
    daily.order_due()
    working.run_all()
    return DailyRoot.objects.get()


def unpacked(pack, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(pack.content)) as archive:
        archive.extractall(folder)
    return folder


def run(folder: Path, *given: str) -> tuple[int, str]:
    """In a Python with nothing beside: no site, no environment, no path of ours."""
    command = [sys.executable, "-I", "-S", "verify.py", *given]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, env={})
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_a_pack_is_verified_by_its_own_verifier_in_a_bare_python(erased, auditor, tmp_path, elsewhere):
    root = rooted()
    pack = made(erased, auditor)
    folder = unpacked(pack, tmp_path / "pack")
    code, said = run(folder)
    assert code == 0 and "The evidence pack is sound." in said, said
    assert f"in the daily root of {root.day}" in said and "compare it" in said
    code, said = run(folder, "--root", str(elsewhere / root.file))
    assert code == 0 and "which is the one that was kept elsewhere" in said, said
    (tmp_path / "pack.zip").write_bytes(pack.content)
    code, said = run(folder, str(tmp_path / "pack.zip"), "--root", str(elsewhere / root.file))
    assert code == 0 and "which is the one that was kept elsewhere" in said, said


def test_every_kind_of_case_gives_a_sound_pack(auditor, tmp_path):
    agent = f.StaffFactory(role="agent")
    person = f.IdentifierFactory(kind="email").subject
    given = {"actor": agent, "reason": "Asked by mail", "verification": "signed_in"}
    [copy] = ask("access", subject_ids=[person.pk], **given)
    working.run_again(copy, 2)
    give_link(request_id=copy.pk, actor=agent)
    [joined] = ask("access", subject_ids=[person.pk], **given)
    [joins] = ask("access", subject_ids=[person.pk], **given)
    [hold] = ask("hold_place", subject_ids=[person.pk], actor=agent, reason="A court asks for it")
    [taken_back] = ask("access", subject_ids=[f.DataSubjectFactory().pk], **given)
    requests.cancel(request_id=taken_back.pk, actor=agent)
    for case in (copy, joined, joins, hold, taken_back):
        assert verify.verify(files_of(made(case, auditor)))[0] == []
        assert verify.verify(files_of(made(case, auditor)))[0] == []  # with the first one in its chain


def files_of(pack) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_case_newer_than_the_last_root_says_so(erased, auditor):
    faults, said = verify.verify(files_of(made(erased, auditor)))
    assert faults == [] and "NOT in a daily root yet" in " ".join(said)


def test_a_pack_tells_of_nobody(erased, auditor):
    person = erased.subject
    for name, content in files_of(made(erased, auditor)).items():
        for secret in (*SECRETS, *(member.username for member in (auditor, erased.requested_by))):
            assert secret.encode() not in content, (name, secret)
    assert json.loads(files_of(made(erased, auditor))["letters.json"]) == []
    assert person.erased_at


def test_the_reason_and_the_comment_stand_in_it_as_salted_digests(auditor):
    case = ask(
        "access", subject_ids=[f.DataSubjectFactory().pk], actor=f.StaffFactory(role="agent"),
        reason="Asked by mail", verification="signed_in",
    )[0]  # fmt: skip
    chain = json.loads(files_of(made(case, auditor))["chain.json"])
    assert chain[0]["data"]["reason"] == commitments.of_text(case.salt, case.reason)


# --- Whatever is changed in a pack is found ---


@pytest.fixture(scope="module")
def sound(django_db_setup, django_db_blocker, tmp_path_factory):
    """The files of a pack that is sound, and its root, for tests that change them."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(ROOTS_FOLDER=tmp_path_factory.mktemp("roots")):
            case = make_erased()
            rooted()
            pack = made(case, f.StaffFactory(role="auditor"))
            root = daily.body(DailyRoot.objects.get())
        transaction.set_rollback(True)
    return files_of(pack), pack.content, root


FREE = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@FREE
@given(data=st.data())
def test_a_flipped_byte_of_any_file_is_found(sound, data):
    files, _, root = sound
    name = data.draw(st.sampled_from(sorted(files)))
    place, bits = data.draw(st.integers(0, len(files[name]) - 1)), data.draw(st.integers(1, 255))
    changed = bytearray(files[name])
    changed[place] ^= bits
    assert verify.verify(files | {name: bytes(changed)})[0]


@FREE
@given(data=st.data())
def test_a_flipped_byte_of_the_zip_is_found_or_changes_no_file(sound, data, tmp_path):
    files, content, _ = sound
    place, bits = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(1, 255))
    changed = bytearray(content)
    changed[place] ^= bits
    (tmp_path / "pack.zip").write_bytes(changed)
    if verify.main([str(tmp_path / "pack.zip")]) == 0:
        assert read(tmp_path / "pack.zip") == files


@pytest.mark.parametrize("place", [0, 0.1, 0.5, 0.9, 0.999])
def test_the_program_in_the_pack_finds_it_too(sound, tmp_path, place):
    files, _, _ = sound
    folder = tmp_path / "pack"
    for name in sorted(set(files) - {"verify.py"}):
        folder.mkdir(exist_ok=True)
        for other, content in files.items():
            (folder / other).write_bytes(content)
        changed = bytearray(files[name])
        changed[int(place * len(changed))] ^= 1
        (folder / name).write_bytes(changed)
        assert run(folder)[0] == 1, name


@pytest.mark.parametrize("deed", ["removed", "added", "exchanged"])
def test_a_file_that_is_removed_added_or_exchanged_is_found(sound, deed):
    files = dict(sound[0])
    if deed == "removed":
        for name in files:
            assert verify.verify({other: content for other, content in files.items() if other != name})[0], name
    elif deed == "added":
        assert verify.verify(files | {"beside.txt": b""})[0]
    else:
        assert verify.verify(files | {"case.json": files["rules.json"], "rules.json": files["case.json"]})[0]


def refitted(files: dict[str, bytes], name: str, change) -> dict[str, bytes]:
    """As somebody would who also makes the manifest fit."""
    body = json.loads(files[name])
    change(body)
    files = files | {name: json.dumps(body, indent=1, sort_keys=True).encode() + b"\n"}
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = {"bytes": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}
    del manifest["sha256"]
    manifest["sha256"] = verify.digest(manifest)
    return files | {"manifest.json": json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n"}


CHANGES = {
    "an entry": ("chain.json", lambda chain: chain[1]["data"].update(rows=7)),
    "an entry's time": ("chain.json", lambda chain: chain[2].update(at="2020-01-01T00:00:00.000000+00:00")),
    "an entry gone": ("chain.json", lambda chain: chain.pop(2)),
    "the last entry gone": ("chain.json", lambda chain: chain.pop()),
    "entries in another order": ("chain.json", lambda chain: chain.insert(1, chain.pop(2))),
    "a line of the timeline": ("timeline.json", lambda lines: lines[1].update(event="nothing")),
    "a sentence": ("timeline.json", lambda lines: lines[1].update(sentence="Nothing happened")),
    "the outcome": ("case.json", lambda case: case.update(outcome="denied")),
    "the kind": ("case.json", lambda case: case.update(kind="access")),
    "a row": ("rows.json", lambda rows: rows[0]["values"].__setitem__(0, "2")),
    "a row gone": ("rows.json", lambda rows: rows.pop()),
    "a receipt's text": ("receipts.json", lambda receipts: receipts[0]["body"].update(deleted={})),
    "a receipt gone": ("receipts.json", lambda receipts: receipts.pop()),
    "a step's result": ("asks.json", lambda asks: asks["steps"][0].update(result={"rows": 0})),
    "the root": ("inclusion.json", lambda proof: proof["root"].update(root="f" * 64)),
    "the path": ("inclusion.json", lambda proof: proof["path"].__setitem__(0, "f" * 64)),
    "the place": ("inclusion.json", lambda proof: proof.update(index=proof["index"] ^ 1)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_changed_together_with_the_manifest_is_found_by_what_it_is_bound_to(sound, what):
    files, _, root = sound
    assert verify.verify(refitted(files, *CHANGES[what]), root)[0]


def test_a_pack_made_anew_of_a_rewritten_chain_is_not_in_the_root_that_was_kept(erased, auditor, elsewhere):
    root = daily.body(rooted())
    with owner_of_the_tables():
        previous = chains.GENESIS
        for entry in AuditEntry.objects.filter(chain=erased.pk).order_by("n"):
            entry.at, entry.previous = entry.at - timedelta(days=9), previous
            entry.digest = previous = chains.digest_of(entry)
            entry.save()
        AuditHead.objects.filter(chain=erased.pk).update(digest=previous)
    faults, _ = verify.verify(files_of(made(erased, auditor)), root)
    assert any("is not in the daily root" in text for text in faults)


# --- Who may have it ---


@pytest.mark.parametrize("role", roles.ROLES)
def test_it_is_for_managers_and_auditors(client, erased, role):
    member = f.StaffFactory(role=role)
    client.force_login(member)
    url = reverse("admin:privacy_rightsrequest_evidence_pack", args=[erased.pk])
    may = role in (roles.MANAGER, roles.AUDITOR)
    assert (url in client.get(reverse("admin:privacy_rightsrequest_change", args=[erased.pk])).text) == may
    assert client.get(url).status_code == (200 if may else 403)
    answer = client.post(url)
    assert answer.status_code == (200 if may else 403)
    told = AuditEntry.objects.filter(chain=erased.pk, event=Event.EVIDENCE_PACKED)
    assert list(told.values_list("actor", flat=True)) == ([member.pk] if may else [])
    if may:
        assert answer["Content-Type"] == "application/zip" and verify.verify(files_of_bytes(answer.content))[0] == []
    else:
        with pytest.raises(PermissionDenied):
            made(erased, member)


def files_of_bytes(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
