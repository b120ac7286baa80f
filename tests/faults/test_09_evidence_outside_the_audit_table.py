"""Evidence is more than the audit table: the database refuses to change it, and `verify_audit` finds what was."""

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models, transaction
from privacy.fulfilment.batches import run_as_batch

from privacy.cases.requests import ask, grant
from privacy.catalogue import Planned
from privacy.datamap import registry
from privacy.evidence import audit, chains, commitments
from privacy.evidence.events import Event
from privacy.fulfilment import holds, packages, requests
from privacy.jobs.order import freeze
from privacy.models import (
    AccessPackage,
    AuditEntry,
    AuditHead,
    Batch,
    ChildFlag,
    Job,
    LegalHold,
    Receipt,
    RightsRequest,
    Step,
    Suppression,
)
from tests import factories as f
from tests import working
from tests.asking import agreed
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db
LATER = timedelta(days=2)
EVER = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def history(django_db_setup, django_db_blocker):
    """What six people's requests leave, made by the verbs and workers as in life. Every test finds it as it was made:
    its own transaction is a savepoint in this one."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_history()
        transaction.set_rollback(True)


def make_history() -> SimpleNamespace:
    told = SimpleNamespace(
        agent=f.StaffFactory(role="agent"), approver=f.StaffFactory(role="approver"), stranger=f.StaffFactory()
    )
    told.fetched, told.erased, told.held, told.cleared, told.flagged, told.denied = (
        f.IdentifierFactory(kind="email").subject for _ in range(6)
    )
    asked = {"actor": told.agent, "reason": "Asked by mail", "verification": "signed_in"}
    done(ask("access", subject_ids=[told.fetched.id], **asked))
    link = packages.issue_link(package_id=AccessPackage.objects.get().id, actor=told.agent)
    packages.redeem(token=link, actor=None).file.close()
    [request] = ask("erasure", subject_ids=[told.erased.id], **asked)
    done([grant(request_id=request.id, actor=told.approver)])
    [request] = ask("erasure", subject_ids=[told.denied.id], **asked)
    requests.deny(request_id=request.id, actor=told.approver, denial_reason="suspected_fraud")
    by = {"reason": "A court asks"}
    done(run_as_batch(holds.place, kind="hold_place", subject_ids=[told.held.id], actor=told.agent, **by))
    done(agreed("hold_release", subject_ids=[told.held.id], actor=told.approver, **by))
    done(ask("hold_place", subject_ids=[told.held.id], actor=told.agent, **by))
    for person in (told.cleared, told.flagged):
        done(ask("child_flag", subject_ids=[person.id], actor=told.agent, reason="A teacher wrote"))
    done(agreed("child_clear", subject_ids=[told.cleared.id], actor=told.approver, reason="She is 34"))
    return told


def done(opened: list[RightsRequest]) -> None:
    for request in opened:
        working.run(request.id)
        request.refresh_from_db()
        assert request.outcome == "fulfilled"


def rows(model: type[models.Model], **which) -> models.QuerySet:
    found = model.objects.filter(**which)
    assert found.exists()
    return found


def of(kind: str) -> dict:
    return {"kind": kind}


@dataclass(frozen=True)
class Tampering:
    """A deed on rows of `model`; `is_refused` says that the database takes it from nobody but the tables' owner."""

    model: type[models.Model]
    what: str
    deed: Callable[[SimpleNamespace], object]
    is_refused: bool = True


def change(model, which: dict, what: str = "", *, is_refused: bool = True, **values) -> Tampering:
    def deed(history):
        rows(model, **which).update(**{k: v(history) if callable(v) else v for k, v in values.items()})

    return Tampering(model, what or f"{', '.join(values)} of {', '.join(map(str, which.values()))}", deed, is_refused)


def delete(model, **which) -> Tampering:
    def deed(history):
        rows(model, **which)._raw_delete("default")

    return Tampering(model, f"delete {which}", deed)


def insert(model, what: str, make: Callable[[SimpleNamespace], object]) -> Tampering:
    return Tampering(model, f"insert {what}", make, is_refused=False)


def stranger(history):
    return history.stranger


def other_batch(history):
    return f.BatchFactory(kind="erasure", actor=history.agent).pk


def rewrite_receipt(history):
    """With a digest that fits the new text."""
    body = Receipt.objects.get().body | {"deleted": {}}
    Receipt.objects.update(body=body, sha256=commitments.canonical_digest(body))


def delete_request(history):
    """With everything that hangs on it, but not its chain."""
    request = RightsRequest.objects.get(kind="erasure", status="fulfilled")
    Step.objects.filter(job__case=request)._raw_delete("default")
    Job.objects.filter(case=request)._raw_delete("default")
    for model in (Suppression, Receipt):
        model.objects.filter(request=request)._raw_delete("default")
    RightsRequest.objects.filter(pk=request.pk)._raw_delete("default")


def delete_job(history):
    [pk] = rows(Job, **ERASED).values_list("pk", flat=True)
    Step.objects.filter(job=pk)._raw_delete("default")
    Job.objects.filter(pk=pk)._raw_delete("default")


def slip_in_approval(history):
    RightsRequest.objects.filter(kind="access").update(approved_by=history.approver, approved_at=datetime.now(UTC))


ERASURE = {"kind": "erasure", "status": "fulfilled"}
DENIED = {"kind": "erasure", "status": "denied"}
IN_FORCE, RELEASED = {"released_at__isnull": True}, {"released_at__isnull": False}
SUSPECTED, CLEARED = {"state": "suspected"}, {"state": "cleared"}
ERASED = {"case__kind": "erasure", "case__status": "fulfilled"}
ROWS = {"name": "erasure.rows"}

TAMPERINGS = [
    change(RightsRequest, ERASURE, subject=lambda h: h.fetched),
    change(RightsRequest, of("access"), kind="child_clear"),
    change(RightsRequest, of("access"), verification="guardian"),
    change(RightsRequest, of("access"), requested_by=stranger),
    change(RightsRequest, of("access"), received_at=EVER),
    change(RightsRequest, of("access"), due_on="2030-01-01"),
    change(RightsRequest, of("access"), regime="no law"),
    change(RightsRequest, of("access"), batch=other_batch),
    change(RightsRequest, of("access"), reason="Another reason"),
    change(RightsRequest, of("access"), "blank the reason", reason="[erased]", salt="", is_refused=False),
    change(RightsRequest, of("access"), salt="another"),
    change(RightsRequest, of("access"), "reopen", status="in_progress", closed_at=None),
    change(RightsRequest, of("access"), closed_at=EVER),
    change(RightsRequest, DENIED, denial_reason="no_match"),
    change(RightsRequest, of("access"), denial_reason="no_match", is_refused=False),
    change(RightsRequest, ERASURE, approved_by=stranger),
    change(RightsRequest, ERASURE, approved_at=EVER),
    Tampering(RightsRequest, "an approval without an entry", slip_in_approval, is_refused=False),
    Tampering(RightsRequest, "delete", delete_request),
    insert(RightsRequest, "a request", lambda h: f.CaseFactory(subject=h.held, closed=True)),
    change(Job, ERASED, kind="access"),
    change(Job, ERASED, subject=lambda h: h.fetched),
    change(Job, ERASED, case=lambda h: RightsRequest.objects.get(**DENIED)),
    change(Job, ERASED, silent=True),
    change(Job, ERASED, ordered_by=stranger),
    change(Job, ERASED, ended_at=EVER),
    change(Job, ERASED, "reopen", ended_at=None),
    Tampering(Job, "delete with its steps", delete_job),
    insert(Job, "a job", lambda h: f.JobFactory(case=RightsRequest.objects.get(**ERASURE))),
    insert(Job, "the job of a denied one", lambda h: f.JobFactory(case=RightsRequest.objects.get(**DENIED))),
    change(Step, ROWS, result={"rows": {}, "kept_until": {}}),
    change(Step, ROWS, state="waived"),
    change(Step, ROWS, target="privacy.Note"),
    change(Step, ROWS, finished_at=EVER),
    delete(Step, name="erasure.rows"),
    insert(
        Step, "a step",
        lambda h: f.StepFactory(seq=99, job=Job.objects.get(case__in=RightsRequest.objects.filter(**ERASURE))),
    ),
    change(AccessPackage, {}, sha256="f" * 64),
    change(AccessPackage, {}, rows=7),
    change(AccessPackage, {}, downloaded_at=None, is_refused=False),
    Tampering(AccessPackage, "delete", lambda h: AccessPackage.objects.all()._raw_delete("default"), is_refused=False),
    insert(AccessPackage, "a package", lambda h: f.AccessPackageFactory(request=RightsRequest.objects.get(**ERASURE))),
    change(Receipt, {}, body={"deleted": {}}),
    change(Receipt, {}, sha256="f" * 64),
    change(Receipt, {}, issued_at=EVER),
    Tampering(Receipt, "the text with its digest", rewrite_receipt),
    delete(Receipt),
    insert(
        Receipt, "a receipt", lambda h: f.ReceiptFactory(request=RightsRequest.objects.get(**DENIED))
    ),
    change(LegalHold, IN_FORCE, reason="Another reason"),
    change(LegalHold, IN_FORCE, "blank the reason", reason="[erased]", salt="", is_refused=False),
    change(LegalHold, IN_FORCE, subject=lambda h: h.fetched),
    change(LegalHold, IN_FORCE, placed_by=stranger),
    change(LegalHold, IN_FORCE, placed_at=EVER),
    change(
        LegalHold, IN_FORCE, "end it", released_at=lambda h: datetime.now(UTC) + LATER, released_by=stranger,
        is_refused=False,
    ),
    change(LegalHold, RELEASED, released_by=stranger),
    change(LegalHold, RELEASED, released_at=EVER),
    delete(LegalHold, released_at__isnull=True),
    delete(LegalHold, released_at__isnull=False),
    insert(LegalHold, "a hold", lambda h: f.LegalHoldFactory(subject=h.fetched)),
    change(ChildFlag, SUSPECTED, reason="Another reason"),
    change(ChildFlag, SUSPECTED, subject=lambda h: h.fetched),
    change(ChildFlag, SUSPECTED, flagged_by=stranger),
    change(ChildFlag, SUSPECTED, flagged_at=EVER),
    change(
        ChildFlag, SUSPECTED, "clear it", state="cleared", decided_by=stranger, decided_at=EVER, is_refused=False
    ),
    change(ChildFlag, CLEARED, decided_by=stranger),
    change(ChildFlag, CLEARED, "undecide it", state="suspected", decided_by=None, decided_at=None),
    delete(ChildFlag, state="suspected"),
    insert(ChildFlag, "a flag", lambda h: f.ChildFlagFactory(subject=h.fetched)),
    change(Suppression, {}, digest="f" * 64),
    change(Suppression, {}, kind="clerk_id"),
    change(Suppression, {}, request=lambda h: RightsRequest.objects.get(**DENIED)),
    delete(Suppression),
    insert(Suppression, "one", lambda h: f.SuppressionFactory(request=RightsRequest.objects.get(**DENIED))),
    insert(Suppression, "one more", lambda h: f.SuppressionFactory(request=RightsRequest.objects.get(**ERASURE))),
    change(Batch, {}, actor=stranger),
    change(Batch, {}, kind="erasure"),
    change(Batch, {}, created_at=EVER),
    insert(Batch, "a batch", lambda h: f.BatchFactory()),
    change(AuditHead, {}, n=1, is_refused=False),
    delete(AuditHead),
    change(AuditEntry, {"event": "request.denied"}, data={"because": "no_match"}),
    delete(AuditEntry, event="request.denied"),
]  # fmt: skip


def verify(**options) -> tuple[int, str]:
    """(exit code, what it said)."""
    out = io.StringIO()
    try:
        call_command("verify_audit", stdout=out, **options)
    except CommandError as failed:
        return failed.returncode, out.getvalue()
    return 0, out.getvalue()


def name(tampering: Tampering) -> str:
    return f"{tampering.model.__name__}: {tampering.what}"


def test_every_kind_of_evidence_is_tampered_with_below():
    assert set(registry.evidence()) - {tampering.model for tampering in TAMPERINGS} == set()


def test_a_history_as_it_was_made_is_intact(history):
    code, said = verify()
    assert (code, "committed to rows" in said) == (0, False), said


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=name)
def test_what_the_owner_of_the_tables_did_is_found_and_named(history, tampering):
    with owner_of_the_tables():
        tampering.deed(history)
    code, said = verify()
    assert code == 1
    assert said.splitlines()[0].endswith(".")
    assert not said.startswith("0 chains")


@pytest.mark.parametrize("tampering", [t for t in TAMPERINGS if t.is_refused], ids=name)
def test_the_database_refuses_it_to_everybody_else(history, tampering):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        tampering.deed(history)


def test_a_job_is_not_deleted_though_its_steps_were(history):
    [pk] = rows(Job, **ERASED).values_list("pk", flat=True)
    with owner_of_the_tables():
        Step.objects.filter(job=pk)._raw_delete("default")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Job.objects.filter(pk=pk)._raw_delete("default")


def test_reasons_that_an_erasure_blanked_are_no_fault(history):
    """The held and flagged person is erased: texts and salts go, and the chains still prove the rest."""
    done(agreed("hold_release", subject_ids=[history.held.id], actor=history.approver, reason="The court is done"))
    [request] = ask(
        "erasure", subject_ids=[history.held.id], actor=history.agent, reason="Asked by mail", verification="signed_in"
    )
    done([grant(request_id=request.id, actor=history.approver)])
    assert set(LegalHold.objects.values_list("reason", "salt")) == {("[erased]", "")}
    code, said = verify()
    assert code == 0, said


def test_what_was_written_before_commitments_is_counted_and_not_called_a_fault(history):
    """A hold of an earlier version: no salt, and an opening entry that says kind and person only."""
    request = f.CaseFactory(subject=history.fetched, kind="hold_place", status="in_progress")
    told = {"kind": request.kind, "subject": commitments.pseudonym(request.subject_id)}
    with transaction.atomic():
        audit.append(request.id, Event.REQUEST_OPENED, actor=request.requested_by, **told)
        job = f.JobFactory(case=request, at_step="holds.place", ordered_by=request.requested_by)
        freeze({job: [Planned("holds.place", units=1)]})
    done([request])
    code, said = verify()
    assert code == 0, said
    assert "1 requests were opened before entries committed to rows" in said


@pytest.mark.parametrize("column", ["requested_by", "status"])
def test_what_older_entries_say_still_binds_older_rows(history, column):
    request = f.CaseFactory(subject=history.fetched, kind="hold_place")
    told = {"kind": request.kind, "subject": commitments.pseudonym(request.subject_id)}
    with transaction.atomic():
        audit.append(request.id, Event.REQUEST_OPENED, actor=request.requested_by, **told)
    values = {"requested_by": history.stranger, "status": "on_hold"}
    with owner_of_the_tables():
        RightsRequest.objects.filter(pk=request.pk).update(**{column: values[column]})
    assert verify()[0] == 1


def test_a_request_deleted_with_its_chain_head_and_rows_shows_against_a_root(history, tmp_path):
    root = tmp_path / "root.json"
    assert verify(write_root=root)[0] == 0
    request = RightsRequest.objects.get(**ERASURE)
    with owner_of_the_tables():
        delete_request(history)
        AuditEntry.objects.filter(chain=request.pk)._raw_delete("default")
        AuditHead.objects.filter(chain=request.pk)._raw_delete("default")
    assert verify()[0] == 0
    assert verify(root=root)[0] == 1


def test_an_end_cut_off_together_with_the_head_shows_against_a_root(history, tmp_path):
    chain, root = uuid.uuid4(), tmp_path / "root.json"
    with transaction.atomic():
        first, _ = audit.append_links([(chain, Event.CONTENT_REVEALED, {})] * 2, actor=None)
    assert verify(write_root=root)[0] == 0
    with owner_of_the_tables():
        AuditEntry.objects.filter(chain=chain, n=2)._raw_delete("default")
        AuditHead.objects.filter(chain=chain).update(n=1, digest=first.digest)
    assert verify()[0] == 0
    assert verify(root=root)[0] == 1


def test_rows_that_change_while_they_are_read_are_no_fault(history, monkeypatch):
    """The request moves between the walk and the look at its rows."""
    read = chains.reconciliation.differences
    opened = ask("hold_place", subject_ids=[history.fetched.id], actor=history.agent, reason="A court asks")

    def a_moment_later(told):
        if opened:
            working.run(opened.pop().id)
        return read(told)

    monkeypatch.setattr(chains.reconciliation, "differences", a_moment_later)
    assert chains.walk().faults == []


def test_it_can_be_told_which_row_it_is(history):
    with owner_of_the_tables():
        hold = f.LegalHoldFactory(subject=history.fetched)
    assert f"Legal hold {hold.pk}: no request put it in force." in verify()[1]
