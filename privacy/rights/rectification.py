"""The right to rectification: what the data map lets a person put right, read before and after by a second person,
because whoever changes an address can take over an account."""

import json
from collections.abc import Mapping
from typing import Any

from privacy.cases import clocks
from privacy.cases.kinds import register
from privacy.catalogue import Decision, Fact, May, Permit, Plainly, Question, Right, Risk, Stage, StepKind, Words
from privacy.fulfilment import rectifying
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done
from privacy.models import CaseJob, Step, Verification
from privacy.models.accounts import accounts_of
from privacy.models.addresses import MAX_LENGTH
from privacy.rights.erasure import held
from privacy.roles import AGENT, APPROVER, MANAGER, VERIFY

ASK = Permit("request_rectification", "Can ask to put right what we hold of a person", (AGENT, APPROVER, MANAGER))
APPROVE = Permit("approve_rectification", "Can approve a rectification asked for by another", (APPROVER, MANAGER))
CHANGES = Question(
    "changes", "What is put right", "values", at_most=MAX_LENGTH, offers=rectifying.offered, check=rectifying.check,
    missing="Change what is wrong: nothing is changed yet.",
)  # fmt: skip

HARMLESS = ("privacy.ProfilePreference.",)


@local("rectification.residence")
@one_by_one
def reckon_anew(job: CaseJob, step: Step) -> Done:
    """The law of the residence counts: where we had it wrong, open requests are owed by another date."""
    moved = clocks.residence_corrected(list(accounts_of([job.subject_id])), None)
    return Done({"requests moved": len(moved)}, units=1)


def by_what_is_changed(answers: Mapping[str, Any]) -> Risk:
    """How the studio calls and shows itself to somebody opens nothing to a stranger; a name or an address may."""
    changed = json.loads(answers.get("changes") or "{}")
    return Risk.LOW if changed and all(key.startswith(HARMLESS) for key in changed) else Risk.HIGH


@register
class Rectification(Right):
    key, label, icon = "rectification", "Rectification", "edit"
    told_by = "answer_rectification"
    plainly = Plainly(
        "A correction of your data", "Have something put right",
        "If what we hold about you is wrong, we correct it, and tell those who got it from us.",
        "data",
        reason=Words(
            "What is wrong, and what is right?",
            "If there is an account with your address, you see on the next page what can be changed.",
        ),
        must_say=True, later={"changes": Words("What is put right")},
    )  # fmt: skip
    cites = ("GDPR art. 16", "GDPR art. 19", "Cal. Civ. Code 1798.106")
    button, title, submit = "Put right", "Ask to put right what we hold of {people}", "Ask for it"
    happens = (
        "Nothing is changed yet: another member of staff has to approve what you change below, and sees it before and "
        "after.",
        "Then a worker writes it here. The processors that have got the same kind of data are asked by a person, who "
        "attests their answer.",
        "Under a legal hold it waits until the release: what is stored stays as evidence.",
    )
    may = May(
        ask=ASK, decide=APPROVE, deny=APPROVE, cancel=ASK, retry=APPROVE, answer=ASK, attest=APPROVE, verify=VERIFY
    )
    is_common = True
    deciders = 2
    decision = Decision(
        "Approve…", "Approve and put right",
        (
            "You have read each value before and after.",
            "A worker writes them as soon as you approve, unless one has changed since.",
            "What is told to processors is told by a person.",
        ),
        "Approved: {cases}. It is put right by itself.", "Waits for another person’s approval", "rectify",
    )  # fmt: skip
    proof = tuple(way for way in Verification.proofs() if way != Verification.CONTROLLER)
    risk_of = by_what_is_changed
    alone = True
    asks = (*Right.asks[:1], CHANGES, *Right.asks[1:])
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    stops, stopped_words = held, "a legal hold"
    plan = rectifying.plan_rectification
    steps = (
        StepKind("rectification.write", "Write the right values", is_final=True),
        StepKind("rectification.residence", "Reckon the dates of open requests by the right residence"),
        StepKind("processors.rectify", "Rectification at {target}", is_final=True),
        StepKind("receipts.issue", "Write the receipt"),
    )
