"""What a case can be about: the rights that the law gives, and the duties that we take up ourselves.

One declaration says all that there is to say of one; doors, lists, buttons, words, deadlines and tests read it.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Literal
from uuid import UUID

from privacy.catalogue.jobs import Planned, StepKind, nothing_stops


class NotAllowed(Exception):
    """What was asked for cannot be done now; the text can be shown to staff as it is."""


@dataclass(frozen=True)
class Permit:
    """A permission, and the roles of privacy.roles that have it."""

    codename: str
    label: str
    roles: tuple[str, ...]

    @property
    def name(self) -> str:
        """As `has_perm` takes it."""
        return f"privacy.{self.codename}"


@dataclass(frozen=True)
class May:
    """The permission that each act on a case takes: stated act by act, and none derived from another. Without one,
    nobody may."""

    ask: Permit
    decide: Permit | None = None
    deny: Permit | None = None
    cancel: Permit | None = None
    retry: Permit | None = None
    answer: Permit | None = None
    attest: Permit | None = None
    confirm: Permit | None = None
    verify: Permit | None = None

    def permits(self) -> Iterator[Permit]:
        found = (
            self.ask, self.decide, self.deny, self.cancel, self.retry, self.answer, self.attest, self.confirm,
            self.verify,
        )  # fmt: skip
        return (permit for permit in found if permit)


@dataclass(frozen=True)
class Question:
    """What a door asks of whoever opens a case. `check` raises ValueError in words for the screen, and gives the value
    to keep; of a person that is their id. An answer whose name is a column of the case is kept there, any other sealed
    until nothing is owed.

    offers: of a choice that depends on whom it is about, what can be chosen: (value, words). Of `values`, which offers
    what we hold to be changed, (key, words, value now); the answer is JSON of what was changed, {key: [words, before,
    after]}.
    """

    name: str
    label: str
    type: Literal["text", "line", "choice", "switch", "day", "person", "values"] = "line"
    help: str = ""
    required: bool = True
    missing: str = "Please fill this in."
    placeholder: str = ""
    at_least: int = 0
    at_most: int = 200
    choices: tuple[tuple[str, str], ...] = ()
    check: Callable[[Any], Any] | None = None
    offers: Callable[[Sequence[UUID]], Sequence[tuple[str, ...]]] | None = None

    def choices_for(self, subject_ids: Sequence[UUID]) -> Sequence[tuple[str, ...]]:
        return self.offers(subject_ids) if self.offers else self.choices

    def changed(self, subject_ids: Sequence[UUID], given: Mapping[str, str]) -> str:
        """The answer to `values`; empty where nothing is changed. Raises ValueError for what is not offered."""
        offered = {key: (words, now) for key, words, now in self.choices_for(subject_ids)}
        if given.keys() - offered.keys():
            raise ValueError("This is nothing of theirs that can be put right. Look again.")
        after = {key: value.strip() for key, value in given.items()}
        changes = {key: [*offered[key], value] for key, value in after.items() if value != offered[key][1]}
        return json.dumps(changes, sort_keys=True) if changes else ""


SAY_WHY = "Kept with the request. Say why in a sentence; name a ticket rather than the person."


def reason(read_by_the_person: bool) -> Question:
    who = (
        "The person can read this in their package."
        if read_by_the_person
        else "The person cannot read this: it is left out of their package."
    )
    return Question(
        "reason", "Reason", "text", f"{SAY_WHY} {who}", at_least=10, at_most=2000,
        missing="Say why: the reason is part of the record.",
        placeholder="Such as: ticket 4711, asked for by e-mail on 3 May",
    )  # fmt: skip


RECEIVED_ON = Question(
    "received_on", "When did the letter arrive?", "day", required=False,
    help="The deadline counts from this day. Empty: today.",
)  # fmt: skip
REPLY_TO = Question(
    "reply_to", "Where to answer (optional)", required=False, at_most=254, placeholder="An e-mail or postal address",
    help="Kept sealed with the case, shown to those who answer, and emptied when nothing is owed any more. After an "
    "erasure nothing else tells where to answer.",
)  # fmt: skip
TICKET = Question(
    "ticket", "Ticket (optional)", required=False, at_most=60, placeholder="SUP-1204",
    help="Kept and emptied like the address.",
)  # fmt: skip
LANGUAGE = Question(
    "language", "Language of the answer (optional)", "choice", required=False,
    choices=(("en", "English"), ("de", "German"), ("fr", "French"), ("es", "Spanish"), ("it", "Italian")),
    help="Empty: the one that the person has chosen in the studio, else English.",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """A question in the words of the portal; `wrong` is said where its answer is not taken."""

    label: str
    help: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class Plainly:
    """How the person reads of a kind, and asks for it by themselves: in English, and translated where it is read.

    name: what it is called on the page of a case; title, says: what can be asked for, and what comes of it.
    group: under which heading of the portal it stands; empty where nobody begins with it.
    reason: how the person is asked for their own words; none where none are needed. must_say: whether they are needed.
    asks: {question: its words}, asked together with the address.
    later: the same, of what is asked when the address is proved, because what can be chosen depends on whose it is.
    """

    name: str
    title: str = ""
    says: str = ""
    group: Literal["", "data", "limits", "choices", "tell"] = ""
    reason: Words | None = None
    must_say: bool = False
    asks: Mapping[str, Words] = MappingProxyType({})
    later: Mapping[str, Words] = MappingProxyType({})

    def texts(self) -> Iterator[str]:
        questions = [*self.asks.values(), *self.later.values(), *([self.reason] if self.reason else [])]
        yield from (self.name, self.title, self.says)
        yield from (text for words in questions for text in (words.label, words.help, words.wrong))


class Fact(StrEnum):
    """What is so about a person, and can be asked of many at once (selectors.standing)."""

    ERASED = "erased"
    HELD = "held"
    FLAGGED = "flagged"
    CHILD = "child"
    MERGED = "merged"
    LIMITED = "limited"  # because the person, or their parent, has asked for it


class Risk(StrEnum):
    """What it would do to the person if a stranger had asked in their name: the more, the more proof is enough."""

    LOW = "low"  # it can be undone, and hands out nothing
    HIGH = "high"  # data are handed out, lost, or an account is taken over


class Stage(StrEnum):
    INTAKE = "intake"
    DECISION = "decision"


type Reach = Literal["person", "accounts", "account"]


class CaseKind:
    """One right or duty.

    key: as rows hold it, and never changed; label: as staff read it.
    button, title, submit, icon, happens: the words of the page that asks; {people} stands for whom it is about.
    is_common: asked for often, so that it has a button of its own where others stand in a menu.
    deciders: 1 when asking decides, 2 when another person has to.
    decision: the words of deciding: (the button, what happens then, the message).
    proof: the ways of `Verification` that are enough to make sure who asks; none where nobody may be asked.
    risk: what a stranger who asks would do to the person; `risk_of`: the same by the answers, where it can be less.
    asks: the questions, in order.
    has_grace: the work begins some days after the decision (settings.GRACE_DAYS), and can be taken back until then.
    waits_for_a_copy: it begins when a copy that the person has asked for was answered.
    needs, refuses: facts of which one must be so of the person, and of which none may be, by stage.
    clocks: names of the periods of privacy.regimes; none without a deadline.
    told_by: the letter that tells what was done (fulfilment.letters.kinds); empty where nobody is answered.
    forgets: it takes away where the person is answered, so address and language are sealed with the case.
    answered_in_words: what the person was told is kept, sealed, because no package or receipt tells it.
    protects: prompt for however many people, and not to be taken back by whoever asked.
    stops: of these people, the ids of those for whom no step may be taken now; `stopped_words` says by what.
    plan: {job: its steps}; without it each of `steps` once.
    alone: asked about one person at a time, because the answers are about that one.
    given_only: its package holds only what the person gave us (GDPR art. 20(1)).
    reach: of a person with several accounts, whether one case is asked for the person, one for each account, or one
    for this very account.
    against: {person: sentences that say why these answers cannot be about them}, by {person: answers}.
    dry_run: what it would do to these people, of whom the scope names all accounts, as a selectors.plans.Plan.
    plan_of: the same of one case, by its answers, of whose person this is so (selectors.standing.Standing).
    is_doubted: by the answers, whether somebody looks into who asks first, though nobody has to prove it.
    undeniable: why nobody may decide against this case; empty where somebody may.
    warns: sentences about these people, of whom this is so (selectors.standing.Standing), that whoever asks or decides
    should know.
    parts: {person: what a decision approves}; a part that comes later stops the job and asks again.
    silent_for: of these people, by the answers, those who must not learn of it from their package.
    plainly: how the person reads of it; without, they read the label and do not ask for it by themselves.
    is_report: somebody tells us of another, and is answered in that one's place: at `reply_to` alone, and so that they
    learn nothing of the other.
    takes_effect: what is so in the very transaction that decides: {case: facts for its audit entry}.
    """

    do_not_call_in_templates: ClassVar[bool] = True  # Django calls what a template names, classes too
    key: ClassVar[str]
    label: ClassVar[str]
    cites: ClassVar[tuple[str, ...]] = ()
    button: ClassVar[str]
    title: ClassVar[str]
    submit: ClassVar[str]
    icon: ClassVar[str]
    happens: ClassVar[tuple[str, ...]]
    is_dangerous: ClassVar[bool] = False
    is_common: ClassVar[bool] = False
    may: ClassVar[May]
    deciders: ClassVar[int] = 1
    decision: ClassVar["Decision | None"] = None
    proof: ClassVar[tuple[str, ...]] = ()
    risk: ClassVar[Risk] = Risk.HIGH
    asks: ClassVar[tuple[Question, ...]] = ()
    has_grace: ClassVar[bool] = False
    waits_for_a_copy: ClassVar[bool] = False
    needs: ClassVar[Mapping[Stage, frozenset[Fact]]] = {}
    refuses: ClassVar[Mapping[Stage, frozenset[Fact]]] = {}
    clocks: ClassVar[tuple[str, ...]] = ()
    answered_in_writing: ClassVar[bool]
    told_by: ClassVar[str] = ""
    forgets: ClassVar[bool] = False
    answered_in_words: ClassVar[bool] = False
    protects: ClassVar[bool] = False
    alone: ClassVar[bool] = False
    given_only: ClassVar[bool] = False
    is_report: ClassVar[bool] = False
    plainly: ClassVar["Plainly | None"] = None
    stopped_words: ClassVar[str] = ""
    steps: ClassVar[tuple[StepKind, ...]]  # none where a word is all
    set_size: ClassVar[int] = 1
    reach: ClassVar[Reach]

    stops: ClassVar[Callable[[Sequence[UUID]], set[UUID]]] = nothing_stops
    plan: ClassVar[Callable[[Sequence[Any]], Mapping[Any, Sequence[Planned]]] | None] = None
    against: ClassVar[Callable[[Mapping[UUID, Mapping[str, Any]]], Mapping[UUID, list[str]]] | None] = None
    risk_of: ClassVar[Callable[[Mapping[str, Any]], Risk] | None] = None
    is_doubted: ClassVar[Callable[[Mapping[str, Any]], bool] | None] = None
    undeniable: ClassVar[Callable[[Any], str] | None] = None
    dry_run: ClassVar[Callable[[Sequence[UUID], Any], Any] | None] = None
    plan_of: ClassVar[Callable[[Any, Any], Any] | None] = None
    warns: ClassVar[Callable[[Sequence[UUID], Any], Sequence[str]] | None] = None
    parts: ClassVar[Callable[[Sequence[UUID]], Mapping[UUID, frozenset[str]]] | None] = None
    silent_for: ClassVar[Callable[[Sequence[UUID], Mapping[str, Any]], Collection[UUID]] | None] = None
    takes_effect: ClassVar[Callable[[Sequence[Any]], Mapping[UUID, dict[str, Any]]] | None] = None


@dataclass(frozen=True)
class Decision:
    """The words of the second person's page: on the button, what happens, and after it; `word` is what many need
    typed, such as `erase 12`."""

    button: str
    submit: str
    happens: tuple[str, ...]
    done: str
    waits: str
    word: str
    is_dangerous: bool = False


class Right(CaseKind):
    """What the law asks: somebody is answered, in writing and by a date."""

    answered_in_writing = True
    reach: ClassVar[Reach] = "person"
    clocks = ("respond",)
    told_by = "answer"
    asks: ClassVar[tuple[Question, ...]] = (
        reason(read_by_the_person=True), RECEIVED_ON, REPLY_TO, TICKET, LANGUAGE,
    )  # fmt: skip
    # What whoever denies it still has to do.
    to_tell: ClassVar[str] = (
        "By its date the person must be told why; under the GDPR also that they may complain to the supervisory "
        "authority and go to court (art. 12(4)): nothing is sent from here."
    )


class Inquiry(CaseKind):
    """What somebody writes to us that is no right of its own: nothing is carried out, and they are answered in our
    words, by a date."""

    answered_in_writing = True
    answered_in_words = True
    told_by = "answer_words"
    reach: ClassVar[Reach] = "person"
    alone = True
    clocks = ("respond",)
    asks: ClassVar[tuple[Question, ...]] = (
        reason(read_by_the_person=True), RECEIVED_ON, REPLY_TO, TICKET, LANGUAGE,
    )  # fmt: skip
    steps = ()


class Duty(CaseKind):
    """What we take up ourselves: nobody asks, so nobody proves who they are, and nobody is answered."""

    answered_in_writing = False
    reach: ClassVar[Reach] = "accounts"
    asks: ClassVar[tuple[Question, ...]] = (reason(read_by_the_person=False),)


case_kinds: dict[str, type[CaseKind]] = {}


def rights() -> list[str]:
    """The keys of the rights."""
    return [key for key, kind in case_kinds.items() if issubclass(kind, Right)]


def inquiries() -> list[str]:
    """The keys of what is answered and is no right."""
    return [key for key, kind in case_kinds.items() if issubclass(kind, Inquiry)]


def answered_in_writing() -> list[str]:
    """The keys of what somebody is answered by a date."""
    return [key for key, kind in case_kinds.items() if kind.answered_in_writing]


def duties() -> list[str]:
    """The keys of the duties."""
    return [key for key, kind in case_kinds.items() if issubclass(kind, Duty)]


def label_of(key: str) -> str:
    """The key itself for a kind that this version does not have."""
    return case_kinds[key].label if key in case_kinds else key


def permits() -> dict[str, Permit]:
    """{name: permission} of all kinds."""
    return {permit.name: permit for kind in case_kinds.values() for permit in kind.may.permits()}
