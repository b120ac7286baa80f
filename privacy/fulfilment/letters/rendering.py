"""A letter made of a template and of what is recorded: sentence by sentence, each with the claim that it rests on."""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from django.utils import translation

from privacy.evidence import sealing
from privacy.fulfilment.letters import claims_of_cases, claims_of_work  # noqa: F401  (register what they claim)
from privacy.fulfilment.letters.claims import claims
from privacy.fulfilment.letters.facts import Facts
from privacy.fulfilment.letters.kinds import LetterKind
from privacy.fulfilment.letters.templates import Sentence, Template

BULLET = "– "
# Around the name of what is known only as a letter goes out: two characters that no text of ours or of a person keeps,
# so that nobody's words are read as such a name.
OPENS, CLOSES = "\ue000", "\ue001"
LATE = re.compile(f"{OPENS}([a-z_]+){CLOSES}")


class Unsayable(Exception):
    """The letter cannot be written now: what it must say is not recorded. The words can be shown to staff."""


@dataclass(frozen=True)
class Said:
    """A sentence as the person reads it; `paragraph` counts from 0, and -1 is the subject."""

    claim: str
    text: str
    paragraph: int


@dataclass(frozen=True)
class Draft:
    """What a letter says. What is known only as it goes out still stands in it by its name."""

    sentences: tuple[Said, ...]

    @property
    def subject(self) -> str:
        return next(said.text for said in self.sentences if said.paragraph < 0)

    @property
    def claims(self) -> list[str]:
        """The facts that it rests on, each once, in their order."""
        return list(dict.fromkeys(said.claim for said in self.sentences if said.claim != "plain"))

    def paragraphs(self, late: Mapping[str, str] | None = None) -> list[str]:
        """The text, a paragraph each; lists have a line for each thing."""
        found: dict[int, list[str]] = {}
        for said in self.sentences:
            if said.paragraph >= 0:
                lines, is_item = found.setdefault(said.paragraph, []), claims[said.claim].is_list
                text = LATE.sub(lambda name: (late or {}).get(name[1], "…"), said.text)
                lines.append(f"{BULLET}{text}" if is_item else text)
        return [joined(lines) for _, lines in sorted(found.items())]

    def text(self, late: Mapping[str, str] | None = None) -> str:
        return "\n\n".join(self.paragraphs(late)) + "\n"

    def dumped(self) -> str:
        return json.dumps([[said.claim, said.text, said.paragraph] for said in self.sentences], ensure_ascii=False)

    @classmethod
    def loaded(cls, text: str) -> "Draft":
        return cls(tuple(Said(*one) for one in json.loads(text)))


def joined(lines: Sequence[str]) -> str:
    """Sentences stand behind each other, items on lines of their own."""
    text = lines[0]
    for before, line in zip(lines, lines[1:], strict=False):
        text += ("\n" if BULLET in (before[:2], line[:2]) else " ") + line
    return text


def draft(kind: LetterKind, template: Template, facts: Facts, language: str) -> Draft:
    """Raises Unsayable where an ask has no answer, or nothing is recorded of what the letter is about."""
    for ask in kind.asks:
        needed = ask.required or (ask.claim == "words" and facts.kind.answered_in_words)
        if needed and not facts.asked.get(ask.name, "").strip():
            raise Unsayable(f"Not answered yet: {ask.question}")
    with translation.override(language):
        sentences = tuple(_of_template(template, facts))
    told = {said.claim for said in sentences}
    if not told.intersection(kind.about):
        raise Unsayable("Nothing is recorded that this letter could tell.")
    return Draft(sentences)


def _of_template(template: Template, facts: Facts) -> Iterator[Said]:
    yield from _of_sentence(template.subject, facts, -1)
    place = 0
    for paragraph in template.paragraphs:
        said = [one for sentence in paragraph for one in _of_sentence(sentence, facts, place)]
        yield from said
        place += bool(said)


def _of_sentence(sentence: Sentence, facts: Facts, paragraph: int) -> Iterator[Said]:
    claim = claims[sentence.claim]
    late = {slot: f"{OPENS}{slot}{CLOSES}" for slot in claim.late}
    for particulars in claim.find(facts):
        given = {name: value.replace(OPENS, "").replace(CLOSES, "") for name, value in particulars.items()}
        yield Said(sentence.claim, fill(sentence.text, given | late), paragraph)


def fill(text: str, values: Mapping[str, str]) -> str:
    """What the values say is never read as a template again."""
    parts = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(literal)
        if name is not None:
            parts.append(values[name])
    return "".join(parts)


def differing(before: Draft, now: Draft) -> list[str]:
    """The claims of sentences that are said otherwise now, or not at all, or anew."""
    gone, came = set(before.sentences) - set(now.sentences), set(now.sentences) - set(before.sentences)
    return sorted({said.claim for said in gone | came})


def sealed(drafted: Draft, to: str, asked: Mapping[str, str]) -> tuple[str, str, str]:
    """(what the row keeps sealed, its salt, the digest that the trail commits to)."""
    kept = {"to": [to], "letter": [drafted.dumped()], "asked": [json.dumps(asked)]}
    salt = secrets.token_hex(16)
    return sealing.seal(kept), salt, commitment(salt, drafted, to)


def commitment(salt: str, drafted: Draft, to: str) -> str:
    return hashlib.sha256(json.dumps([salt, to, drafted.dumped()]).encode()).hexdigest()


@dataclass(frozen=True)
class Opened:
    to: str
    draft: Draft
    asked: Mapping[str, str]


def opened(text: str) -> Opened | None:
    """What a letter's row keeps sealed; None once it is emptied. Raises MissingKey."""
    if not text:
        return None
    kept = sealing.unseal(text)
    return Opened(kept["to"][0], Draft.loaded(kept["letter"][0]), json.loads(kept["asked"][0]))


def late_slots(sentences: Iterable[Said]) -> set[str]:
    return {slot for said in sentences for slot in claims[said.claim].late}
