"""Which ways are enough to make sure who asks, by the risk of the right, and which of them can be offered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, Q, QuerySet
from django.db.models import OuterRef as Outer
from django.db.models.functions import Now

from privacy import regimes
from privacy.catalogue import CaseKind, Risk, case_kinds
from privacy.connectors import clerk
from privacy.models import (
    AuditEntry,
    Case,
    CheckOutcome,
    Identifier,
    IdentityCheck,
    IdentityProof,
    SeenLetter,
    Staff,
    State,
    Verification,
)
from privacy.models.accounts import accounts_of
from privacy.selectors.cases import sealed_of

V = Verification
BY_DOCUMENT = (V.DOCUMENT, V.AGENT, V.GUARDIAN)  # a document is handed in, and somebody looks at it
# What the person does without staff: one of these is also the word that an agent's permission takes (11 CCR 7063(a)).
OWN_WORD = (V.SIGNED_IN, V.EMAIL_CODE, V.EMAIL_ROUND_TRIP)
# Stated by a member of staff, who says what they saw; a reply and a guardian have ways of their own.
STATED = (V.SIGNED_IN, V.GUARDIAN, V.CONFIRMED_TWICE, V.AUTHORITY, V.CONTROLLER)
# What has to be seen of a reply, because anybody can write a From:.
ENOUGH_OF_A_LETTER = {Risk.LOW: tuple(SeenLetter), Risk.HIGH: (SeenLetter.BOTH,)}
AN_HOUR = timedelta(hours=1)
MOST_CODES = 4  # of a case in an hour

# Cases of which a document waits for somebody to look at it.
HAS_PROOF = Exists(
    IdentityProof.objects.filter(identity_check__case=Outer("pk"), identity_check__outcome="", purged_at=None).exclude(
        sealed_key=""
    )
)
# Cases that two of staff are asked to let pass, or not.
OVERRIDES = IdentityCheck.objects.filter(case=Outer("pk"), way=V.OVERRIDE, outcome="")


def overrides_for(member: Staff) -> Q:
    """Cases of which this member can be the second person."""
    return Q(Exists(OVERRIDES.exclude(asked_by=member))) & ~Q(requested_by=member)


def risk_of(kind: type[CaseKind], answers: Mapping[str, Any]) -> Risk:
    return kind.risk_of(answers) if kind.risk_of else kind.risk


def risk_of_case(case: Case) -> Risk:
    kind = case_kinds[case.kind]
    return risk_of(kind, sealed_of(case) if kind.risk_of else {})


def ways_of(case: Case) -> tuple[str, ...]:
    """What is enough for this very case; none where nobody may be asked."""
    kind = case_kinds[case.kind]
    enough = V.proofs(risk_of_case(case))
    return tuple(way for way in kind.proof if way in enough)


def offered(case: Case | None) -> tuple[str, ...]:
    """Of these, what the person can do by themselves now. An address that is nobody's alone is offered all the same:
    what is offered tells nothing of what we hold."""
    if case is None or case.state != State.VERIFYING:
        return ()
    can = {V.SIGNED_IN: clerk.reads_sessions(), V.EMAIL_CODE: bool(settings.EMAIL_URL)}
    return tuple(way for way in ways_of(case) if can.get(V(way), way in BY_DOCUMENT))


def address_of(case: Case) -> Identifier | None:
    """Where a code goes: an address that the account had before the case was opened, and never one that came with it,
    nor one that is another person's as well."""
    accounts = list(accounts_of([case.subject_id]))
    opened = AuditEntry.objects.filter(chain=case.pk, n=1).values_list("at", flat=True).first() or case.received_at
    mailboxes = Identifier.objects.filter(kind=Identifier.Kind.EMAIL)
    shared = mailboxes.filter(value=Outer("value")).exclude(subject__in=accounts)
    own = mailboxes.filter(~Exists(shared), subject__in=accounts, created_at__lt=opened)
    return own.filter(subject__erased_at=None).order_by("-is_primary", "created_at", "value").first()


def is_users_of(case: Case, user_id: str) -> bool:
    """Whether Clerk's user is this very person, by any of their accounts."""
    users = Identifier.objects.filter(subject__in=list(accounts_of([case.subject_id])), kind=Identifier.Kind.CLERK)
    return bool(user_id) and users.filter(value=user_id).exists()


def open_checks(**where: Any) -> QuerySet[IdentityCheck]:
    return IdentityCheck.objects.filter(outcome="", **where)


def codes_of_the_hour(case: Case) -> int:
    return IdentityCheck.objects.filter(case=case, way=V.EMAIL_CODE, asked_at__gt=Now() - AN_HOUR).count()


def has_own_word(check: IdentityCheck) -> bool:
    """Whether the person has confirmed by themselves, since the agent's permission was handed in."""
    since = IdentityCheck.objects.filter(case=check.case_id, way__in=OWN_WORD, outcome=CheckOutcome.PROVED)
    return since.filter(decided_at__gte=check.asked_at).exists()


def lapsing() -> QuerySet[Case]:
    """Cases that nobody has proved in time: asked long enough ago, past their date by the law's clock, and nothing lies
    with us. Whoever was never asked has not failed to answer."""
    patience = Now() - timedelta(days=settings.VERIFICATION_DAYS)
    provable = [key for key, kind in case_kinds.items() if kind.proof]
    asked = IdentityCheck.objects.filter(case=Outer("pk"), way__in=(*OWN_WORD, *BY_DOCUMENT))
    late = Q(due_on__lt=regimes.today()) | Q(due_on=None)
    found = Case.objects.filter(late, Exists(asked), state=State.VERIFYING, kind__in=provable)
    return found.filter(~Exists(asked.filter(asked_at__gt=patience)), ~Q(HAS_PROOF), ~Q(Exists(OVERRIDES)))
