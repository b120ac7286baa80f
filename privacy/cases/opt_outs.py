"""What opt-outs have in common, and the door for people who opt out by themselves.

No proof of who asks, no agent's confirmation, no second person (11 CCR 7026(d), 7027(e), 7060(b); GDPR art. 7(3)):
it is in effect in the transaction that takes it in, for every account, address and device of the person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db import transaction

from privacy.cases.requests import ask
from privacy.catalogue import Fact, May, Permit, Planned, Question, Right, Stage, StepKind, case_kinds
from privacy.datamap import Use
from privacy.fulfilment import limits
from privacy.fulfilment.processors import seal_names
from privacy.fulfilment.telling import steps_at
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done
from privacy.models import Case, CaseJob, ConsentEvent, DeviceIdentifier, Limit, Step
from privacy.models.accounts import accounts_of
from privacy.roles import AGENT, APPROVER, MANAGER
from privacy.selectors import consents, processors

OPT_OUT = Permit("opt_out_datasubject", "Can take in an opt-out or a withdrawal of consent", (AGENT, APPROVER, MANAGER))
AT_ONCE = "It is in effect as you confirm, for all accounts, addresses and devices of the person. No proof is needed."
BY_HAND = (
    "Whoever goes on by themselves with what they have got for it, such as analytics, is asked by a person, who then "
    "attests it."
)
DENY = Permit("deny_opt_out", "Can deny an opt-out that is believed to be fraudulent", (APPROVER, MANAGER))
DOUBT = Question(
    "doubt", "I believe that it is fraudulent, and can say on record why", "switch", required=False,
    help="Then it is not in effect yet: write what speaks for and against it into the dossier, which a second person "
    "confirms before it may be denied (11 CCR 7026(e)). Ask the person for no proof; the deadline goes on.",
)  # fmt: skip
BY_LINK = "By the one-click link of a letter"
BY_SIGNAL = "By the signal of their browser (Global Privacy Control)"
BY_PAGE = "On the privacy page"


class OptOut(Right):
    """A right that limits processing for `purposes` by the person's own word. `marks_devices`: their devices are marked
    too, for whoever meets one without knowing whose it is."""

    purposes: ClassVar[tuple[Use, ...]] = ()
    marks_devices: ClassVar[bool] = False
    told_by = "answer_limit"
    # In effect: neither denied nor withdrawn; but see DeniableOptOut.
    may = May(ask=OPT_OUT, decide=OPT_OUT, retry=OPT_OUT, answer=OPT_OUT, attest=OPT_OUT)
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    steps = (
        StepKind("opt_outs.see", "See that it is in effect"),
        StepKind(processors.OPT_OUT, "Opt-out at {target}"),
        StepKind("receipts.issue", "Write the receipt"),
    )

    @classmethod
    def plan(cls, jobs: Sequence[CaseJob]) -> Mapping[CaseJob, Sequence[Planned]]:  # type: ignore[override]  # a method where others name a function
        """With a step for each processor that knows the person and goes on by itself with what it has."""
        return {
            job: [
                Planned("opt_outs.see", units=1),
                *steps_at(processors.OPT_OUT, cls.told_about(job.case), job.subject_id),
                Planned("receipts.issue", units=1),
            ]
            for job in jobs
        }

    @classmethod
    def told_about(cls, case: Case) -> list[str]:
        models = [DeviceIdentifier] if cls.marks_devices else []
        return sorted(processors.going_on_with(cls.purposes_of(case), models))

    @classmethod
    def purposes_of(cls, case: Case) -> Sequence[str]:
        return cls.purposes

    @classmethod
    def takes_effect(cls, cases: Sequence[Case]) -> Mapping[UUID, dict[str, Any]]:  # type: ignore[override]  # the same
        return {case.pk: cls.effect_of(case) for case in cases}

    @classmethod
    def effect_of(cls, case: Case) -> dict[str, Any]:
        """Puts it in force; facts for the audit entry. The person's row is locked."""
        accounts = limits.lock_accounts(case.subject_id)
        placed = limits.place(accounts, cls.purposes, Limit.Ground.OPT_OUT, case.requested_by)
        devices = limits.mark_devices(accounts) if cls.marks_devices else 0
        return {"placed": len(placed), "devices": devices}


class DeniableOptOut(OptOut):
    """One that may be denied on a good-faith, reasonable and documented belief that it is fraudulent. Who has such a
    doubt as it is taken in says so, and it is weighed before it is in effect; else nobody denies it. A person's own
    link or browser is never doubted."""

    may = replace(OptOut.may, deny=DENY)
    asks = (*OptOut.asks, DOUBT)
    to_tell = (
        "By the date whoever asked must be told that it is not complied with, and why it is believed to be fraudulent "
        "(11 CCR 7026(e)): nothing is sent from here."
    )

    @classmethod
    def is_doubted(cls, answers: Mapping[str, Any]) -> bool:  # type: ignore[override]  # the same
        return bool(answers.get(DOUBT.name))


def method_of(case: Case) -> ConsentEvent.Method:
    return ConsentEvent.Method.STAFF if case.requested_by_id else ConsentEvent.Method.LINK


@local("opt_outs.see")
@one_by_one
def see_what_is_in_effect(job: CaseJob, step: Step) -> Done:
    """What the person's own word limits, and how many devices it marks, when the worker looks."""
    accounts = accounts_of([job.subject_id])
    own_word = Limit.objects.filter(subject__in=accounts, ground__in=Limit.OWN_WORD, lifted_at=None)
    stopped = set(own_word.values_list("purpose", flat=True))
    marked = DeviceIdentifier.objects.filter(subject__in=accounts, opted_out_at__isnull=False)
    seal_names(job, processors.OPT_OUT)
    counts = {"accounts": len(accounts), "purposes limited": len(stopped), "devices marked": marked.count()}
    return Done(counts, units=1)


# --- Without staff ----------------------------------------------------------------------------------------------------


def unsubscribe(subject_id: UUID) -> Case | None:
    """The person wants no more news, by the link of a letter. None where nothing changes by it."""
    return take("opt_out_marketing", subject_id, BY_LINK)


def record_gpc(subject_id: UUID, device_id: UUID | None = None) -> Case | None:
    """The person's browser has said `Sec-GPC: 1`, which opts them out of sale and sharing (Cal. Civ. Code 1798.135(e),
    11 CCR 7025(c)). A device of theirs that is new is marked even where nothing else changes; then None."""
    if device_id:
        limits.mark_devices(accounts_of([subject_id]), pk=device_id)
    return take("opt_out_sale_sharing", subject_id, BY_SIGNAL)


def take(key: str, subject_id: UUID, reason: str = BY_PAGE, **answers: Any) -> Case | None:
    """Opens the case by the person themselves, once: while it is in effect the same word changes nothing."""
    kind = cast(type[OptOut], case_kinds[key])
    with transaction.atomic():
        accounts = limits.lock_accounts(subject_id)
        if kind.purposes and is_in_effect(kind, accounts):
            return None
        return next(iter(ask(key, subject_ids=[subject_id], actor=None, reason=reason, **answers)), None)


def is_in_effect(kind: type[OptOut], accounts: Sequence[UUID]) -> bool:
    """Of news alone it takes the choices, too: a wider limit leaves them as they are, and is not acted upon by them."""
    is_limited = consents.has_opted_out(accounts, kind.purposes)
    return is_limited and not ({*kind.purposes} == {Use.MARKETING} and consents.wants_news(accounts))
