"""Evidence is more than the audit table: the database refuses to change it, and `verify_audit` finds what was."""

import io
import itertools
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models, transaction
from django.test import override_settings

from privacy.cases import clocks, comments, dossiers, refusals, regimes, reopening, requests
from privacy.cases.packages import download, give_link
from privacy.cases.requests import ask, ask_as_batch, grant
from privacy.catalogue import NotAllowed, Planned
from privacy.datamap import registry
from privacy.evidence import audit, chains, commitments
from privacy.evidence.events import OF_MOVE, OF_OLD_STATUS, Event
from privacy.evidence.regimes import digest_of_line
from privacy.fulfilment import consents, packages, roots
from privacy.jobs.order import freeze
from privacy.models import (
    AccessPackage,
    AuditEntry,
    AuditHead,
    Batch,
    Case,
    CaseComment,
    CaseFile,
    ChildFlag,
    Clock,
    ClockPause,
    ConsentEvent,
    ConsentWording,
    DailyRoot,
    DataSubject,
    Dossier,
    Factor,
    Job,
    LegalHold,
    Limit,
    Outcome,
    Receipt,
    RegimeRule,
    State,
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


PEOPLE = (
    "fetched", "erased", "held", "cleared", "flagged", "child", "denied", "unproved", "proved", "withdrawn", "twice",
    "late", "stopped", "changed", "waiting", "again", "aside", "consenting",
    "paused", "standing",
)  # fmt: skip


def make_history() -> SimpleNamespace:
    told = SimpleNamespace(
        agent=f.StaffFactory(role="agent"), approver=f.StaffFactory(role="approver"), stranger=f.StaffFactory(),
        **{name: f.IdentifierFactory(kind="email").subject for name in PEOPLE},
    )  # fmt: skip
    exports(told)
    erasures(told)
    duties(told)
    own_word(told)
    laws(told)
    with override_settings(ROOTS_FOLDER=Path(settings.VAR_DIR, "roots", "history")):
        roots.order_due()
        working.run_all()
    return told


def asked(told, kind: str, person, **given) -> Case:
    given = {"reason": "Asked by mail", "verification": "signed_in"} | given
    return ask(kind, subject_ids=[person.id], actor=told.agent, **given)[0]


def answered(case: Case, told, how: str = "email") -> None:
    requests.answer(request_id=case.id, actor=told.agent, how=how)


def exports(told) -> None:
    by = {"actor": told.agent}
    done([fetched := asked(told, "access", told.fetched)])
    link = give_link(request_id=fetched.id, **by)
    packages.redeem(token=link, actor=None).file.close()
    asked(told, "access", told.unproved, verification="")
    proved = asked(told, "access", told.proved, verification="")
    requests.prove(request_id=proved.id, verification="email_round_trip", **by)
    done([proved])
    download(request_id=proved.id, **by).file.close()
    answered(proved, told, "post")
    for event in ("duplicate", "not_a_request", "expired"):
        left = asked(told, "access", told.aside, verification="")
        requests.set_aside(request_id=left.id, actor=told.approver if event == "expired" else told.agent, event=event)
    refused = asked(told, "access", told.aside, verification="")
    refusals.deny(request_id=refused.id, denial_reason="insuf_verification", **by)
    done([asked(told, "access", told.waiting)])  # and nobody has answered yet
    first, second = (asked(told, "access", told.twice) for _ in range(2))
    requests.assign(request_id=second.id, actor=told.agent, owner=told.approver)
    done([first])
    answered(second, told)
    late = asked(told, "access", told.late, received_at=datetime.now(UTC) - timedelta(days=29))
    assert requests.answer_before_due() == 1
    answered(late, told)  # with what is so; a second letter is owed
    done([late])
    answered(late, told)
    taken_back = asked(told, "access", told.withdrawn)
    requests.cancel(request_id=taken_back.id, **by)


def erasures(told) -> None:
    by = {"actor": told.approver}
    erased = asked(told, "erasure", told.erased)
    done([grant(request_id=erased.id, **by)])
    answered(erased, told)
    denied = asked(told, "erasure", told.denied)
    letter = ContentFile(b"Forget me", name="letter.txt")
    comments.comment(request_id=denied.id, actor=told.agent, text="The third letter, as it came", file=letter)
    for side in ("for", "against"):
        dossiers.note(request_id=denied.id, actor=told.agent, side=side, text=f"What speaks {side} it")
    dossiers.confirm(request_id=denied.id, **by)
    refusals.deny(request_id=denied.id, denial_reason="abusive_intention", **by)
    changed = asked(told, "erasure", told.changed)
    grant(request_id=changed.id, **by)
    f.IdentifierFactory(subject=told.changed, kind="clerk_id", value="user_1")
    working.run(changed.id)
    requests.approve_again(request_id=changed.id, **by)
    waits = asked(told, "erasure", told.waiting)
    grant(request_id=waits.id, **by)


def duties(told) -> None:
    by = {"actor": told.agent, "reason": "A court asks"}
    done(ask_as_batch("hold_place", subject_ids=[told.held.id], **by))
    done(agreed("hold_release", subject_ids=[told.held.id], by=told.approver, **by))
    done(ask("hold_place", subject_ids=[told.held.id], **by))
    stopped = asked(told, "erasure", told.stopped)
    done(ask("hold_place", subject_ids=[told.stopped.id], **by))
    grant(request_id=stopped.id, actor=told.approver)
    working.run(stopped.id)
    assert stopped.job.stopped_at
    done(agreed("hold_release", subject_ids=[told.stopped.id], by=told.approver, **by))
    done([stopped])
    for person in (told.cleared, told.flagged, told.child):
        done(ask("child_flag", subject_ids=[person.id], actor=told.agent, reason="A teacher wrote"))
    done(agreed("child_clear", subject_ids=[told.cleared.id], actor=told.agent, by=told.approver, reason="She is 34"))
    done(ask("child_confirm", subject_ids=[told.child.id], actor=told.approver, reason="She is 9"))


def own_word(told) -> None:
    """Consents to AI, takes it back, consents again; takes back that to cookies, and opts out of sale."""
    person = told.consenting
    for topic in ("ai", "cookies"):
        wording = consents.publish(topic=topic, version="1", text=f"Yes to {topic}.")
        consents.give(person.id, wording=wording, how="studio")
        done([asked(told, "withdraw_consent", person, verification="", consent=topic)])
    consents.give(person.id, wording=ConsentWording.objects.get(topic="ai"), how="studio")
    done([asked(told, "opt_out_sale_sharing", person, verification="")])


def laws(told) -> None:
    """A clock that stood, one that stands, and rules that were proposed: one confirmed, one refused, one changed."""
    DataSubject.objects.filter(pk__in=[told.paused.pk, told.standing.pk]).update(country="GB")
    for person in (told.paused, told.standing):
        case = asked(told, "access", person)
        clocks.pause(request_id=case.id, actor=told.agent, why="scope")
        if person == told.paused:
            clocks.resume(request_id=case.id, actor=told.agent)
    first, second = (f.StaffFactory(role="manager") for _ in range(2))
    facts = {name: getattr(f.RegimeRuleFactory.build(law="of_xx"), name) for name in regimes.FIELDS}
    kept, left = (regimes.propose(facts=facts, reason="It is new", actor=first) for _ in range(2))
    regimes.confirm(rule_id=kept.id, actor=second)
    regimes.refuse(rule_id=left.id, actor=first)
    changed = facts | {"respond": "20d", "law": "of_yy"}
    later = regimes.propose(facts=changed, reason="It is shorter", actor=first, replaces=kept)
    regimes.confirm(rule_id=later.id, actor=second)
    regimes.propose(facts=changed | {"respond": "10d", "law": "of_zz"}, reason="Still shorter", actor=first)


def done(opened: list[Case]) -> None:
    for request in opened:
        working.run(request.id)
        request.refresh_from_db()
        assert request.outcome == "fulfilled"


def rows(model: type[models.Model], history: SimpleNamespace, **which) -> models.QuerySet:
    """`@fetched` stands for that person of the history."""
    found = model.objects.filter(
        **{k: getattr(history, v[1:]) if str(v).startswith("@") else v for k, v in which.items()}
    )
    assert found.exists()
    return found


@dataclass(frozen=True)
class Tampering:
    """A deed on rows of `model`; `is_refused` says that the database takes it from nobody but the tables' owner."""

    model: type[models.Model]
    what: str
    deed: Callable[[SimpleNamespace], object]
    is_refused: bool = True


def change(model, which: dict, what: str = "", *, is_refused: bool = True, **values) -> Tampering:
    def deed(history):
        rows(model, history, **which).update(**{k: v(history) if callable(v) else v for k, v in values.items()})

    return Tampering(model, what or f"{', '.join(values)} of {', '.join(map(str, which.values()))}", deed, is_refused)


def delete(model, **which) -> Tampering:
    def deed(history):
        rows(model, history, **which)._raw_delete("default")

    return Tampering(model, f"delete {which}", deed)


def insert(model, what: str, make: Callable[[SimpleNamespace], object]) -> Tampering:
    return Tampering(model, f"insert {what}", make, is_refused=False)


def stranger(history):
    return history.stranger


def other_batch(history):
    return f.BatchFactory(kind="erasure", actor=history.agent).pk


def rewrite_receipt(history):
    """With a digest that fits the new text."""
    receipts = rows(Receipt, history, **RECEIPT)
    body = receipts.get().body | {"deleted": {}}
    receipts.update(body=body, sha256=commitments.canonical_digest(body))


def delete_request(history):
    """With everything that hangs on it, but not its chain."""
    request = rows(Case, history, **ERASURE).get()
    Step.objects.filter(job__case=request)._raw_delete("default")
    Job.objects.filter(case=request)._raw_delete("default")
    for model in (Suppression, Receipt):
        model.objects.filter(request=request)._raw_delete("default")
    Clock.objects.filter(case=request)._raw_delete("default")
    Case.objects.filter(pk=request.pk)._raw_delete("default")


def delete_wording(history):
    ConsentEvent.objects.filter(wording__topic="ai")._raw_delete("default")
    ConsentWording.objects.filter(topic="ai")._raw_delete("default")


def delete_job(history):
    [pk] = rows(Job, history, **ERASED).values_list("pk", flat=True)
    Step.objects.filter(job=pk)._raw_delete("default")
    Job.objects.filter(pk=pk)._raw_delete("default")


def slip_in_approval(history):
    rows(Case, history, **FETCHED).update(approved_by=history.approver, approved_at=datetime.now(UTC))


def slip_in_a_line():
    """With a digest that is its own, as a release would have brought it."""
    rule = f.RegimeRuleFactory.build(law="gdpr", respond="90d")
    rule.seed = digest_of_line(rule)
    rule.save()


def of(kind: str, person: str) -> dict:
    return {"kind": kind, "subject": f"@{person}"}


FETCHED, WAITING, UNPROVED, PROVED = (of("access", name) for name in ("fetched", "waiting", "unproved", "proved"))
ERASURE, DENIED, CHANGED = (of("erasure", name) for name in ("erased", "denied", "changed"))
JOINED = of("access", "twice") | {"joined__isnull": False}
RECEIPT = {"request__subject": "@erased"}
PACKAGE = {"request__subject": "@fetched"}
IN_FORCE = {"released_at__isnull": True, "subject": "@held"}
RELEASED = {"released_at__isnull": False, "subject": "@held"}
LIMITED, LIFTED = {"subject": "@flagged"}, {"subject": "@cleared"}
SUSPECTED, CLEARED, CHILD = ({"state": state} for state in ("suspected", "cleared", "child"))
APPROVED, APPROVED_AGAIN = ({"case__kind": "erasure", "case__subject": f"@{name}"} for name in ("waiting", "changed"))
OPTED_OUT = {"subject": "@consenting", "purpose": "third_party_sharing"}
TAKEN_BACK = {"subject": "@consenting", "purpose": "functional.service.improve"}
GIVEN_AGAIN = {"subject": "@consenting", "purpose": "functional"}
WITHDRAWN = {"subject": "@consenting", "topic": "cookies", "state": "withdrawn"}
ERASED = {"case__kind": "erasure", "case__subject": "@erased"}
WEIGHED, COMMENTED = {"dossier__case__subject": "@denied", "side": "for"}, {"case__subject": "@denied"}
CONFIRMED, FILED = {"case__subject": "@denied"}, {"comment__case__subject": "@denied"}
STOOD, STANDS = ({"case__subject": f"@{name}"} for name in ("paused", "standing"))
BROUGHT, REPLACED, SHORTER, PROPOSED = (
    {"law": "lgpd"}, {"law": "of_xx", "confirmed_at__isnull": False}, {"law": "of_yy"}, {"law": "of_zz"}
)  # fmt: skip
NOW = lambda h: datetime.now(UTC)  # noqa: E731
ROWS = {"name": "erasure.rows", "job__subject": "@erased"}

TAMPERINGS = [
    change(DailyRoot, {}, root="f" * 64),
    change(DailyRoot, {}, size=1),
    change(DailyRoot, {}, day=date(2020, 1, 1)),
    change(DailyRoot, {}, last_entry=1),
    change(DailyRoot, {}, blocks=[]),
    change(DailyRoot, {}, made_at=EVER),
    change(DailyRoot, {}, written_at=EVER),
    change(DailyRoot, {}, "that it was mailed", mailed_at=NOW, is_refused=False),
    delete(DailyRoot),
    insert(DailyRoot, "a root", lambda h: f.DailyRootFactory()),
    change(Factor, WEIGHED, text="Nothing"),
    change(Factor, WEIGHED, side="against"),
    change(Factor, WEIGHED, noted_by=stranger),
    change(Factor, WEIGHED, "blank the text", text="[erased]", salt="", is_refused=False),
    delete(Factor, **WEIGHED),
    insert(Factor, "a factor", lambda h: f.FactorFactory(dossier=rows(Dossier, h, **CONFIRMED).get())),
    change(Dossier, CONFIRMED, confirmed_by=stranger),
    change(Dossier, CONFIRMED, confirmed_at=EVER),
    change(CaseComment, COMMENTED, text="Nothing"),
    change(CaseComment, COMMENTED, written_by=stranger),
    insert(CaseComment, "a comment", lambda h: f.CaseCommentFactory(case=rows(Case, h, **DENIED).get())),
    change(CaseFile, FILED, sha256="f" * 64),
    change(CaseFile, FILED, name="another.txt"),
    Tampering(CaseFile, "delete", lambda h: rows(CaseFile, h, **FILED)._raw_delete("default"), is_refused=False),
    change(Case, ERASURE, subject=lambda h: h.fetched),
    change(Case, FETCHED, kind="child_clear"),
    change(Case, FETCHED, verification="guardian"),
    change(Case, FETCHED, requested_by=stranger),
    change(Case, FETCHED, received_at=EVER),
    change(Case, FETCHED, due_on="2030-01-01", limit_on="2030-01-01", is_refused=False),
    change(Case, FETCHED, regime="no law", is_refused=False),
    change(Case, FETCHED, batch=other_batch),
    change(Case, FETCHED, reason="Another reason"),
    change(Case, FETCHED, "blank the reason", reason="[erased]", salt="", is_refused=False),
    change(Case, FETCHED, salt="another"),
    change(Case, FETCHED, "reopen", state="fulfilling", outcome="", closed_at=None, is_refused=False),
    change(Case, FETCHED, closed_at=EVER, is_refused=False),
    change(Case, FETCHED, outcome="partially_fulfilled", is_refused=False),
    change(Case, FETCHED, answered_how="post", is_refused=False),
    change(Case, FETCHED, answered_at=EVER, is_refused=False),
    change(Case, FETCHED, "unsay the answer", answered_how="", answered_at=None, is_refused=False),
    change(Case, FETCHED, deciders=2, approved_by=stranger, approved_at=EVER),
    change(Case, FETCHED, "join other work", joined=lambda h: rows(Job, h, **ERASED).get(), is_refused=False),
    change(Case, FETCHED, silent=True),
    change(Case, WAITING, "answered, and nobody did", state="closed", closed_at=NOW, is_refused=False),
    change(Case, WAITING, "an answer", answered_how="email", answered_at=NOW, is_refused=False),
    change(Case, WAITING, state="fulfilling", outcome="", is_refused=False),
    change(Case, WAITING, outcome="denied", is_refused=False),
    change(Case, UNPROVED, verification="guardian", is_refused=False),
    change(Case, UNPROVED, "carried out unproved", state="fulfilling", verification="guardian", is_refused=False),
    change(Case, UNPROVED, "withdrawn", state="closed", outcome="withdrawn", closed_at=NOW, is_refused=False),
    change(Case, PROVED, verification="guardian"),
    change(Case, ERASURE, deciders=1),
    change(Case, DENIED, "fulfilled", outcome="fulfilled", approved_by=stranger, approved_at=NOW, is_refused=False),
    change(Case, JOINED, joined=lambda h: rows(Job, h, **ERASED).get(), is_refused=False),
    change(Case, JOINED, "leave", joined=None, is_refused=False),
    change(Case, DENIED, denial_reason="no_match", is_refused=False),
    change(Case, FETCHED, denial_reason="no_match", is_refused=False),
    change(Case, ERASURE, approved_by=stranger, is_refused=False),
    change(Case, ERASURE, approved_at=EVER, is_refused=False),
    Tampering(Case, "an approval without an entry", slip_in_approval, is_refused=False),
    Tampering(Case, "delete", delete_request),
    insert(Case, "a request", lambda h: f.CaseFactory(subject=h.held, closed=True)),
    change(Job, ERASED, kind="access"),
    change(Job, ERASED, subject=lambda h: h.fetched),
    change(Job, ERASED, case=lambda h: rows(Case, h, **DENIED).get()),
    change(Job, ERASED, silent=True),
    change(Job, APPROVED, "approve more", approved=["delete privacy.Note"], is_refused=False),
    change(Job, APPROVED_AGAIN, "approve whatever comes", approved=[], is_refused=False),
    change(Job, ERASED, ordered_by=stranger),
    change(Job, ERASED, ended_at=EVER),
    change(Job, ERASED, "reopen", ended_at=None),
    Tampering(Job, "delete with its steps", delete_job),
    insert(Job, "a job", lambda h: f.JobFactory(case=rows(Case, h, **ERASURE).get())),
    insert(Job, "the job of a denied one", lambda h: f.JobFactory(case=rows(Case, h, **DENIED).get())),
    change(Step, ROWS, result={"rows": {}, "kept_until": {}}),
    change(Step, ROWS, state="waived"),
    change(Step, ROWS, target="privacy.Note"),
    change(Step, ROWS, finished_at=EVER),
    delete(Step, name="erasure.rows"),
    insert(
        Step, "a step",
        lambda h: f.StepFactory(seq=99, job=rows(Job, h, **ERASED).get()),
    ),
    change(AccessPackage, PACKAGE, sha256="f" * 64),
    change(AccessPackage, PACKAGE, rows=7),
    change(AccessPackage, PACKAGE, downloaded_at=None, is_refused=False),
    Tampering(
        AccessPackage, "delete", lambda h: rows(AccessPackage, h, **PACKAGE)._raw_delete("default"), is_refused=False
    ),
    insert(AccessPackage, "a package", lambda h: f.AccessPackageFactory(request=rows(Case, h, **ERASURE).get())),
    change(Receipt, RECEIPT, body={"deleted": {}}),
    change(Receipt, RECEIPT, sha256="f" * 64),
    change(Receipt, RECEIPT, issued_at=EVER),
    Tampering(Receipt, "the text with its digest", rewrite_receipt),
    delete(Receipt, **RECEIPT),
    insert(
        Receipt, "a receipt", lambda h: f.ReceiptFactory(request=rows(Case, h, **DENIED).get())
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
    delete(LegalHold, **IN_FORCE),
    delete(LegalHold, **RELEASED),
    insert(LegalHold, "a hold", lambda h: f.LegalHoldFactory(subject=h.fetched)),
    change(Limit, LIMITED, purpose="marketing.communications.email"),
    change(Limit, LIMITED, subject=lambda h: h.fetched),
    change(Limit, LIMITED, since=EVER),
    change(Limit, LIMITED, "lift it", lifted_at=lambda h: datetime.now(UTC) + LATER, is_refused=False),
    change(Limit, LIFTED, lifted_at=lambda h: datetime.now(UTC) + LATER),
    change(Limit, LIFTED, "put it in force again", lifted_at=None),
    delete(Limit, **LIMITED),
    delete(Limit, **LIFTED),
    insert(Limit, "a limit", lambda h: f.LimitFactory(subject=h.fetched)),
    change(Limit, OPTED_OUT, ground="consent_withdrawn"),
    change(Limit, OPTED_OUT, since=EVER),
    change(Limit, OPTED_OUT, "lift it", lifted_at=lambda h: datetime.now(UTC) + LATER, is_refused=False),
    change(Limit, TAKEN_BACK, purpose="functional"),
    change(Limit, GIVEN_AGAIN, "put it in force again", lifted_at=None),
    delete(Limit, **TAKEN_BACK),
    insert(Limit, "days of grace", lambda h: f.LimitFactory(subject=h.fetched, ground="grace")),
    insert(Limit, "an opt-out", lambda h: f.LimitFactory(subject=h.fetched, ground="opt_out")),
    change(ClockPause, STOOD, began_on="2026-01-01"),
    change(ClockPause, STOOD, ended_on="2030-01-01"),
    change(ClockPause, STOOD, "let it stand again", ended_on=None),
    change(ClockPause, STANDS, "let it go on", ended_on="2030-01-01", is_refused=False),
    change(ClockPause, STANDS, began_by=stranger),
    delete(ClockPause, **STOOD),
    insert(ClockPause, "a pause", lambda h: f.ClockPauseFactory(case=rows(Case, h, **FETCHED).get())),
    change(RegimeRule, BROUGHT, respond="90d"),
    change(RegimeRule, BROUGHT, "retire it", retired_at=NOW, is_refused=False),
    change(RegimeRule, BROUGHT, "confirm it by somebody", confirmed_by=stranger, is_refused=False),
    change(RegimeRule, SHORTER, respond="90d"),
    change(RegimeRule, SHORTER, confirmed_by=stranger),
    change(RegimeRule, SHORTER, proposed_by=stranger),
    change(RegimeRule, SHORTER, confirmed_at=EVER),
    change(RegimeRule, SHORTER, "retire it", retired_at=NOW, is_refused=False),
    change(RegimeRule, REPLACED, "put it in force again", retired_at=None),
    change(RegimeRule, PROPOSED, "confirm it", confirmed_by=stranger, confirmed_at=NOW, is_refused=False),
    delete(RegimeRule, **PROPOSED),
    insert(RegimeRule, "a rule", lambda h: f.RegimeRuleFactory()),
    insert(RegimeRule, "a line of no release", lambda h: slip_in_a_line()),
    change(AuditEntry, {"event": "rule.seeded", "data__law": "lgpd"}, data={}),
    delete(AuditEntry, event="rule.seeded", data__law="lgpd"),
    change(ConsentEvent, WITHDRAWN, state="given", wording=lambda h: ConsentWording.objects.get(topic="cookies")),
    change(ConsentEvent, WITHDRAWN, at=EVER),
    change(ConsentEvent, WITHDRAWN, subject=lambda h: h.fetched),
    delete(ConsentEvent, **WITHDRAWN),
    insert(ConsentEvent, "a consent", lambda h: f.ConsentEventFactory(subject=h.fetched)),
    change(ConsentWording, {"topic": "ai"}, text="Yes to everything."),
    Tampering(ConsentWording, "delete with its consents", delete_wording),
    change(ChildFlag, SUSPECTED, reason="Another reason"),
    change(ChildFlag, SUSPECTED, subject=lambda h: h.fetched),
    change(ChildFlag, SUSPECTED, flagged_by=stranger),
    change(ChildFlag, SUSPECTED, flagged_at=EVER),
    change(
        ChildFlag, SUSPECTED, "clear it", state="cleared", decided_by=stranger, decided_at=EVER, is_refused=False
    ),
    change(ChildFlag, CLEARED, decided_by=stranger, is_refused=False),
    change(ChildFlag, CHILD, decided_by=stranger, is_refused=False),
    change(ChildFlag, CHILD, decided_at=EVER, is_refused=False),
    change(ChildFlag, CHILD, "not a child after all", state="cleared", is_refused=False),
    change(ChildFlag, CHILD, "undecide it", state="suspected", decided_by=None, decided_at=None, is_refused=False),
    change(ChildFlag, CLEARED, "undecide it", state="suspected", decided_by=None, decided_at=None),
    delete(ChildFlag, state="suspected"),
    insert(ChildFlag, "a flag", lambda h: f.ChildFlagFactory(subject=h.fetched)),
    change(Suppression, RECEIPT, digest="f" * 64),
    change(Suppression, RECEIPT, kind="clerk_id"),
    change(Suppression, RECEIPT, request=lambda h: rows(Case, h, **DENIED).get()),
    delete(Suppression, **RECEIPT),
    insert(Suppression, "one", lambda h: f.SuppressionFactory(request=rows(Case, h, **DENIED).get())),
    insert(Suppression, "one more", lambda h: f.SuppressionFactory(request=rows(Case, h, **ERASURE).get())),
    change(Batch, {}, actor=stranger),
    change(Batch, {}, kind="erasure"),
    change(Batch, {}, created_at=EVER),
    insert(Batch, "a batch", lambda h: f.BatchFactory()),
    change(AuditHead, {}, n=1, is_refused=False),
    delete(AuditHead),
    change(AuditEntry, {"event": "case.refused"}, data={"because": "no_match"}),
    delete(AuditEntry, event="case.refused"),
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


def test_the_history_tells_of_every_move_that_staff_or_workers_can_bring_about(history):
    """And of what else a case goes through; nothing matches a case with a person yet, and one is reopened below."""
    told = set(AuditEntry.objects.values_list("event", flat=True))
    more = {Event.CASE_JOINED, Event.CASE_ASSIGNED, Event.WORK_STOPPED, Event.WORK_RESUMED, Event.PLAN_APPROVED_AGAIN}
    assert {*OF_MOVE.values(), *more} - told == {Event.CASE_MATCHED, Event.CASE_REOPENED}


@pytest.mark.parametrize(
    ("column", "value"),
    [("owner", lambda h: h.stranger), ("sealed", lambda h: "of another key")],
)
def test_who_sees_to_a_case_and_where_it_is_answered_are_no_evidence(history, column, value):
    """The one changes hands, the other is emptied: nothing is held against them."""
    rows(Case, history, **FETCHED).update(**{column: value(history)})
    assert verify()[0] == 0


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
    [pk] = rows(Job, history, **ERASED).values_list("pk", flat=True)
    with owner_of_the_tables():
        Step.objects.filter(job=pk)._raw_delete("default")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Job.objects.filter(pk=pk)._raw_delete("default")


def test_reasons_that_an_erasure_blanked_are_no_fault(history):
    """The held and flagged person is erased: texts and salts go, and the chains still prove the rest."""
    done(
        agreed(
            "hold_release",
            subject_ids=[history.held.id],
            actor=history.agent,
            by=history.approver,
            reason="The court is done",
        )
    )
    [request] = ask(
        "erasure", subject_ids=[history.held.id], actor=history.agent, reason="Asked by mail", verification="signed_in"
    )
    done([grant(request_id=request.id, actor=history.approver)])
    assert set(LegalHold.objects.filter(subject=history.held).values_list("reason", "salt")) == {("[erased]", "")}
    code, said = verify()
    assert code == 0, said


def test_what_was_written_before_commitments_is_counted_and_not_called_a_fault(history):
    """A hold of an earlier version: no salt, and an opening entry that says kind and person only."""
    request = f.CaseFactory(subject=history.fetched, kind="hold_place", state="fulfilling", verification="controller")
    f.LegalHoldFactory(subject=history.fetched, placed_by=request.requested_by)
    told = {"kind": request.kind, "subject": commitments.pseudonym(request.subject_id)}
    with transaction.atomic():
        audit.append(request.id, Event.REQUEST_OPENED, actor=request.requested_by, **told)
        job = f.JobFactory(case=request, at_step="holds.place", ordered_by=request.requested_by)
        freeze({job: [Planned("holds.place", units=1)]})
    done([request])
    code, said = verify()
    assert code == 0, said
    assert "1 requests were opened before entries committed to rows" in said


@pytest.mark.parametrize("column", ["requested_by", "state"])
def test_what_older_entries_say_still_binds_older_rows(history, column):
    request = f.CaseFactory(subject=history.fetched, kind="hold_place")
    told = {"kind": request.kind, "subject": commitments.pseudonym(request.subject_id)}
    with transaction.atomic():
        audit.append(request.id, Event.REQUEST_OPENED, actor=request.requested_by, **told)
    values = {"requested_by": history.stranger, "state": "answering"}
    with owner_of_the_tables():
        Case.objects.filter(pk=request.pk).update(**{column: values[column]})
    assert verify()[0] == 1


def test_a_request_deleted_with_its_chain_head_and_rows_shows_against_a_root(history, tmp_path):
    root = tmp_path / "root.json"
    assert verify(write_root=root)[0] == 0
    request = rows(Case, history, **ERASURE).get()
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


# --- A case that is taken up again has been through it twice ----------------------------------------------------------


@pytest.fixture
def again(history) -> Case:
    """Its package expired before it was fetched, and it was asked for once more."""
    case = asked(history, "access", history.again)
    done([case])
    give_link(request_id=case.id, actor=history.agent)
    AccessPackage.objects.filter(request=case).update(expires_at=datetime.now(UTC) - LATER)
    working.let_time_pass(models.Q(pk=case.package.id))
    working.run(case.package.id)
    assert case.package.swept_at
    reopening.reopen(request_id=case.id, actor=history.agent, why="Asked again")
    return case


def test_one_that_is_being_carried_out_again_is_no_fault(again):
    assert verify()[0] == 0, verify()[1]


def test_nor_one_that_was_carried_out_and_answered_again(again, history):
    done([again])
    assert verify()[0] == 0, verify()[1]
    answered(again, history)
    assert verify()[0] == 0, verify()[1]


SECOND, FIRST = "created_at", "-created_at"


@pytest.mark.parametrize("which", [FIRST, SECOND])
@pytest.mark.parametrize("values", [{"sha256": "f" * 64}, {"rows": 7}, {"downloaded_at": EVER}], ids=str)
def test_both_its_packages_are_held_against_what_is_told_of_them(again, history, which, values):
    done([again])
    with owner_of_the_tables():
        package = AccessPackage.objects.filter(request=again).order_by(which).last()
        AccessPackage.objects.filter(pk=package.pk).update(**values)
    assert verify()[0] == 1


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("values", [{"result": {}}, {"finished_at": EVER}], ids=str)
def test_and_the_steps_of_both_its_works(again, history, place, values):
    done([again])
    with owner_of_the_tables():
        Step.objects.filter(pk=list(again.steps)[place].pk).update(**values)
    assert verify()[0] == 1


def test_one_that_was_denied_again_for_another_reason_is_no_fault(history):
    case = asked(history, "erasure", history.again)
    for because in ("suspected_fraud", "no_match"):
        refusals.deny(request_id=case.id, actor=history.approver, denial_reason=because)
        answered(case, history)
        assert verify()[0] == 0, verify()[1]
        if because == "suspected_fraud":
            reopening.reopen(request_id=case.id, actor=history.approver, why="Asked again")


def test_work_that_was_joined_ends_for_nobody_who_has_withdrawn(history):
    first, second, third = (asked(history, "access", history.again) for _ in range(3))
    requests.cancel(request_id=second.id, actor=history.agent)
    done([first])
    for case in (second, third):
        case.refresh_from_db()
    assert (second.state, second.outcome, third.outcome) == ("closed", "withdrawn", "fulfilled")


def test_who_withdraws_withdraws_nothing_for_whoever_has_joined_the_work(history):
    first, second = (asked(history, "access", history.again) for _ in range(2))
    with suppress(NotAllowed):  # to refuse it is as good
        requests.cancel(request_id=first.id, actor=history.agent)
    assert verify()[0] == 0, verify()[1]
    working.run_all()
    second.refresh_from_db()
    assert (second.state, second.outcome) == ("answering", "fulfilled")
    assert verify()[0] == 0, verify()[1]


def test_an_approved_erasure_that_joins_another_is_no_fault(history):
    first, second = (asked(history, "erasure", history.again) for _ in range(2))
    for case in (first, second):
        grant(request_id=case.id, actor=history.approver)
    assert verify()[0] == 0, verify()[1]
    done([first])
    second.refresh_from_db()
    assert second.outcome == "fulfilled"
    assert verify()[0] == 0, verify()[1]


def test_who_decided_anew_is_named_and_no_fault(history):
    case = asked(history, "erasure", history.again)
    refusals.deny(request_id=case.id, actor=history.approver, denial_reason="suspected_fraud")
    answered(case, history)
    reopening.reopen(request_id=case.id, actor=history.approver, why="Asked again")
    another = f.StaffFactory(role="approver")
    grant(request_id=case.id, actor=another)
    done([case])
    assert (case.approved_by, case.denial_reason) == (another, "")
    assert verify()[0] == 0, verify()[1]


def test_one_that_joined_and_is_taken_up_again_joins_what_runs_then(history):
    first, second = (asked(history, "access", history.again) for _ in range(2))
    done([first])
    answered(second, history)
    third = asked(history, "access", history.again)
    reopening.reopen(request_id=second.id, actor=history.agent, why="Asked again")
    second.refresh_from_db()
    assert second.joined == third.job
    done([third])
    assert verify()[0] == 0, verify()[1]


@pytest.mark.parametrize("event", OF_OLD_STATUS)
def test_what_was_told_of_a_status_until_2026_11_still_binds_the_state(history, event):
    """Every state and outcome that the rules of the table allow is tried; those that the old word means are sound."""
    sound = set()
    because = "no_match" if event == Event.REQUEST_DENIED else ""
    case = f.CaseFactory(subject=history.again, kind="hold_place", denial_reason=because)
    told = {"kind": case.kind, "subject": commitments.pseudonym(case.subject_id)}
    with transaction.atomic():
        audit.append(case.id, Event.REQUEST_OPENED, actor=case.requested_by, **told)
        audit.append(case.id, event, actor=None, because=because)
    for state, outcome in itertools.product(State, ["", *Outcome]):
        if state == State.CLOSED and not outcome:
            continue
        closed_at = datetime.now(UTC) if state == State.CLOSED else None
        Case.objects.filter(pk=case.pk).update(state=state, outcome=outcome, closed_at=closed_at)
        if not chains.faults_of_chain(case.pk):
            sound.add((state, outcome))
    assert sound == OF_OLD_STATUS[event]
