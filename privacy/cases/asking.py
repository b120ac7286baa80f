"""What people ask for by themselves, from a mailbox that they have shown to be theirs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from privacy.cases import opt_outs
from privacy.cases.requests import ask
from privacy.catalogue import CaseKind, Right, case_kinds
from privacy.fulfilment.asking import Wish
from privacy.models import Case, DataSubject, Identifier, ProfilePreference, Verification
from privacy.selectors import suppression
from privacy.selectors.asking import people_at
from privacy.selectors.people import person_of, reached

BY_PAGE = "Asked for on the privacy page"
UNKNOWN = "no account is known by this"
SEVERAL = "{words} (The address is that of {number} people, and this is asked of each: make sure who asks.)"
QUESTION = "question"


def confirm(wish: Wish, later: Mapping[str, Any] | None = None) -> list[Case]:
    """Opens what the wish asks for, for whoever can be reached at its address; who is nobody yet becomes somebody who
    wrote to us, so that they are answered, too. The same wish opens nothing twice: what it has opened before is
    returned. `later` are the answers that depend on whose the address is.

    Raises ValueError where an answer is not accepted.
    """
    kind = kind_for(wish)
    with transaction.atomic():
        found = about(kind, wish) or people_at(wish.address) or [newcomer(wish)]
        if issubclass(kind, Right) and not kind.proof:
            return [case for subject_id in found if (case := opt_outs.take(kind.key, subject_id))]
        asked_of = reached(kind, found)
        for subject_id in asked_of:
            _ask(kind, subject_id, wish, later or {}, len(asked_of))
    return opened_by(wish)


def _ask(kind: type[CaseKind], subject_id: UUID, wish: Wish, later: Mapping[str, Any], number: int) -> None:
    asked = {question.name for question in kind.asks}
    answers: dict[str, Any] = {name: answer for name, answer in wish.answers.items() if name in asked}
    answers |= later if kind.key == wish.kind else {}
    answers |= {"reason": reason_of(kind, wish, number), "reply_to": wish.address}
    if kind.is_report and answers.get("reported") and not about(kind, wish):
        answers["reported"] += f" ({UNKNOWN})"
    ask(
        kind.key, subject_ids=[subject_id], actor=None, verification=Verification.EMAIL_ROUND_TRIP, token=wish.token,
        **answers,
    )  # fmt: skip


def kind_for(wish: Wish) -> type[CaseKind]:
    """What cannot be said without knowing whose the address is, and is nobody's or several people's, is a question:
    staff look into whom it is about."""
    kind = case_kinds[wish.kind]
    is_open = kind.plainly and kind.plainly.later and len(people_at(wish.address)) != 1
    return case_kinds[QUESTION] if is_open else kind


def about(kind: type[CaseKind], wish: Wish) -> list[UUID]:
    """Whom it is about, of those whom we know: who can be reached at the address, or whoever is reported."""
    return people_at(wish.answers.get("reported", "") if kind.is_report else wish.address)


def reason_of(kind: type[CaseKind], wish: Wish, number: int) -> str:
    """The person's own words; staff read beside them that they are perhaps another's."""
    words = wish.answers.get("reason") or BY_PAGE
    words = words if kind.key == wish.kind else f"{case_kinds[wish.kind].label}: {words}"
    return SEVERAL.format(words=words, number=number) if number > 1 else words


def newcomer(wish: Wish) -> UUID:
    """Who writes to us from an address that is nobody's. That of somebody who was erased is not taken in again: the
    case alone holds it, sealed."""
    person, is_new = DataSubject.objects.get_or_create(
        pk=uuid5(wish.token, "newcomer"), defaults={"relation": DataSubject.Relation.CORRESPONDENT}
    )
    if is_new and not suppression.suppressed(Identifier.Kind.EMAIL, [wish.address]):
        Identifier.objects.create(
            subject=person, kind=Identifier.Kind.EMAIL, value=wish.address, is_primary=True
        )  # fmt: skip
    if is_new:
        ProfilePreference.objects.create(subject=person, language=wish.language)
    return person.pk


def opened_by(wish: Wish) -> list[Case]:
    """The cases that the wish has opened, whoever they are about by now."""
    people = {*people_at(wish.address), *people_at(wish.answers.get("reported", "")), uuid5(wish.token, "newcomer")}
    people |= set(person_of(people).values())
    return list(Case.objects.filter(pk__in=[uuid5(wish.token, str(pk)) for pk in people]).order_by("received_at", "pk"))


def opt_out(key: str, address: str) -> None:
    """For everybody who can be reached at the address, at once; nobody is told whether that is anybody."""
    for subject_id in people_at(address):
        opt_outs.take(key, subject_id)
