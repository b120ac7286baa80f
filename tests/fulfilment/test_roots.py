"""The root of each day is computed once, bound into the trail, kept elsewhere, and held against the chains."""

import io
import itertools
import json
import uuid
from hashlib import sha256

import pytest
from django.core import mail as outgoing
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from privacy import regimes, tasks
from privacy.evidence import audit, chains, roots, trees
from privacy.evidence.events import Event
from privacy.fulfilment import roots as daily
from privacy.jobs import failpoints
from privacy.models import AuditEntry, AuditHead, DailyRoot, Job
from tests import factories as f
from tests import working
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def elsewhere(settings, tmp_path):
    settings.ROOTS_FOLDER = tmp_path / "elsewhere"
    return settings.ROOTS_FOLDER


def chain_of(length: int) -> uuid.UUID:
    chain = uuid.uuid4()
    with transaction.atomic():
        for n in range(length):
            audit.append(chain, Event.CONTENT_REVEALED, actor=None, rows=n)
    return chain


def made() -> DailyRoot:
    assert daily.order_due()
    working.run_all()
    return DailyRoot.objects.get(day=regimes.today())


def verify(**options) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("verify_audit", stdout=out, **options)
    except CommandError as verdict:
        return verdict.returncode, out.getvalue()
    return 0, out.getvalue()


def test_the_root_of_a_day_is_over_all_heads_and_is_written_and_mailed(elsewhere):
    f.StaffFactory(role="manager", email="manager@ops.example")
    f.StaffFactory(role="agent", email="agent@ops.example")
    before = AuditHead.objects.count()
    chain_of(3)
    root = made()
    assert root.size > before and root.written_at and root.mailed_at
    [file] = elsewhere.iterdir()
    assert json.loads(file.read_text()) == daily.body(root) and file.name == root.file
    [message] = outgoing.outbox
    assert message.to == ["manager@ops.example"] and root.root in message.body
    assert message.extra_headers["Message-ID"] == root.message_id
    assert json.loads(message.attachments[0].content) == daily.body(root)
    assert verify()[0] == 0, verify()[1]


def test_it_goes_to_the_addresses_of_the_settings_where_there_are_any(settings):
    settings.ROOTS_MAIL_TO = ["dpo@example.com"]
    f.StaffFactory(role="manager", email="manager@ops.example")
    made()
    assert [message.to for message in outgoing.outbox] == [["dpo@example.com"]]


def test_there_is_one_a_day_however_often_it_is_swept(time_machine):
    time_machine.move_to("2026-12-01T12:00:00Z")
    made()
    assert not daily.order_due() and Job.objects.filter(kind="daily_root").count() == 1
    time_machine.shift(86_400)
    assert daily.order_due() and not daily.order_due()
    working.run_all()
    assert DailyRoot.objects.count() == 2


def test_a_second_job_of_the_day_makes_writes_and_mails_nothing(elsewhere):
    f.StaffFactory(role="manager", email="manager@ops.example")
    root = made()
    with transaction.atomic():
        daily.order([Job(kind="daily_root", about=daily.about(root.day), due_on=root.day)])
    working.run_all()
    again = DailyRoot.objects.get()
    assert (again.pk, again.written_at, again.mailed_at) == (root.pk, root.written_at, root.mailed_at)
    assert len(outgoing.outbox) == 1 and Job.objects.filter(kind="daily_root", ended_at=None).count() == 0


def test_the_sweep_orders_it(monkeypatch):
    tasks.sweep()
    assert Job.objects.filter(kind="daily_root").count() == 1


def test_what_has_grown_since_is_wound_back():
    chain, other = chain_of(2), chain_of(4)
    at = chains.last_entry_id()
    then = [head for page in roots.pages(at) for head in page]
    with transaction.atomic():
        for _ in range(3):
            audit.append(chain, Event.CONTENT_REVEALED, actor=None)
    chain_of(1)
    assert [head for page in roots.pages(at) for head in page] == then
    assert {head[:2] for head in then} >= {(chain, 2), (other, 4)}


def test_the_walk_and_the_heads_come_to_the_same_root_of_every_day():
    marks = []
    for length in (1, 3, 2):
        chain_of(length)
        marks.append((roots.compute(), chains.last_entry_id()))
    found = chains.walk(marks=[at for _, at in marks]).roots
    assert [found[at] for _, at in marks] == [(computed.root, computed.size) for computed, _ in marks]


@pytest.mark.parametrize("block", [1, 2, 4])
def test_every_chain_is_proved_to_be_in_the_root(monkeypatch, block):
    monkeypatch.setattr(roots, "BLOCK", block)
    monkeypatch.setattr(roots, "PAGE", 3)
    for length in (1, 2, 1, 3, 1):
        chain_of(length)
    made()
    for chain in [head[0] for page in roots.pages(DailyRoot.objects.get().last_entry) for head in page]:
        proof = roots.prove(chain)
        leaf = trees.hash_of_leaf(roots.leaf_of((chain, proof.n, proof.digest)))
        assert climbed(leaf, proof.index, proof.root.size, proof.path) == proof.root.root
    assert roots.prove(chain_of(1)) is None


def climbed(digest: bytes, index: int, size: int, path: list[str]) -> str:
    """RFC 9162, section 2.1.3.2, word for word."""
    fn, sn = index, size - 1
    for step in map(bytes.fromhex, path):
        assert sn
        if fn % 2 or fn == sn:
            digest = sha256(b"\x01" + step + digest).digest()
            while not fn % 2 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            digest = sha256(b"\x01" + digest + step).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return digest.hex()


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_path_leads_from_its_leaf_to_the_root_and_from_no_other(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    hashes = [trees.hash_of_leaf(leaf) for leaf in leaves]
    path = [step.hex() for step in trees.path(hashes, index)]
    root = trees.tree_of(hashes).root()
    assert climbed(hashes[index], index, len(leaves), path) == root
    assert climbed(trees.hash_of_leaf(b"another leaf"), index, len(leaves), path) != root


# --- What was changed since is found ---


def flip(chain):
    AuditEntry.objects.filter(chain=chain, n=2).update(event="nothing")


def delete(chain):
    AuditEntry.objects.filter(chain=chain, n=2).delete()


def reorder(chain):
    for old, new in ((1, 99), (2, 1), (99, 2)):
        AuditEntry.objects.filter(chain=chain, n=old).update(n=new)


def insert(chain):
    last = AuditEntry.objects.get(chain=chain, n=3)
    added = AuditEntry(chain=chain, n=4, event="added", at=last.at, previous=last.digest)
    added.digest = chains.digest_of(added)
    added.save()


def truncate_tail(chain):
    AuditEntry.objects.filter(chain=chain, n=3).delete()
    AuditHead.objects.filter(chain=chain).update(n=2, digest=AuditEntry.objects.get(chain=chain, n=2).digest)


def rewrite(chain):
    previous = chains.GENESIS
    for entry in AuditEntry.objects.filter(chain=chain).order_by("n"):
        entry.event, entry.previous = "nothing happened", previous
        entry.digest = previous = chains.digest_of(entry)
        entry.save()
    AuditHead.objects.filter(chain=chain).update(digest=previous)


def replace_whole_chain(chain):
    """Another one in its place, under its name, of as many entries."""
    AuditEntry.objects.filter(chain=chain).delete()
    AuditHead.objects.filter(chain=chain).delete()
    with transaction.atomic():
        for _ in range(3):
            audit.append(chain, Event.CONTENT_REVEALED, actor=None)


def remove_whole_chain(chain):
    AuditEntry.objects.filter(chain=chain).delete()
    AuditHead.objects.filter(chain=chain).delete()


DEEDS = [flip, delete, reorder, insert, truncate_tail, rewrite, replace_whole_chain, remove_whole_chain]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
@pytest.mark.parametrize("kept", ["in the database", "elsewhere"])
def test_a_chain_that_was_tampered_with_is_found(elsewhere, deed, kept):
    chain = chain_of(3)
    root = made()
    file = elsewhere / root.file
    with owner_of_the_tables():
        deed(chain)
        if kept == "elsewhere":  # whoever owns the tables removes every root as well, and what is told of them
            DailyRoot.objects.all().delete()
            remove_whole_chain(roots.CHAIN)
    code, said = verify(root=file) if kept == "elsewhere" else verify()
    assert code == 1
    assert kept == "elsewhere" or str(chain) in said or "history was rewritten" in said


@pytest.mark.parametrize(
    "values",
    [{"root": "f" * 64}, {"size": 1}, {"day": "2020-01-01"}, {"last_entry": 1}, {"made_at": "2020-01-01T00:00Z"},
     {"blocks": []}, {"file": "", "written_at": None}, {"written_at": "2020-01-01T00:00Z"}],
    ids=str,
)  # fmt: skip
def test_a_root_that_was_changed_is_found(values):
    root = made()
    with owner_of_the_tables():
        DailyRoot.objects.update(**values)
    code, said = verify()
    assert code == 1 and f"Daily root {root.pk}" in said


def test_a_root_that_was_deleted_or_slipped_in_is_found():
    root = made()
    with owner_of_the_tables():
        DailyRoot.objects.all().delete()
    assert f"Daily root {root.pk}: it is gone." in verify()[1]
    with owner_of_the_tables():
        slipped = f.DailyRootFactory(day="2020-01-01")
    assert f"Daily root {slipped.pk}: no entry tells of it." in verify()[1]


@pytest.mark.parametrize("deed", [lambda file: file.unlink(), lambda file: file.write_text("{}")])
def test_a_file_that_is_gone_or_another_is_found(elsewhere, deed):
    root = made()
    deed(elsewhere / root.file)
    assert f"Daily root {root.pk}" in verify()[1]


def test_the_database_refuses_to_change_a_root():
    made()
    with pytest.raises(IntegrityError), transaction.atomic():
        DailyRoot.objects.update(root="f" * 64)
        transaction.set_rollback(False)


# --- Faults while it is made ---


def test_a_file_of_that_day_that_says_otherwise_is_left_alone_and_told(elsewhere):
    elsewhere.mkdir()
    file = elsewhere / f"daily-root-{regimes.today()}.json"
    file.write_text("{}")
    daily.order_due()
    working.run_all()
    assert file.read_text() == "{}" and "Another root" in Job.objects.get(kind="root_copies").parked_because


def test_a_folder_that_cannot_be_written_is_tried_again(elsewhere, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(daily, "put", lambda *given: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        daily.order_due()
        working.run_all()
    root, job = DailyRoot.objects.get(), Job.objects.get(kind="root_copies")
    assert root.written_at is None and not job.ended_at and not job.parked_because
    working.let_time_pass()
    working.run_all()
    root.refresh_from_db()
    assert root.written_at and [file.name for file in elsewhere.iterdir()] == [root.file]


class Killed(BaseException):
    """What no handler catches: of the worker nothing is left but what it has committed."""


def test_a_kill_at_any_place_neither_loses_a_root_nor_makes_or_mails_two(elsewhere, monkeypatch):
    f.StaffFactory(role="manager", email="manager@ops.example")
    for place in itertools.count(1):
        points = itertools.count(1)

        def strike(name, points=points, place=place):
            if next(points) == place:
                raise Killed(name)

        with transaction.atomic():
            daily.order_due()
            with monkeypatch.context() as patch:
                patch.setattr(failpoints, "strike", strike)
                was_killed = is_killed(working.run_all)
            for _ in range(3):
                working.let_time_pass()
                working.run_all()
            root = DailyRoot.objects.get()
            assert root.written_at and root.mailed_at
            assert [json.loads(file.read_text()) for file in elsewhere.iterdir()] == [daily.body(root)]
            assert {message.extra_headers["Message-ID"] for message in outgoing.outbox} == {root.message_id}
            assert not Job.objects.filter(ended_at=None).exists() and verify()[0] == 0
            transaction.set_rollback(True)
        outgoing.outbox.clear()
        for file in elsewhere.iterdir():
            file.unlink()
        if not was_killed:
            break
    assert place > 10


def is_killed(work) -> bool:
    try:
        work()
    except Killed:
        return True
    return False
