"""The right to erasure: asked for by one person, decided by another, carried out by the data map."""

from collections.abc import Sequence
from uuid import UUID

from privacy.cases.kinds import register
from privacy.catalogue import Decision, Fact, May, Permit, Plainly, Right, Stage, StepKind, Words
from privacy.fulfilment.erasure import plan_steps
from privacy.models import DataSubject, Verification
from privacy.roles import AGENT, APPROVER, MANAGER, VERIFY
from privacy.selectors import holds, plans, shields
from privacy.selectors.standing import Standing, alike_in_words, copies_in_words, held_in_words

ASK = Permit("request_erasure", "Can ask for a person's erasure", (AGENT, APPROVER, MANAGER))
APPROVE = Permit("approve_erasure", "Can approve an erasure asked for by another person", (APPROVER, MANAGER))


def held(subject_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the people whose data must stay. Locks their rows until the transaction ends, as placing and releasing a
    hold lock them: a hold and an erasure's step never pass each other."""
    list(DataSubject.objects.select_for_update().filter(pk__in=subject_ids).order_by("id").values_list("id"))
    return holds.covering(subject_ids)


def stopped(subject_ids: Sequence[UUID]) -> set[UUID]:
    """And those who are still owed a copy of what would be erased."""
    return held(subject_ids) | shields.waiting_for_a_copy(subject_ids)


def to_know(subject_ids: Sequence[UUID], so: Standing) -> list[str]:
    return [word for words in (held_in_words, copies_in_words, alike_in_words) for word in words(subject_ids, so)]


@register
class Erasure(Right):
    key, label, icon = "erasure", "Erasure", "delete"
    plainly = Plainly(
        "The erasure of your data", "Have your data erased",
        "Your account goes, and what belongs to it. What a law makes us keep stays for that alone, and we tell you "
        "what it is. It cannot be undone.",
        "data", reason=Words("Is there anything that we should know? (optional)"),
    )  # fmt: skip
    cites = ("GDPR art. 17", "Cal. Civ. Code 1798.105")
    button, title, submit = "Erase…", "Ask for the erasure of {people}", "Ask for erasure"
    happens = (
        "Nothing is erased yet: another member of staff has to approve. You cannot approve it yourself.",
        "After the approval a worker erases as shown below, unless a legal hold stops it. The processors that know "
        "these people are called where there is a key for their API; else a person asks them and attests the answer.",
        "What was erased cannot be brought back here. The receipt says what went, what stays and why.",
    )
    is_dangerous = is_common = has_grace = waits_for_a_copy = True
    told_by, forgets = "answer_erasure", True
    may = May(ask=ASK, decide=APPROVE, deny=APPROVE, cancel=ASK, retry=ASK, answer=ASK, attest=APPROVE, verify=VERIFY)
    deciders = 2
    decision = Decision(
        "Approve…", "Approve and erase",
        (
            "A worker erases what is listed on this page after the days of grace; at once for a child, and where the "
            "person confirmed twice. Until then it can be cancelled, and nothing new of the person is processed.",
            "The processors that know the person are told as well: by API where there is a key; else somebody asks "
            "them and attests the answer.",
            "What was erased cannot be brought back here. A legal hold stops it before the next step.",
        ),
        "Approved: {cases}. The erasure starts by itself.",
        "Waits for another person’s approval", "erase", is_dangerous=True,
    )  # fmt: skip
    proof = Verification.proofs()
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    stops, stopped_words = stopped, "a legal hold"
    plan, dry_run, parts = plan_steps, plans.erasure_plan, plans.erasure_parts
    set_size, warns = 500, to_know
    steps = (
        StepKind("erasure.files", "Delete the files", is_final=True),
        StepKind("erasure.slices", "Erase the {target}", is_final=True),
        StepKind("erasure.rows", "Erase the database rows", is_final=True),
        StepKind("erasure.folders", "Delete the folders", is_final=True),
        StepKind("erasure.vacuum", "Free the deleted rows’ room in the database", is_final=True),
        StepKind("processors.erase", "Erasure at {target}", is_final=True),
        StepKind("erasure.receipt", "Write the receipt"),
    )
