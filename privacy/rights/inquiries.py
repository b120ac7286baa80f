"""What somebody writes to us that is no right of its own, and is answered all the same: a question, a complaint, and
the appeal against what was decided."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from privacy.cases.kinds import register
from privacy.catalogue import Decision, Inquiry, May, Permit, Plainly, Question, Words
from privacy.catalogue.cases import answered_in_writing
from privacy.models import Case, State
from privacy.roles import AGENT, APPROVER, MANAGER
from privacy.selectors.cases import APPEAL, OPEN

TAKE_IN = Permit("take_inquiry", "Can take in and answer questions, complaints and appeals", (AGENT, APPROVER, MANAGER))
DECIDE = Permit("decide_inquiry", "Can decide about complaints and appeals", (APPROVER, MANAGER))


def cases_of(subject_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """Those that these people were or are to be answered: (id, words)."""
    found = Case.objects.filter(subject__in=subject_ids, kind__in=answered_in_writing(), silent=False)
    return [(str(case.pk), f"{case}, {case.get_state_display().lower()}") for case in found.order_by("-received_at")]


def appealable(subject_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """Those of which these people were told what was decided."""
    theirs = Case.objects.filter(state=State.CLOSED, subject__in=subject_ids).exclude(kind=APPEAL)
    closed = {str(pk) for pk in theirs.values_list("pk", flat=True)}
    return [(pk, words) for pk, words in cases_of(subject_ids) if pk in closed]


def no_appeal(parent_id: str) -> str:
    """The case, if it is none itself. Raises ValueError in words for the screen."""
    if Case.objects.filter(pk=UUID(str(parent_id)), kind=APPEAL).exists():
        raise ValueError("An appeal is not appealed again. The person can complain to the authority, or go to court.")
    return str(parent_id)


def appealed_already(asked: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, list[str]]:
    """{person: that an appeal against the case is open}."""
    parents = {subject_id: answers.get("parent_id") for subject_id, answers in asked.items()}
    is_open = Case.objects.filter(OPEN, kind=APPEAL, parent__in=[pk for pk in parents.values() if pk])
    busy = {str(pk) for pk in is_open.values_list("parent", flat=True)}
    return {subject_id: ["An appeal against it is open already."] for subject_id, pk in parents.items() if pk in busy}


OF_WHAT = Question(
    "parent_id", "Against which decision?", "choice", offers=appealable, check=no_appeal,
    missing="Choose the case. What the person was not answered yet is not appealed.",
)  # fmt: skip
ABOUT = Question("parent_id", "About which case (optional)", "choice", required=False, offers=cases_of)


@register
class Asked(Inquiry):
    key, label, icon = "question", "Question", "help"
    plainly = Plainly(
        "A question", "Ask us a question", "About how we handle your data, or about anything in our privacy policy.",
        "tell", reason=Words("Your question"), must_say=True,
    )  # fmt: skip
    button, title, submit = "Question", "Take in a question of {people}", "Take it in"
    happens = (
        "The question waits to be answered, by its date.",
        "You answer, and say here how, when and what: the text is kept sealed with the case.",
    )
    is_common = True
    may = May(ask=TAKE_IN, answer=TAKE_IN)


class Decided(Inquiry):
    """What a second person finds to be right or not."""

    may = May(ask=TAKE_IN, decide=DECIDE, deny=DECIDE, cancel=TAKE_IN, answer=TAKE_IN)
    deciders = 2


@register
class Complaint(Decided):
    key, label, icon = "complaint", "Complaint", "feedback"
    told_by = "complaint_outcome"
    plainly = Plainly(
        "A complaint", "Complain",
        "If you think that we handle your data wrongly, somebody looks into it and tells you what they found. You can "
        "also go to a supervisory authority at any time.",
        "tell", reason=Words("What is your complaint?"), must_say=True,
    )  # fmt: skip
    cites = ("DPA 2018 s. 164A", "GDPR art. 77")
    button, title, submit = "Complaint", "Take in a complaint of {people}", "Take it in"
    happens = (
        "The complaint waits for another member of staff, who finds whether it is right.",
        "Either way the person is answered by its date, and told that they may go to the authority.",
    )
    asks = (Inquiry.asks[0], ABOUT, *Inquiry.asks[1:])
    decision = Decision(
        "The complaint is right…", "It is right",
        ("You find that the complaint is right. What follows from it is asked for apart.", "The person is then told."),
        "Found to be right: {cases}. The person is to be told.", "Waits for another person’s finding", "right",
    )  # fmt: skip


@register
class Appeal(Decided):
    key, label, icon = "appeal", "Appeal", "balance"
    told_by = "appeal_outcome"
    plainly = Plainly("An appeal")
    cites = ("Va. Code 59.1-577(C)", "Tex. Bus. & Com. Code 541.053")
    button, title, submit = "Appeal", "Take in an appeal of {people}", "Take it in"
    happens = (
        "The appeal has a date of its own, and waits for a member of staff who had nothing to do with the case.",
        "Upheld or not, the person is answered in writing, with the reasons, and told where to complain.",
    )
    asks = (OF_WHAT, *Inquiry.asks)
    against = appealed_already
    decision = Decision(
        "Uphold the appeal…", "Uphold it",
        (
            "You find that what was decided was wrong. You had nothing to do with it.",
            "Nothing changes by itself: take the case up again, or ask anew. The person is then told.",
        ),
        "Upheld: {cases}. The person is to be told.", "Waits for another person’s decision", "uphold",
    )  # fmt: skip
