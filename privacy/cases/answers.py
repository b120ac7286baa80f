"""The answers to what a kind of case asks: checked, and kept in the case's columns or sealed beside them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from privacy import regimes
from privacy.catalogue import CaseKind, case_kinds
from privacy.evidence import sealing
from privacy.evidence.commitments import pseudonym
from privacy.fulfilment.letters import addresses
from privacy.jobs import order
from privacy.models import Case

COLUMNS = ("reason", "recipient_key", "silent", "parent_id")
TO_ANSWER = ("reply_to", "ticket", "language")  # what is asked to answer, and not to carry out


def checked(kind: type[CaseKind], given: Mapping[str, Any], subject_ids: Sequence[UUID] = ()) -> dict[str, Any]:
    """The answers about these people by question. Raises ValueError, in words for the screen, for one that is missing
    or wrong, and TypeError for one that nobody asked for."""
    if kind.alone and len(subject_ids) > 1:
        raise ValueError("This is asked about one person at a time.")
    if unknown := given.keys() - {question.name for question in kind.asks}:
        raise TypeError(f"A case of kind {kind.key} does not ask for {', '.join(sorted(unknown))}.")
    found = {}
    for question in kind.asks:
        answer = given.get(question.name)
        answer = answer.strip() if isinstance(answer, str) else answer
        if question.type == "values" and isinstance(answer, Mapping):
            answer = question.changed(subject_ids, answer)
        if question.required and not answer:
            raise ValueError(question.missing)
        answer = question.check(answer) if question.check and answer else answer
        if (
            answer
            and question.type == "choice"
            and answer not in {choice[0] for choice in question.choices_for(subject_ids)}
        ):
            raise ValueError(f"{question.label} Choose one of the list.")
        found[question.name] = answer
    return found


def columns(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What of the answers the case's row holds, as arguments of its model."""
    found = {name: answers[name] for name in COLUMNS if answers.get(name)}
    return found | {"sealed": sealed(to_seal(answers))}


def sealed(kept: Mapping[str, str]) -> str:
    return sealing.seal({name: [answer] for name, answer in kept.items()}) if kept else ""


def where_to_answer(kind: type[CaseKind], subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """{person: address and language}, of those to whom a case of this kind would leave neither."""
    if not kind.forgets:
        return {}
    emails, languages = addresses.emails_of(subject_ids), addresses.languages_of(subject_ids)
    known = {"reply_to": emails, "language": languages}
    return {
        pk: found
        for pk in subject_ids
        if (found := {name: values[pk] for name, values in known.items() if pk in values})
    }


def to_seal(answers: Mapping[str, Any]) -> dict[str, str]:
    """What of the answers is no column."""
    return {name: str(answer) for name, answer in answers.items() if answer and name not in (*COLUMNS, "received_on")}


def sealed_words(cases: Sequence[Case], words: str) -> dict[str, str]:
    """What of an answer in words the rows of these cases hold. Raises ValueError where it is missing."""
    if not words.strip() and any(case_kinds[case.kind].answered_in_words for case in cases):
        raise ValueError("Say what the person was told.")
    return {"answer": sealing.seal({"answer": [words.strip()]})} if words.strip() else {}


def about(subject_id: UUID, sealed: Mapping[str, str]) -> str:
    """What the work of a case is about: the person, and what they have asked for in their own words, under our key."""
    wish = sorted((name, answer) for name, answer in sealed.items() if name not in TO_ANSWER)
    return order.about(subject_id, *([pseudonym(f"{subject_id} {wish}")] if wish else []))


def received_at(received_on: date | None) -> datetime:
    """From which moment the clocks run: a letter's day begins where the controller is."""
    now = datetime.now(UTC)
    if received_on is None or received_on >= regimes.day_of(now):
        return now
    return datetime.combine(received_on, time.min, regimes.CONTROLLER_ZONE)
