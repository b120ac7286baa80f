"""The audit trail cannot be changed quietly: the database refuses, and `verify_audit` finds what got past it."""

import io
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from privacy.evidence import audit, chains
from privacy.evidence.commitments import pseudonym
from privacy.evidence.events import Event
from privacy.models import AuditEntry, AuditHead, Heartbeat
from tests.factories import CaseFactory
from tests.tampering import owner_of_the_tables
from tests.trail import since_the_release

TABLE = AuditEntry._meta.db_table


@pytest.fixture
def trail(db) -> list[uuid.UUID]:
    """Three requests' chains of four entries, written by turns as in life."""
    requests = sorted((CaseFactory() for _ in range(3)), key=lambda request: request.id)
    with transaction.atomic():
        for request in requests:
            told = {"kind": request.kind, "subject": pseudonym(request.subject_id)}
            audit.append(request.id, Event.REQUEST_OPENED, actor=request.requested_by, **told)
        for n in range(1, 4):
            for request in requests:
                audit.append(request.id, Event.STEP_INTENDED, actor=request.requested_by, rows=n, rule="GDPR art. 17")
    return [request.id for request in requests]


@pytest.fixture
def without_triggers(trail):
    """What an intruder who owns the tables does first."""
    with owner_of_the_tables():
        yield


def verify(**options) -> str:
    out = io.StringIO()
    call_command("verify_audit", stdout=out, **options)
    return out.getvalue()


def faults() -> dict[uuid.UUID, list[str]]:
    found: dict[uuid.UUID, list[str]] = {}
    for fault in chains.walk().faults:
        found.setdefault(fault.chain, []).append(fault.text)
    return found


def entries(chain):
    return AuditEntry.objects.filter(chain=chain)


def test_a_trail_as_written_is_intact(trail):
    assert faults() == {}


def test_the_command_says_how_much_it_read_and_remembers_when(trail):
    assert f"{AuditHead.objects.count()} chains, {AuditEntry.objects.count()} entries read" in verify()
    assert Heartbeat.objects.filter(name="verify_audit").exists()


def test_an_empty_trail_is_intact(db):
    assert "The audit trail is intact." in verify()


def test_an_entry_outside_a_transaction_is_refused(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        audit.append(uuid.uuid4(), Event.TABLE_EXPORTED, actor=None)


@pytest.mark.parametrize(
    "statement",
    [f"UPDATE {TABLE} SET event = 'another'", f"DELETE FROM {TABLE}", f"TRUNCATE {TABLE}"],
    ids=["UPDATE", "DELETE", "TRUNCATE"],
)
def test_the_database_refuses_to_change_entries(trail, statement):
    if connection.vendor == "sqlite" and statement.startswith("TRUNCATE"):
        pytest.skip("SQLite knows no TRUNCATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE" if connection.vendor == "postgresql" else "SELECT 1")
        cursor.execute(statement)
    assert AuditEntry.objects.filter(event="another").count() == 0
    assert since_the_release().count() == 12


OTHER_VALUES = {
    "chain": uuid.UUID(int=7),
    "n": 99,
    "event": "another event",
    "actor": None,
    "at": F("at") + timedelta(microseconds=1),
    "data": {"rows": 1_000_000},
    "previous": "f" * 64,
    "digest": "f" * 64,
}


def test_every_column_but_the_row_number_is_tampered_with_below():
    columns = {field.name for field in AuditEntry._meta.concrete_fields}
    assert columns - set(OTHER_VALUES) == {"id"}


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("column", sorted(OTHER_VALUES))
def test_a_changed_value_is_found(trail, without_triggers, column, n):
    assert entries(trail[1]).filter(n=n).update(**{column: OTHER_VALUES[column]}) == 1
    assert faults().keys() - {uuid.UUID(int=7)} == {trail[1]}


@pytest.mark.parametrize("n", [1, 2, 4])
def test_a_value_changed_together_with_its_digest_is_found(trail, without_triggers, n):
    entry = entries(trail[1]).get(n=n)
    entry.event = "another event"
    entry.digest = chains.digest_of(entry)
    entry.save()
    assert faults().keys() == {trail[1]}


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_deleted_entry_is_found(trail, without_triggers, n):
    entries(trail[1]).filter(n=n).delete()
    assert faults().keys() == {trail[1]}


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_deleted_tail_is_found(trail, without_triggers, kept):
    entries(trail[1]).filter(n__gt=kept).delete()
    assert faults().keys() == {trail[1]}


def test_an_entry_added_in_the_name_of_the_chain_is_found(trail, without_triggers):
    last = entries(trail[1]).get(n=4)
    added = AuditEntry(chain=last.chain, n=5, event="request.approved", at=last.at, previous=last.digest)
    added.digest = chains.digest_of(added)
    added.save()
    assert faults() == {trail[1]: ["entries 5 to 5 were added past its head"]}


def test_an_entry_added_before_the_first_is_found(trail, without_triggers):
    first = entries(trail[1]).get(n=1)
    added = AuditEntry(chain=first.chain, n=0, event="request.approved", at=first.at, previous=chains.GENESIS)
    added.digest = chains.digest_of(added)
    added.save()
    assert faults().keys() == {trail[1]}


def test_entries_that_changed_places_are_found(trail, without_triggers):
    for old, new in ((2, 99), (3, 2), (99, 3)):
        entries(trail[1]).filter(n=old).update(n=new)
    assert faults().keys() == {trail[1]}


def test_entries_exchanged_between_chains_are_found(trail, without_triggers):
    for old, new in ((trail[0], uuid.UUID(int=7)), (trail[1], trail[0]), (uuid.UUID(int=7), trail[1])):
        AuditEntry.objects.filter(chain=old, n=2).update(chain=new)
    assert faults().keys() == {trail[0], trail[1]}


def test_a_head_without_entries_is_found(trail, without_triggers):
    entries(trail[1]).delete()
    assert faults() == {trail[1]: ["has no entries", "the request has no chain"]}


def test_entries_without_a_head_are_found(trail, without_triggers):
    AuditHead.objects.filter(chain=trail[1]).delete()
    assert faults() == {trail[1]: ["its head is missing"]}


@pytest.mark.parametrize("change", [{"n": 3}, {"n": 9}, {"digest": "f" * 64}, {"chain": uuid.UUID(int=7)}])
def test_a_changed_head_is_found(trail, without_triggers, change):
    AuditHead.objects.filter(chain=trail[1]).update(**change)
    assert faults().keys() - {uuid.UUID(int=7)} == {trail[1]}


def test_a_request_whose_whole_chain_is_gone_is_found(trail, without_triggers):
    entries(trail[1]).delete()
    AuditHead.objects.filter(chain=trail[1]).delete()
    assert faults() == {trail[1]: ["the request has no chain"]}


def test_every_fault_makes_the_command_fail_and_name_the_chain(trail, without_triggers):
    entries(trail[1]).filter(n=2).delete()
    out = io.StringIO()
    with pytest.raises(CommandError, match="NOT intact") as failed:
        call_command("verify_audit", stdout=out)
    assert failed.value.returncode == 1
    assert f"Chain {trail[1]}: entry 2 is missing." in out.getvalue()
    assert not Heartbeat.objects.filter(name="verify_audit").exists()


def rewrite(chain: uuid.UUID, kept: int) -> None:
    """Writes the chain anew with other contents and a fitting head, as if it had always been so. It still tells of the
    rows as they are: otherwise those would give it away."""
    previous = chains.GENESIS
    entries(chain).filter(n__gt=kept).delete()
    for entry in entries(chain).order_by("n"):
        entry.event, entry.previous = entry.event if entry.n == 1 else "nothing happened", previous
        entry.digest = previous = chains.digest_of(entry)
        entry.save()
    AuditHead.objects.filter(chain=chain).update(n=kept, digest=previous)


@pytest.mark.parametrize("kept", [4, 3])
def test_a_rewritten_chain_shows_only_against_a_root_kept_outside(trail, without_triggers, tmp_path, kept):
    root = tmp_path / "root.json"
    verify(write_root=root)
    rewrite(trail[1], kept)
    assert faults() == {}
    with pytest.raises(CommandError, match="NOT intact") as failed:
        verify(root=root)
    assert failed.value.returncode == 1


def test_a_chain_deleted_with_its_head_and_request_shows_against_a_root(trail, without_triggers, tmp_path):
    root = tmp_path / "root.json"
    with transaction.atomic():
        audit.append(chain := uuid.uuid4(), Event.CONTENT_REVEALED, actor=None)
    verify(write_root=root)
    entries(chain).delete()
    AuditHead.objects.filter(chain=chain).delete()
    assert faults() == {}
    with pytest.raises(CommandError, match="NOT intact"):
        verify(root=root)


def test_a_trail_that_only_grew_still_fits_its_old_root(trail, tmp_path):
    root = tmp_path / "root.json"
    verify(write_root=root)
    with transaction.atomic():
        audit.append(trail[0], Event.JOB_PARKED, actor=None)
        audit.append(uuid.uuid4(), Event.CONTENT_REVEALED, actor=None)
    assert "The audit trail is intact." in verify(root=root)


def test_a_root_is_never_written_over_another(trail, tmp_path):
    root = tmp_path / "root.json"
    verify(write_root=root)
    before = root.read_bytes()
    with pytest.raises(CommandError, match="not written") as failed:
        verify(write_root=root)
    assert (failed.value.returncode, root.read_bytes()) == (2, before)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"root": "x"}', "\x00"])
def test_a_file_that_is_no_root_is_refused(trail, tmp_path, text):
    root = tmp_path / "root.json"
    root.write_text(text)
    with pytest.raises(CommandError, match="not a root") as failed:
        verify(root=root)
    assert failed.value.returncode == 2


def test_a_root_file_that_is_not_there_is_named(trail, tmp_path):
    with pytest.raises(CommandError, match="No such file") as failed:
        verify(root=tmp_path / "gone.json")
    assert failed.value.returncode == 2


def test_no_root_is_written_of_a_trail_that_is_not_intact(trail, without_triggers, tmp_path):
    entries(trail[1]).filter(n=2).delete()
    with pytest.raises(CommandError, match="NOT intact"):
        verify(write_root=tmp_path / "root.json")
    assert list(tmp_path.iterdir()) == []


def test_since_reads_only_chains_with_an_entry_since_then(trail, without_triggers):
    entries(trail[0]).filter(n=2).delete()
    AuditEntry.objects.exclude(chain=trail[1]).update(at=datetime(2020, 1, 1, tzinfo=UTC))
    out = verify(since=datetime.now(UTC) - timedelta(days=1))
    assert "1 chains, 4 entries read" in out
    assert not Heartbeat.objects.filter(name="verify_audit").exists()


def test_a_walk_in_small_pages_reads_every_entry_once(trail, monkeypatch):
    monkeypatch.setattr(chains, "PAGE", 5)
    walked = chains.walk()
    there = AuditHead.objects.count(), AuditEntry.objects.count()
    assert (walked.chains, walked.entries, walked.faults) == (*there, []) and there > (3, 12)


def test_an_entry_appended_while_the_trail_is_walked_is_no_fault(trail, monkeypatch):
    read_heads, read_chains = chains._heads, list(chains._chains(None, None))

    def heads_of_a_moment_later(since):
        with transaction.atomic():
            audit.append(trail[1], Event.JOB_PARKED, actor=None)
        return read_heads(since)

    monkeypatch.setattr(chains, "_chains", lambda since, up_to: iter(read_chains))
    monkeypatch.setattr(chains, "_heads", heads_of_a_moment_later)
    assert faults() == {}


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_the_root_is_the_merkle_tree_hash_of_rfc_6962(leaves):
    def tree_hash(part: list[bytes]) -> bytes:
        """RFC 6962 section 2.1, word for word: split at the largest power of two below the number of leaves."""
        if len(part) < 2:
            return sha256(b"\x00" + part[0]).digest() if part else sha256().digest()
        k = 1 << (len(part) - 1).bit_length() - 1
        return sha256(b"\x01" + tree_hash(part[:k]) + tree_hash(part[k:])).digest()

    tree = chains.Tree()
    for leaf in leaves:
        tree.add(leaf)
    assert tree.root() == tree_hash(leaves).hex()


@pytest.mark.service("postgresql")
def test_four_threads_on_the_same_chains_keep_them_whole(transactional_db):
    shared = [uuid.uuid4() for _ in range(3)]

    def append(worker: int) -> None:
        for n in range(25):
            with transaction.atomic():
                links = [(chain, {"worker": worker, "rows": n}) for chain in shared]
                audit.append_many(links, Event.TABLE_EXPORTED, actor=None)
                audit.append(uuid.uuid4(), Event.CONTENT_REVEALED, actor=None)
        connection.close()

    before = chains.walk()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(4)))
    walked = chains.walk()
    assert (walked.chains - before.chains, walked.entries - before.entries, walked.faults) == (103, 400, [])
    assert {head.n for head in AuditHead.objects.filter(chain__in=shared)} == {100}


def test_an_entry_survives_the_way_through_the_database(db):
    data = {"rows": 3, "share": 0.25, "none": None, "name": "Größe \u2028", "list": [1, {"z": 1, "a": 2}], "big": 2**53}
    with transaction.atomic():
        audit.append(chain := uuid.uuid4(), Event.TABLE_EXPORTED, actor=None, **data)
    read = AuditEntry.objects.get(chain=chain)
    assert json.loads(json.dumps(read.data)) == data
    assert chains.faults_of_chain(chain) == []


def test_keys_that_are_no_text_are_told_in_the_order_in_which_they_are_read(db):
    told = uuid.uuid4()
    with transaction.atomic():
        audit.append(chain := uuid.uuid4(), Event.TABLE_EXPORTED, actor=None, rows=({9: 1, 10: 2},), told=told)
    read = AuditEntry.objects.get(chain=chain)
    assert read.data == {"rows": [{"9": 1, "10": 2}], "told": str(told)}
    assert chains.faults_of_chain(chain) == []


def test_what_is_appended_together_is_a_chain_like_any_other(db, django_assert_max_num_queries):
    first, second = uuid.uuid4(), uuid.uuid4()
    with transaction.atomic():
        audit.append(first, Event.CONTENT_REVEALED, actor=None)
        with django_assert_max_num_queries(6), audit.together():
            audit.append_many([(first, {"n": 1}), (second, {"n": 2})], Event.TABLE_EXPORTED, actor=None)
            audit.append(first, Event.CONTENT_REVEALED, actor=None, n=3)
    found = AuditEntry.objects.order_by("chain", "n").values_list("chain", "n", "data")
    of_each = {chain: [data for at, _, data in found if at == chain] for chain in (first, second)}
    assert of_each == {first: [{}, {"n": 1}, {"n": 3}], second: [{"n": 2}]}
    assert chains.walk().faults == []


def test_what_was_appended_together_and_rolled_back_is_not_written(db):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), audit.together():
        audit.append(uuid.uuid4(), Event.CONTENT_REVEALED, actor=None)
        _ = 1 / 0
    assert not AuditEntry.objects.exists()
    with transaction.atomic():
        audit.append(uuid.uuid4(), Event.CONTENT_REVEALED, actor=None)
    assert AuditEntry.objects.count() == 1
