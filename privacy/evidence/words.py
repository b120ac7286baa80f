"""What staff have written beside cases (comments, factors of a dossier, files), held against the entries that tell of
it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from privacy.evidence import commitments
from privacy.evidence.events import Event
from privacy.evidence.told import ERASED_TEXT, Told, apart
from privacy.models import Case, CaseComment, CaseFile, Dossier, Factor, Letter, Reply

# {model: (what it is called, by which row it belongs to a case; empty: itself)}
WRITTEN: dict[Any, tuple[str, str]] = {
    CaseComment: ("comment", ""),
    Factor: ("factor of a dossier", "dossier"),
    CaseFile: ("file", "comment"),
    Letter: ("letter", ""),
    Reply: ("mail that came in", ""),
}


@dataclass
class Words:
    """Of one case."""

    rows: dict[str, Any] = field(default_factory=dict)
    confirmed: dict[str, Dossier] = field(default_factory=dict)


def of_cases(ids: Mapping[UUID, Case]) -> Mapping[UUID, Words]:
    found: defaultdict[UUID, Words] = defaultdict(Words)
    for model, (_, by) in WRITTEN.items():
        rows = model.objects.select_related(by) if by else model.objects.all()
        for row in rows.filter(**{f"{by}__case__in" if by else "case__in": ids}):
            found[(getattr(row, by) if by else row).case_id].rows[str(row.pk)] = row
    for dossier in Dossier.objects.filter(case__in=ids, confirmed_at__isnull=False):
        found[dossier.case_id].confirmed[str(dossier.pk)] = dossier
    return found


def differences(words: Words, told: Told, *, is_erased: bool) -> Iterator[str]:
    for pk, entry in told.words.items():
        if pk in words.rows:
            yield from _of_row(words.rows[pk], entry.data, is_erased=is_erased)
        elif not (is_erased and "text" not in entry.data):  # an erasure deletes files
            yield "something that staff wrote or put to the case is gone"
    for pk in words.rows.keys() - told.words.keys():
        yield f"there is a {WRITTEN[type(words.rows[pk])][0]} that no entry tells of"
    yield from _of_letters(words, told)
    confirmed = {pk: entry.actor_id for pk, entry in told.confirmed.items()}
    if {pk: dossier.confirmed_by_id for pk, dossier in words.confirmed.items()} != confirmed:
        yield "the dossier was not confirmed by whom the entries name"
    elif any(apart(d.confirmed_at, told.confirmed[pk].at) for pk, d in words.confirmed.items() if d.confirmed_at):
        yield "the dossier was confirmed at another time"


def _of_letters(words: Words, told: Told) -> Iterator[str]:
    """That each went out, was approved and came back as the entries tell, and no otherwise."""
    for pk, letter in words.rows.items():
        if not isinstance(letter, Letter):
            continue
        sent, approved = told.letters.get((Event.LETTER_SENT, pk)), told.letters.get((Event.LETTER_APPROVED, pk))
        if (sent is None) != (letter.sent_at is None) or (sent and letter.sent_at and apart(letter.sent_at, sent.at)):
            yield "a letter went out, or did not, otherwise than the entries tell"
        if letter.approved_by_id != (approved.actor_id if approved else None):
            yield "a letter was not approved by whom the entries name"
        if (letter.bounced_at is None) != ((Event.LETTER_BOUNCED, pk) not in told.letters):
            yield "a letter came back, or did not, otherwise than the entries tell"


def _of_row(row: Any, data: Mapping[str, Any], *, is_erased: bool) -> Iterator[str]:
    name = WRITTEN[type(row)][0]
    if commitments.of_row(row, data["row"]["columns"]) != data["row"]:
        yield f"a {name} is not as it was written"
    elif "text" in data and row.salt and commitments.of_text(row.salt, row.text) != data["text"]:
        yield f"the text of a {name} is not what was written"
    elif "text" in data and not row.salt and not (is_erased and row.text == ERASED_TEXT):
        yield f"the text of a {name} was blanked or changed, and nobody was erased"
