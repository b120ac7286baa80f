"""Texts of letters before anybody's facts are filled in: read, checked, and the copy that is in use.

A line is a sentence with the name of its claim before it, an empty line ends a paragraph, the first line is the
subject, and a line that begins with # is a note to whoever edits it:

    Subject: [ref] Your request has come in ({ref})

    [received] Your request “{right}” came in on {received_on}.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Formatter
from unicodedata import normalize

from privacy.fulfilment.letters.claims import Says, claims
from privacy.fulfilment.letters.kinds import LetterKind, kinds
from privacy.models import LANGUAGES, LetterWording

FOLDER = Path(__file__).with_name("texts")
SENTENCE = re.compile(r"\[([a-z_]+)\]\s+(\S.*)")
SUBJECT = re.compile(r"Subject:\s+(.+)")
LONGEST = 20_000
# Words by which a sentence claims that something has happened, by language: what is asked for or owed is said
# otherwise, by an infinitive or a noun (“we asked it to delete”, “your erasure”). Participles: in all their endings.
HAPPENED: dict[str, dict[Says, str]] = {
    "en": {
        Says.DELETED: r"deleted|erased|removed|destroyed|wiped|purged",
        Says.PUT_RIGHT: r"corrected|rectified|put right|updated|amended",
        Says.CONFIRMED: r"confirmed|confirms",
    },
    "de": {
        Says.DELETED: r"\w*gelöscht\w*|löscht(?:e[nt]?)?|(?:entfernt|vernichtet|getilgt|beseitigt|zerstört)\w*",
        Says.PUT_RIGHT: r"(?:berichtigt|korrigiert|aktualisiert|richtig ?gestellt)\w*",
        Says.CONFIRMED: r"bestätigt\w*",
    },
    "fr": {
        Says.DELETED: r"(?:supprimé|effacé|détruit|retiré|enlevé|éliminé|purgé)\w*"
        r"|supprim(?:a|èrent)|effaç(?:a|âmes)|effacèrent",
        Says.PUT_RIGHT: r"(?:rectifié|corrigé)\w*|mis à jour|(?:a|est|été|sont|avons|ont) mise?s? à jour",
        Says.CONFIRMED: r"confirmé\w*|confirm(?:e|ent|a|èrent)",
    },
    "es": {
        Says.DELETED: r"(?:elimin|borr)(?:ad[oa]s?|amos|é|ó|aron)|suprim(?:id[oa]s?|imos|ió|ieron)"
        r"|destru(?:id[oa]s?|imos|yó|yeron)",
        Says.PUT_RIGHT: r"(?:rectific|actualiz)(?:ad[oa]s?|amos|ó|aron)|correg(?:id[oa]s?|imos)|corrigi(?:ó|eron)",
        Says.CONFIRMED: r"confirm(?:ad[oa]s?|a|an|amos|ó|aron)",
    },
    "it": {
        Says.DELETED: r"(?:cancell|elimin)(?:at[oaie]|ammo|ò|arono)|rimoss[oaie]|distrutt[oaie]|soppress[oaie]",
        Says.PUT_RIGHT: r"(?:rettific|aggiorn)(?:at[oaie]|ammo|ò|arono)|corrett[oaie]|corresse(?:ro)?",
        Says.CONFIRMED: r"conferm(?:at[oaie]|a|ano|ò|arono)",
    },
}
PATTERNS = {
    language: {says: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for says, words in by_claim.items()}
    for language, by_claim in HAPPENED.items()
}


class BadTemplate(ValueError):
    """A text that is no template of this letter; the words can be shown to whoever edits it, a line each."""


@dataclass(frozen=True)
class Sentence:
    claim: str
    text: str


@dataclass(frozen=True)
class Template:
    subject: Sentence
    paragraphs: tuple[tuple[Sentence, ...], ...]

    @property
    def sentences(self) -> list[Sentence]:
        return [self.subject, *(sentence for paragraph in self.paragraphs for sentence in paragraph)]


@dataclass(frozen=True)
class InUse:
    template: Template
    sha256: str
    wording: LetterWording | None


def in_use(wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], InUse]:
    """{(kind, language): the text in use} by one query: a manager's copy, else what is shipped."""
    copies = LetterWording.objects.filter(confirmed_at__isnull=False, retired_at=None)
    edited = {(row.kind, row.language): row for row in copies if (row.kind, row.language) in wanted}
    return {
        (kind, language): InUse(read(row.text), row.sha256, row)
        if (row := edited.get((kind, language)))
        else InUse(parsed(kind, language), digest(shipped(kind, language)), None)
        for kind, language in wanted
    }


@cache
def shipped(kind: str, language: str) -> str:
    return (FOLDER / language / f"{kind}.txt").read_text(encoding="utf-8")


@cache
def parsed(kind: str, language: str) -> Template:
    return read(shipped(kind, language))


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def read(text: str) -> Template:
    """Raises BadTemplate for a line that is no sentence."""
    subject: Sentence | None = None
    paragraphs: list[list[Sentence]] = [[]]
    wrong = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if line.startswith("#"):
            continue
        if not line:
            paragraphs.append([])
        elif subject is None and (found := SUBJECT.fullmatch(line)):
            subject = _sentence(found[1]) or Sentence("plain", found[1])
        elif sentence := _sentence(line):
            paragraphs[-1].append(sentence)
        else:
            wrong.append(f"Line {number} is no sentence with its claim before it, such as: [received] Your request …")
    if subject is None:
        wrong.insert(0, "The first line is no subject, such as: Subject: [ref] Your request ({ref})")
    if wrong or subject is None:
        raise BadTemplate("\n".join(wrong))
    return Template(subject, tuple(tuple(sentences) for sentences in paragraphs if sentences))


def _sentence(line: str) -> Sentence | None:
    found = SENTENCE.fullmatch(line)
    return Sentence(found[1], found[2]) if found else None


def check(kind: LetterKind, language: str, text: str) -> Template:
    """The template. Raises BadTemplate with everything that is wrong: unknown claims and slots, what must be said and
    is not, and sentences that claim more than stands behind them."""
    if len(text) > LONGEST:
        raise BadTemplate(f"At most {LONGEST:,} characters.")
    if language not in dict(LANGUAGES):
        raise BadTemplate("Letters are not written in this language.")
    template = read(text)
    wrong = [problem for sentence in template.sentences for problem in _wrong_in(sentence, language)]
    said = {sentence.claim for sentence in template.sentences}
    wrong += [f"[{name}] is missing: this letter has to tell it." for name in kind.needed if name not in said]
    if wrong:
        raise BadTemplate("\n".join(wrong))
    return template


def _wrong_in(sentence: Sentence, language: str) -> Iterator[str]:
    claim = claims.get(sentence.claim)
    if claim is None:
        yield f"[{sentence.claim}] is no claim that we know."
        return
    try:
        parts = list(Formatter().parse(sentence.text))
    except ValueError:
        yield f"[{sentence.claim}]: a brace is open or closed that has no other."
        return
    for _, name, form, conversion in parts:
        if name is not None and (name not in (*claim.slots, *claim.late) or form or conversion):
            known = ", ".join(f"{{{slot}}}" for slot in (*claim.slots, *claim.late)) or "none"
            yield f"[{sentence.claim}] has no {{{name}}}. Its names: {known}."
    composed = normalize("NFC", sentence.text)  # an é of two characters looks the same
    for says, pattern in PATTERNS[language].items():
        if says not in claim.says and (found := pattern.search(composed)):
            yield f"[{sentence.claim}] says “{found[0]}”, and nothing that is recorded stands behind that."


def texts() -> Iterator[tuple[LetterKind, str]]:
    """(kind, language) of all that is shipped."""
    return ((kind, language) for kind in kinds.values() for language, _ in LANGUAGES)
