"""The withdrawal of a consent: as easy as to give it, for what is to come (GDPR art. 7(3))."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from privacy.cases.kinds import register
from privacy.cases.opt_outs import BY_HAND, OptOut, method_of
from privacy.catalogue import Plainly, Question
from privacy.fulfilment.consents import withdraw
from privacy.models import Case, ConsentEvent, Limit, Topic
from privacy.models.accounts import accounts_of
from privacy.selectors import consents
from privacy.selectors.cases import sealed_of

NOTHING_GIVEN = "There is no consent to this on record: nothing to take back. An opt-out is taken without one."
# {answer: (topic, channel)}.
CONSENTS: dict[str, tuple[Topic, str]] = {
    **{f"{Topic.MARKETING}:{channel}": (Topic.MARKETING, channel) for channel in ConsentEvent.Channel.values},
    **{str(topic): (topic, "") for topic in (Topic.COOKIES, Topic.AI, Topic.PARENTAL)},
}


def name_of(answer: str) -> str:
    topic, channel = CONSENTS[answer]
    return f"{topic.label}: {ConsentEvent.Channel(channel).label}" if channel else str(topic.label)


def what_of(case: Case) -> tuple[Topic, str] | None:
    """What the case is about; None once it was answered: taken up again it has nothing more to stop."""
    return CONSENTS.get(sealed_of(case).get("consent", ""))


def given_by(subject_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """What any of these people can take back: (answer, words)."""
    given = consents.given(accounts_of(subject_ids))
    return [(answer, name_of(answer)) for answer, what in CONSENTS.items() if what in given]


def none_given(asked: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, list[str]]:
    """Of these people, those who have not given the consent that they are said to take back."""
    wanted = {subject_id: CONSENTS[answers["consent"]] for subject_id, answers in asked.items()}
    return {
        subject_id: [NOTHING_GIVEN]
        for subject_id, what in wanted.items()
        if what not in consents.given(accounts_of([subject_id]))
    }


@register
class WithdrawConsent(OptOut):
    key, label, icon = "withdraw_consent", "Withdrawal of consent", "undo"
    plainly = Plainly(
        "The withdrawal of a consent", "See and change your choices",
        "We send you a link to a page with all your choices about news, advertising and consents, where you change "
        "them at once.",
        "choices",
    )  # fmt: skip
    cites = ("GDPR art. 7(3)", "Conn. Gen. Stat. 42-520(a)(6)")
    button, title, submit = "Withdraw consent", "Withdraw a consent of {people}", "Withdraw it"
    happens = (
        "It is in effect as you confirm, for all accounts of the person: what the consent was for stops. No proof is "
        "needed.",
        "What was done before stays lawful. The record keeps that the consent was given, in which words, and when it "
        "was taken back.",
        "The page of the person and the receipt say what stopped when.",
        BY_HAND,
    )
    asks = (
        *OptOut.asks,
        Question(
            "consent", "Which consent?", "choice", missing="Choose which consent is taken back.",
            offers=given_by,
        ),
    )  # fmt: skip
    against = none_given

    @classmethod
    def purposes_of(cls, case: Case) -> Sequence[str]:
        said = what_of(case)
        return said[0].purposes if said else ()

    @classmethod
    def effect_of(cls, case: Case) -> dict[str, Any]:
        if (said := what_of(case)) is None:
            return {}
        topic, channel = said
        return withdraw(
            case.subject_id, topic=topic, channels=[channel], how=method_of(case),
            ground=Limit.Ground.CONSENT_WITHDRAWN, actor=case.requested_by,
        )  # fmt: skip
