"""What somebody has said no to, on one page: set at once, and ended by their word alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from privacy.cases.opt_outs import OptOut, is_in_effect, take
from privacy.catalogue import Fact, NotAllowed, case_kinds
from privacy.datamap import Use
from privacy.fulfilment import consents, limits
from privacy.models import Case, ConsentEvent, ConsentWording, DeviceIdentifier, Limit, Topic
from privacy.models.accounts import accounts_of
from privacy.selectors import standing
from privacy.selectors.consents import present_wording

WITHDRAW = "withdraw_consent"
NEVER_AGAIN = {Fact.CHILD, Fact.FLAGGED, Fact.ERASED}  # of a child nobody takes a yes to these from the child


@dataclass(frozen=True)
class Choice:
    """An opt-out of one person: whether it is in effect, whether it can be ended, and else by which it is covered."""

    kind: type[OptOut]
    is_set: bool
    can_end: bool
    covered_by: type[OptOut] | None = None


def choices_of(subject_id: UUID) -> list[Choice]:
    accounts = list(accounts_of([subject_id]))
    in_effect = {kind: is_in_effect(kind, accounts) for kind in opt_outs()}
    may_end = not standing.facts_of([subject_id]).get(subject_id, set()) & NEVER_AGAIN
    return [
        Choice(kind, is_set, may_end and is_set and ends(kind, in_effect), covering(kind, in_effect))
        for kind, is_set in in_effect.items()
    ]


def opt_outs() -> list[type[OptOut]]:
    return [kind for kind in case_kinds.values() if issubclass(kind, OptOut) and kind.purposes]


def covering(kind: type[OptOut], in_effect: dict[type[OptOut], bool]) -> type[OptOut] | None:
    """Another opt-out that is in effect and is for all that this one is for, and more."""
    wider = [o for o, is_set in in_effect.items() if is_set and {*o.purposes} > {*kind.purposes}]
    return max(wider, key=lambda o: len(o.purposes), default=None)


def ends(kind: type[OptOut], in_effect: dict[type[OptOut], bool]) -> bool:
    """Whether the person can end this one: a wider one comes first, and news takes words that they agree to."""
    return covering(kind, in_effect) is None and (
        Use.MARKETING not in kind.purposes or not is_news(kind) or has_words()
    )


def is_news(kind: type[OptOut]) -> bool:
    return tuple(kind.purposes) == (Use.MARKETING,)


def has_words() -> bool:
    return ConsentWording.objects.filter(topic=Topic.MARKETING, is_relied_on=True).exists()


def words_for(language: str) -> ConsentWording | None:
    """In which the person agrees to news."""
    return present_wording(Topic.MARKETING, language) or present_wording(Topic.MARKETING, "en")


def say_no(*, subject_id: UUID, key: str) -> None:
    """Opts the person out at once; what is so already stays so. Raises NotAllowed for what is no opt-out."""
    if key not in {kind.key for kind in opt_outs()}:
        raise NotAllowed("This is no choice.")
    take(key, subject_id)


def withdraw_consent(*, subject_id: UUID, consent: str) -> None:
    """Takes a consent back at once; one that is not given, such as a moment ago, needs nothing."""
    offered = next(question for question in case_kinds[WITHDRAW].asks if question.name == "consent")
    if consent in {choice[0] for choice in offered.choices_for([subject_id])}:
        take(WITHDRAW, subject_id, consent=consent)


def say_yes(*, subject_id: UUID, key: str, language: str) -> bool:
    """Ends an opt-out by the person's own word, once they have confirmed it; whether anything has changed. What another
    opt-out of theirs is for stays limited. Raises NotAllowed where it cannot be ended."""
    with transaction.atomic():
        accounts = limits.lock_accounts(subject_id)
        choice = next((choice for choice in choices_of(subject_id) if choice.kind.key == key), None)
        if choice is None:
            raise NotAllowed("This is no choice.")
        if not choice.is_set:
            return False
        if not choice.can_end:
            raise NotAllowed("It cannot be ended here.")
        if is_news(choice.kind) and (wording := words_for(language)):
            consents.give(subject_id, wording=wording, how=ConsentEvent.Method.LINK, channel=ConsentEvent.Channel.EMAIL)
        else:
            _lift(choice.kind, accounts)
    return True


def _lift(kind: type[OptOut], accounts: Sequence[UUID]) -> None:
    """What they have asked for by another opt-out stays; what has only come with this one ends."""
    others = [other for other in opt_outs() if other is not kind and is_in_effect(other, accounts)]
    cases = Case.objects.filter(subject__in=accounts, kind__in=[other.key for other in others])
    asked_for = set(cases.order_by().values_list("kind", flat=True))
    kept = [other for other in others if other.key in asked_for]
    purposes = {*kind.purposes} - {purpose for other in kept for purpose in other.purposes}
    limits.lift(accounts, purposes, [Limit.Ground.OPT_OUT], None)
    if not any(other.marks_devices for other in kept):
        DeviceIdentifier.objects.filter(subject__in=accounts).update(opted_out_at=None)
