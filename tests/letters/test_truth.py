"""No sentence of a letter claims more than is recorded: of every right, outcome and language, one row is changed
and the sentence keeps the letter here."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from privacy.admin.requests.letters import RESTS_ON
from privacy.cases import letters, mailing
from privacy.catalogue import case_kinds
from privacy.catalogue.cases import answered_in_writing
from privacy.fulfilment.letters import drafting, facts, templates
from privacy.fulfilment.letters.claims import claims
from privacy.fulfilment.letters.kinds import KINDS, fitting, kinds
from privacy.models import LANGUAGES, Case, Clock, DataSubject, Job, Limit, Receipt, Redaction, Step
from tests import factories as f
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)
LIFTED = {"lifted_at": LATER, "told_at": NOW, "told_how": "email"}
ENDED = {"state": "done", "finished_at": NOW, "started_at": NOW}
BODY = {
    "deleted": {"privacy.Note": 3}, "anonymised": {"privacy.UsageEvent": 2}, "files": {"uploads": 1},
    "kept": {"billing.Invoice": 1}, "handed_over": {"privacy.Script": 1},
    "handed_over_because": {"privacy.Script": "Scripts with co-authors go on with them"},
    "kept_because": {"billing.Invoice": [{"because": "Tax law", "until": "2034-12-31", "ground": "legal_obligation"}]},
}  # fmt: skip


def answering(key: str, outcome: str) -> Case:
    """A case that is to be answered, with a row behind each sentence that its letter can have."""
    kind = case_kinds[key]
    person = f.DataSubjectFactory(country="DE")
    f.IdentifierFactory(subject=person, kind="email", value=f"{person.pk.hex[:12]}@example.org")
    decided = (
        {"approved_by": f.StaffFactory(), "approved_at": NOW} if kind.deciders == 2 and outcome != "denied" else {}
    )
    reason = {"denial_reason": "no_match"} if outcome == "denied" else {}
    case = f.CaseFactory(
        subject=person, kind=key, state="answering", outcome=outcome, deciders=kind.deciders, regime="gdpr",
        due_on=(NOW + timedelta(days=9)).date(), **decided, **reason,
    )  # fmt: skip
    f.ClockFactory(case=case, kind="respond", rule__law="gdpr", rule__name="GDPR", rule__verified_on=NOW.date())
    if outcome != "denied" and kind.steps:
        carry_out(case, is_done=outcome == "fulfilled")
    return case


def carry_out(case: Case, *, is_done: bool) -> None:
    job = f.JobFactory(case=case, subject=case.subject, kind=case.kind, ended_at=NOW if is_done else None)
    f.StepFactory(
        job=job, seq=1, name="rectification.write", result={"fields": "privacy.DataSubject.full_name"}, **ENDED
    )
    confirmed = {"outcome": "deleted"}
    attested = {"outcome": "attested", "evidence": "SUP-1", "attested_by": 1}
    kept = {"outcome": "goes by the stated day", "retained": [{"what": "backups", "until": "2027-03-01"}]}
    for seq, (target, result) in enumerate({"clerk": confirmed, "stripe": attested, "hosting": kept}.items(), start=2):
        f.StepFactory(job=job, seq=seq, name="processors.erase", target=target, result=result, **ENDED)
    if not is_done:
        f.StepFactory(job=job, seq=8, name="processors.erase", target="analytics", state="waiting", started_at=NOW)
        f.StepFactory(job=job, seq=9, name="erasure.vacuum", state="pending")
    match case_kinds[case.kind].told_by:
        case "answer_copy":
            package = f.AccessPackageFactory(request=case, gaps=1, encrypted=True)
            f.RedactionFactory(case=package.request)
        case "answer_limit":
            ground = facts.LIMITS_OF.get(case.kind, ("opt_out",))[0]
            f.LimitFactory(subject=case.subject, ground=ground, purpose="marketing.communications.email")
            f.LimitFactory(subject=case.subject, ground=ground, purpose="")
        case _:
            f.ReceiptFactory(request=case, body=BODY)


def of_case(rows, **changes) -> Callable[[Case], None]:
    return lambda case: rows(case).update(**changes)


def steps(case: Case):
    return Step.objects.filter(job__case=case)


def receipts(**body) -> Callable[[Case], None]:
    return lambda case: Receipt.objects.filter(request=case).update(body=BODY | body)


def own(case: Case):
    return Case.objects.filter(pk=case.pk)


# {claim: what is changed in one recorded row, so that its sentence is not so any more}.
CHANGES: dict[str, Callable[[Case], object]] = {
    "received": of_case(own, received_at=NOW - timedelta(days=90)),
    "due": of_case(own, due_on=(NOW + timedelta(days=1)).date(), limit_on=(NOW + timedelta(days=1)).date()),
    "law": lambda case: Clock.objects.filter(case=case).delete(),
    "court": lambda case: Clock.objects.filter(case=case).delete(),
    "refused": of_case(own, denial_reason="accurate_already"),
    "complain": lambda case: DataSubject.objects.filter(pk=case.subject_id).update(country="GB"),
    "record_kept": of_case(own, kind="question"),
    "upheld": of_case(own, kind="question"),
    "not_upheld": of_case(own, kind="question"),
    "complaint_right": of_case(own, kind="question"),
    "complaint_not": of_case(own, kind="question"),
    "package": lambda case: case.packages.update(expires_at=NOW + timedelta(days=99)),
    "encrypted": lambda case: case.packages.update(encrypted=False),
    "gaps": lambda case: case.packages.update(gaps=0),
    "left_out": lambda case: Redaction.objects.filter(case=case).delete(),
    "deleted_of": receipts(deleted={"privacy.Note": 4}),
    "anonymised_of": receipts(anonymised={}),
    "files": receipts(files={"uploads": 7}),
    "kept_of": receipts(kept={"billing.Invoice": 9}),
    "handed_over_of": receipts(handed_over={}),
    "receipt": lambda case: Receipt.objects.filter(request=case).update(sha256="f" * 64),
    "rectified": lambda case: steps(case).filter(seq=1).update(result={"fields": "privacy.DataSubject.country"}),
    "limited": lambda case: Limit.objects.filter(subject=case.subject).exclude(purpose="").update(**LIFTED),
    "limited_all": lambda case: Limit.objects.filter(subject=case.subject, purpose="").update(**LIFTED),
    "told_before": lambda case: Limit.objects.filter(subject=case.subject).update(**LIFTED),
    "carried_out": lambda case: Job.objects.filter(case=case).update(ended_at=NOW - timedelta(days=3)),
    "processor_confirmed": lambda case: steps(case).filter(target="clerk").update(state="waiting", finished_at=None),
    "processor_attested": lambda case: steps(case).filter(target="stripe").update(result={"outcome": "deleted"}),
    "processor_expires": lambda case: steps(case).filter(target="hosting").update(state="waiting", finished_at=None),
    "processor_open": lambda case: steps(case).filter(target="analytics").update(**ENDED),
    "still_open": lambda case: steps(case).filter(name="erasure.vacuum").update(**ENDED),
}  # fmt: skip
NO_ROW = {"plain", "status", "appeal", "words", "asked", "ref"}  # what rests on nothing, on the case itself, on an ask


def combinations() -> Iterator[tuple[str, str]]:
    for key in sorted(answered_in_writing()):
        for outcome in ("fulfilled", "partially_fulfilled", "denied"):
            can_be = {"denied": case_kinds[key].may.deny, "partially_fulfilled": case_kinds[key].steps}
            if can_be.get(outcome, True):
                yield key, outcome


@pytest.mark.parametrize(("key", "outcome"), list(combinations()))
def test_each_sentence_of_an_answer_is_blocked_when_what_it_rests_on_changes(key, outcome):
    case = answering(key, outcome)
    [kind] = [kind for kind in fitting(facts.of_one(case)) if kind.ends == "answered"]
    asked = {ask.name: "We looked into it." for ask in kind.asks}
    for language, _ in LANGUAGES:
        assert all(drafting.preview([case], key=kind.key, language=language, asked=asked)[case.pk].draft.sentences)
    letter = letters.write(request_id=case.pk, actor=f.StaffFactory(), key=kind.key, asked=asked)
    assert mailing.differences(letter, reread(case)) == []
    rests_on = set(letter.claims) - NO_ROW
    assert rests_on <= CHANGES.keys()
    for claim in rests_on:
        with owner_of_the_tables(), transaction.atomic():
            CHANGES[claim](case)
            found = mailing.differences(letter, reread(case))
            transaction.set_rollback(True)
        assert claim in found or found == list(kind.about), claim  # or nothing of it can be said any more


def reread(case: Case) -> Case:
    return Case.objects.select_related("subject").get(pk=case.pk)


def test_a_letter_that_is_not_so_any_more_stays_here():
    case = answering("erasure", "fulfilled")
    letter = letters.write(request_id=case.pk, actor=f.StaffFactory(), key="answer_erasure")
    with owner_of_the_tables():
        receipts(deleted={})(case)
    with pytest.raises(Exception, match="has changed since you read it"):
        letters.approve(letter_id=letter.pk, actor=f.StaffFactory())


def test_every_right_is_told_by_a_letter_that_there_is():
    assert {case_kinds[key].told_by for key in answered_in_writing()} <= kinds.keys()


def test_every_claim_stands_in_a_letter_and_every_sentence_rests_on_one():
    said = {sentence.claim for kind in KINDS for sentence in templates.parsed(kind.key, "en").sentences}
    assert said == claims.keys() == RESTS_ON.keys()
