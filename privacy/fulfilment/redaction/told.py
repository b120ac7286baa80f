"""What a package shows where somebody else stood, in one moment of the database."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.fulfilment.redaction.texts import NOTHING, digest_of, texts_of
from privacy.models import Case, Redaction
from privacy.selectors.redactions import undecided

OTHERS = "[redacted: another person]"
BY_LAW = "[withheld: not sent by law]"
# Why, as the person reads it.
BECAUSE = {
    OTHERS: "What others wrote there names other people, whose data this is (GDPR art. 15(4)): "
    "it says [redacted: another person] instead",
    BY_LAW: "An account, card, identity or security number or a password is held there. Such values are not sent in an "
    "answer (Cal. Code Regs. tit. 11, 7024(d)): it says [withheld: not sent by law] instead",
}


class TextsChanged(Exception):
    """There is a text that nobody has looked through yet."""


@dataclass
class Told:
    """`texts` as {model label: {field: {primary key: what is shown}}}; `counts` of what was left out, by field and mark
    and by kind."""

    texts: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    counts: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)

    def of(self, label: str) -> Mapping[str, Mapping[str, str]]:
        return self.texts.get(label, {})

    @property
    def kinds(self) -> dict[str, dict[str, int]]:
        """{model label.field: {kind: how many}}"""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for (name, _), counts in self.counts.items():
            found[name] += counts
        return {name: dict(sorted(counts.items())) for name, counts in sorted(found.items())}


def in_snapshot(reader: BaseDatabaseWrapper, case: Case, looked: str) -> Told:
    """What to show, by what was decided about this case. Raises TextsChanged where the snapshot's texts are not those
    of the digest `looked`, or somebody has still to decide."""
    if undecided(case.pk).exists():
        raise TextsChanged
    decided: dict[tuple[str, ...], list[Redaction]] = defaultdict(list)
    for row in Redaction.objects.filter(case=case, decision=Redaction.Decision.REDACT).order_by("start"):
        decided[row.label, row.field, row.row, row.text_sha256].append(row)
    told, digest = Told(), NOTHING
    for text in texts_of(case.subject_id, reader):
        digest = digest_of([text], digest)
        if rows := decided.get((*text.place, text.sha256)):
            told.texts.setdefault(text.label, {}).setdefault(text.field, {})[text.row] = redacted(text.text, rows)
            for row in rows:
                told.counts.setdefault((f"{text.label}.{text.field}", mark(row)), Counter())[row.kind] += 1
    if digest != looked:
        raise TextsChanged
    return told


def redacted(text: str, rows: Iterable[Redaction]) -> str:
    """The text with a mark in the place of each of these, which are in order and do not overlap."""
    parts, at = [], 0
    for row in rows:
        parts += [text[at : row.start], mark(row)]
        at = row.start + row.length
    return "".join([*parts, text[at:]])


def mark(row: Redaction) -> str:
    return BY_LAW if row.ground == Redaction.Ground.LAW else OTHERS
