"""Letters before they have rows: to whom, in which language and words, and what stands in the way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from privacy.fulfilment.letters import addresses, facts, rendering, templates
from privacy.fulfilment.letters.kinds import LetterKind, kinds
from privacy.fulfilment.letters.rendering import Draft, Unsayable
from privacy.models import Case, Letter

NO_ADDRESS = "We know no address to write to. Enter one: an e-mail address, or a postal one for a letter on paper."

# {case: the kind of letter, what whoever writes it has answered}
type Wanted = Mapping[UUID, tuple[LetterKind, Mapping[str, str]]]


@dataclass(frozen=True)
class Written:
    """A letter before it has a row; `problem` says why it cannot be sent."""

    kind: LetterKind
    language: str
    to: str
    is_email: bool
    draft: Draft | None
    wording: templates.InUse
    asked: Mapping[str, str]
    facts: facts.Facts
    problem: str = ""

    @property
    def digest(self) -> str:
        """Of what whoever sends it has read."""
        return sha256(f"{self.to}\0{self.draft.dumped() if self.draft else ''}".encode()).hexdigest()


def preview(
    cases: Sequence[Case], *, key: str, language: str = "", asked: Mapping[str, str] | None = None, to: str = ""
) -> dict[UUID, Written]:
    """{case: the letter of this kind as it would be now}; without `language` in each person's own."""
    return drafted({case.pk: (kinds[key], asked or {}) for case in cases}, facts.of(cases), language, to)


def drafted(wanted: Wanted, found: Mapping[UUID, facts.Facts], language: str = "", to: str = "") -> dict[UUID, Written]:
    """With the same few queries for many as for one."""
    people = {found[pk].case.subject_id for pk in wanted}
    emails, own = addresses.emails_of(people), addresses.languages_of(people)
    spoken = {
        pk: language or found[pk].answers.get("language") or own.get(found[pk].case.subject_id, addresses.ENGLISH)
        for pk in wanted
    }
    where = {
        pk: addresses.where({"reply_to": to} if to else found[pk].answers, emails.get(found[pk].case.subject_id, ""))
        for pk in wanted
    }
    where |= {pk: addresses.where({"reply_to": last}, "") for pk, last in _last_written(where).items()}
    texts = templates.in_use({(kind.key, spoken[pk]) for pk, (kind, _) in wanted.items()})
    return {
        pk: _written(found[pk], kind, asked, spoken[pk], texts[kind.key, spoken[pk]], where[pk])
        for pk, (kind, asked) in wanted.items()
    }


def _last_written(where: Mapping[UUID, tuple[str, str]]) -> dict[UUID, str]:
    """Of those of whom nothing else tells it: where the last letter went."""
    unknown: Collection[UUID] = [pk for pk, (email, other) in where.items() if not email and not other]
    if not unknown:
        return {}
    letters = Letter.objects.filter(case__in=unknown, step=None).exclude(sealed="").order_by("made_at")
    opened = {case_id: rendering.opened(sealed) for case_id, sealed in letters.values_list("case", "sealed")}
    return {case_id: letter.to for case_id, letter in opened.items() if letter}


def _written(
    of_case: facts.Facts, kind: LetterKind, asked: Mapping[str, str], language: str, wording: templates.InUse,
    where: tuple[str, str],
) -> Written:  # fmt: skip
    email, other = where
    of_case.asked = {name: text.strip() for name, text in asked.items() if text.strip()}
    made, problem = None, "" if email or other else NO_ADDRESS
    try:
        made = rendering.draft(kind, wording.template, of_case, language)
    except Unsayable as refusal:
        problem = str(refusal)
    return Written(kind, language, email or other, bool(email), made, wording, of_case.asked, of_case, problem)
