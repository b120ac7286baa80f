"""The right to erasure, of one thing: a script, a prompt, a conversation, an upload, or what is of some days. What is
beside it stays as it is."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from privacy.cases.kinds import register
from privacy.catalogue import Decision, Fact, May, Plainly, Question, Right, Stage, StepKind, Words
from privacy.fulfilment.erasing_one import plan_one
from privacy.models import Verification
from privacy.rights.erasure import APPROVE, ASK, held
from privacy.roles import VERIFY
from privacy.selectors import parts
from privacy.selectors.standing import held_in_words


def ids_in(text: str) -> str:
    """The ids that staff give, parted by blanks or commas. Raises ValueError in words for the screen."""
    ids = text.replace(",", " ").split()
    if len(ids) > parts.MOST_IDS:
        raise ValueError(f"At most {parts.MOST_IDS} ids at once; these are {len(ids):,}.")
    return " ".join(dict.fromkeys(ids))


WHAT = Question(
    "what", "What is to be forgotten?", "text", required=False, at_most=4_000, check=ids_in, placeholder="0f1e2d3c-…",
    help="The ids of scripts, prompts, conversations, uploads and the like, parted by blanks: each stands in the "
    "address of its own page. What hangs on them, such as the messages of a conversation, goes along.",
)  # fmt: skip
AREA = Question("area", "Or all of one kind", "choice", required=False, offers=parts.areas)
SINCE = Question("since", "From day", "day", required=False, help="In UTC, this day among them. Empty: from the first.")
UNTIL = Question("until", "To day", "day", required=False, help="In UTC, this day among them. Empty: to the last.")


def not_said(asked: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, list[str]]:
    """{person: why it is not clear what of theirs is meant}."""
    return {subject_id: list(_against(subject_id, answers)) for subject_id, answers in asked.items()}


def _against(subject_id: UUID, answers: Mapping[str, Any]) -> Iterator[str]:
    ids, area = str(answers.get("what") or "").split(), answers.get("area")
    since, until = (str(answers.get(name) or "") for name in ("since", "until"))
    if bool(ids) == bool(area):
        yield "Say what: either the ids, or all of one kind."
    if ids and (since or until):
        yield "Days are of a kind; ids are of whatever day."
    if since and until and since > until:
        yield "It would end before it begins."
    known = sum(map(len, parts.rows_named(subject_id, ids).values())) if ids else 0
    if known < len(ids):
        yield f"{len(ids) - known} of the {len(ids)} ids are of nothing that is this person’s own and can be forgotten."


@register
class ErasureOfOne(Right):
    key, label, icon = "erasure_of_one", "Erasure of one thing", "ink_eraser"
    plainly = Plainly(
        "The erasure of one thing", "Have one thing forgotten",
        "One kind of thing, such as your prompts of some days, goes. The rest of your account stays as it is.",
        "data",
        reason=Words("What is to be forgotten?", "Say what it is and from when, so that we take nothing else."),
        must_say=True,
        later={
            "area": Words("All of which kind?"),
            "since": Words("From day (optional)", "In UTC. Leave it empty to begin with the first."),
            "until": Words("To day (optional)", "In UTC. Leave it empty to end with the last."),
        },
    )  # fmt: skip
    cites = ("GDPR art. 17", "Cal. Civ. Code 1798.105")
    button, title, submit = "Forget this…", "Ask to forget one thing of {people}", "Ask to forget it"
    happens = (
        "Nothing is erased yet: another member of staff has to approve, and sees what goes and what hangs on it.",
        "Then a worker erases that and nothing else. The processors that know it are called where there is a key for "
        "their API; else a person asks them and attests the answer.",
        "What was erased cannot be brought back here. A legal hold stops it.",
    )
    is_dangerous = True
    may = May(ask=ASK, decide=APPROVE, deny=APPROVE, cancel=ASK, retry=ASK, answer=ASK, attest=APPROVE, verify=VERIFY)
    deciders = 2
    decision = Decision(
        "Approve…", "Approve and forget it",
        (
            "A worker erases what is listed on this page, as soon as you approve.",
            "The processors that know it are told as well.",
            "What was erased cannot be brought back here. A legal hold stops it before the next step.",
        ),
        "Approved: {cases}. It is forgotten by itself.", "Waits for another person’s approval", "forget",
        is_dangerous=True,
    )  # fmt: skip
    proof = Verification.proofs()
    alone = True
    asks = (Right.asks[0], WHAT, AREA, SINCE, UNTIL, *Right.asks[1:])
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    stops, stopped_words, against = held, "a legal hold", not_said
    plan, plan_of, warns = plan_one, parts.plan_of, held_in_words
    steps = (
        StepKind("erasure_of_one.files", "Delete its files", is_final=True),
        StepKind("erasure_of_one.rows", "Erase its rows", is_final=True),
        StepKind("erasure.vacuum", "Free the deleted rows’ room in the database", is_final=True),
        StepKind("processors.erase", "Erasure at {target}", is_final=True),
        StepKind("receipts.issue", "Write the receipt"),
    )
