"""Which letters there are: when one fits a case, what it must not leave unsaid, and what its going out means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from privacy.catalogue import case_kinds
from privacy.fulfilment.letters.facts import Facts
from privacy.models import Outcome, State

S = State
ANSWERED = frozenset({Outcome.FULFILLED, Outcome.PARTLY})


@dataclass(frozen=True)
class Ask:
    """What whoever writes is asked for, for the sentence of `claim`."""

    name: str
    claim: str
    question: str
    required: bool = True


@dataclass(frozen=True)
class LetterKind:
    """key: as rows and files are named; label: as staff read it.

    fits: of what is so, whether such a letter can be written now.
    about: the facts that it is there for: no wording leaves one out, and without any of them there is nothing to tell.
    must_say: facts that no wording may leave out either, because the law wants them told.
    ends: what its going out does: the case is acknowledged, or answered.
    takes_two: where a right takes two to decide, the letter that tells it does too.
    asks: what whoever writes is asked for; without an answer to what is required nothing is sent.
    """

    key: str
    label: str
    fits: Callable[[Facts], bool]
    about: tuple[str, ...]
    must_say: tuple[str, ...] = ()
    ends: Literal["", "acknowledged", "answered"] = ""
    takes_two: bool = False
    asks: tuple[Ask, ...] = ()
    to_processor: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """What every wording of it has."""
        return (*self.about, *self.must_say, *(ask.claim for ask in self.asks))

    def deciders(self, facts: Facts) -> int:
        return 2 if self.takes_two and facts.case.deciders == 2 else 1


def _is_to_be_answered(facts: Facts) -> bool:
    return facts.case.state == S.ANSWERING


def _answers(key: str) -> Callable[[Facts], bool]:
    """Whether what was carried out is told by the letter of this name."""

    def fits(facts: Facts) -> bool:
        told_by = case_kinds[facts.case.kind].told_by
        return _is_to_be_answered(facts) and told_by == key and facts.case.outcome in ANSWERED and not facts.answered_on

    return fits


TOLD = "It is told as it stands here, and kept sealed with the case."
WORDS = (Ask("words", "words", f"What do you answer? {TOLD}"),)
WHY = (Ask("words", "words", f"What explains it to the person, in your words? {TOLD}", required=False),)
OF_PROCESSORS = ("processor_confirmed", "processor_attested", "processor_open")
OPEN_STATES = (S.RECEIVED, S.VERIFYING, S.DECIDING, S.FULFILLING, S.ANSWERING)

KINDS: Sequence[LetterKind] = (
    LetterKind(
        "acknowledgement", "It has come in",
        lambda f: f.case.state != S.CLOSED and not f.case.acknowledged_at and f.case.kind != "complaint",
        ("received",), ends="acknowledged",
    ),
    LetterKind(
        "complaint_receipt", "A complaint has come in",
        lambda f: f.case.state != S.CLOSED and not f.case.acknowledged_at and f.case.kind == "complaint",
        ("received",), ("complain",), ends="acknowledged",
    ),
    LetterKind("identity", "Who asks", lambda f: f.case.state == S.VERIFYING and bool(f.kind.proof), ("prove",)),
    LetterKind(
        "clarification", "What is meant", lambda f: f.case.state in OPEN_STATES, ("asked",),
        asks=(Ask("question", "asked", "What do you ask the person? Ask for no more than it takes."),),
    ),
    LetterKind(
        "extension", "It takes longer",
        lambda f: f.case.state != S.CLOSED and bool(f.case.extended_at) and "extension" not in f.told_by,
        ("extended",), ("complain",),
    ),
    LetterKind(
        "held", "Kept for a legal reason", lambda f: _is_to_be_answered(f) and f.is_held_openly,
        ("held",), ("complain",), ends="answered", takes_two=True,
    ),
    LetterKind(
        "refusal", "Refused", lambda f: _is_to_be_answered(f) and f.case.outcome == Outcome.DENIED and not f.is_inquiry,
        ("refused",), ("complain",), ends="answered", takes_two=True, asks=WHY,
    ),
    LetterKind(
        "answer_copy", "The copy is there", _answers("answer_copy"), ("package",), ("left_out",), ends="answered"
    ),
    LetterKind(
        "redaction", "What the copy leaves out",
        lambda f: f.package is not None and bool(f.left_out), ("left_out",), ("complain",),
    ),
    LetterKind(
        "answer_erasure", "Erased", _answers("answer_erasure"),
        ("deleted_of", "anonymised_of", "erased_nothing", "still_open"), ("kept_of", "handed_over_of", *OF_PROCESSORS),
        ends="answered", takes_two=True,
    ),
    LetterKind("answer", "Done", _answers("answer"), ("carried_out", "still_open"), OF_PROCESSORS, ends="answered"),
    LetterKind(
        "answer_rectification", "Put right", _answers("answer_rectification"),
        ("rectified", "still_open"), OF_PROCESSORS, ends="answered",
    ),
    LetterKind(
        "answer_limit", "Limited", _answers("answer_limit"), ("limited", "limited_all", "carried_out", "still_open"),
        OF_PROCESSORS, ends="answered",
    ),
    LetterKind(
        "answer_words", "Answered in our words", _answers("answer_words"), ("words",), ends="answered", asks=WORDS,
    ),
    LetterKind(
        "complaint_outcome", "What became of a complaint",
        lambda f: _is_to_be_answered(f) and f.case.kind == "complaint",
        ("complaint_right", "complaint_not"), ("complain",), ends="answered", takes_two=True, asks=WORDS,
    ),
    LetterKind(
        "appeal_outcome", "What became of an appeal", lambda f: _is_to_be_answered(f) and f.case.kind == "appeal",
        ("upheld", "not_upheld"), ("complain",), ends="answered", takes_two=True, asks=WORDS,
    ),
    LetterKind(
        "follow_up", "What was still open",
        lambda f: _is_to_be_answered(f) and bool(f.answered_on) and f.case.outcome in ANSWERED,
        ("promised",), ("deleted_of", "kept_of", "still_open", *OF_PROCESSORS), ends="answered", takes_two=True,
    ),
    LetterKind(
        "kept", "What is kept and why", lambda f: f.case.state == S.CLOSED and bool(f.kept), ("kept_of",), ("complain",)
    ),
    LetterKind(
        "reopened", "Taken up again",
        lambda f: f.case.state != S.CLOSED and bool(f.reopened_on) and "reopened" not in f.told_since_reopened,
        ("reopened",),
    ),
    LetterKind(
        "notice", "To a processor (art. 19)", lambda f: False, ("notified",), to_processor=True
    ),
)  # fmt: skip
kinds = {kind.key: kind for kind in KINDS}


def label_of(key: str) -> str:
    return kinds[key].label if key in kinds else key


def fitting(facts: Facts) -> list[LetterKind]:
    """The letters that can be written about it now, those that answer it first."""
    found = [kind for kind in KINDS if kind.fits(facts)]
    return sorted(found, key=lambda kind: kind.ends != "answered")
