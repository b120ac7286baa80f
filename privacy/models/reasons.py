"""Why something is refused or takes longer, each with the law that it rests on and its name in the W3C Data Privacy
Vocabulary (justifications, 2.3). Why something is kept stands in the data map: privacy.datamap.vocabulary.KeptFor."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import models

# Rights that ask for no proof of who asks (11 CCR 7026 and 7027, GDPR art. 7(3) and 21(3)).
WITHOUT_PROOF = frozenset({
    "opt_out_sale_sharing", "opt_out_targeted_ads", "opt_out_profiling", "opt_out_marketing", "limit_sensitive",
    "withdraw_consent",
})  # fmt: skip
COPIES, OBJECTION = frozenset({"access", "portability"}), frozenset({"objection"})
ERASURE = frozenset({"erasure", "erasure_of_one"})
# Of which art. 12(5) says nothing: see arts. 15 to 22.
INQUIRIES = frozenset({"question", "complaint", "appeal", "child_report", "access_report"})


@dataclass(frozen=True)
class Ground:
    """What stands behind a reason.

    cites: the law, as the person is told it. dpv: the term there. drp: the outward reason of the Data Rights Protocol.
    only: keys of the rights that it is for; empty: every right. never: those that it is not for.
    takes_dossier: we bear the burden of proof: factors for and against, and a second person who confirms them.
    laws: keys of the laws that know it; empty: any.
    rests_on_law: it says what a law does not ask, so it stands on a rule that somebody has verified.
    is_offered: no for words of before 2026-12, which old rows hold and the audit trail commits to.
    """

    cites: tuple[str, ...] = ()
    dpv: str = ""
    drp: str = "other"
    only: Collection[str] = ()
    never: Collection[str] = ()
    laws: Collection[str] = ()
    takes_dossier: bool = False
    rests_on_law: bool = False
    is_offered: bool = True

    @property
    def iri(self) -> str:
        return f"https://w3id.org/dpv/justifications#{self.dpv}" if self.dpv else ""

    def is_for(self, right: str) -> bool:
        if right in WITHOUT_PROOF or self.only:  # what takes no proof is refused for hardly anything
            return self.is_offered and right in self.only
        return self.is_offered and right not in self.never


class Refusal(models.TextChoices):
    """Why a case is refused. Values that are the Data Rights Protocol's own are those of old rows, too."""

    UNPROVED = "insuf_verification", "It could not be made sure who asks"
    FRAUD = "suspected_fraud", "Somebody else asks in the person’s name"
    FRAUDULENT = "fraudulent_opt_out", "Believed, in good faith and on record, to be a fraudulent opt-out"
    NO_MATCH = "no_match", "We hold nothing of who asks"
    NOT_COVERED = "claim_not_covered", "The law does not give this right here"
    ELSEWHERE = "outside_jurisdiction", "No law that gives this right applies to the person"
    UNFOUNDED = "manifestly_unfounded", "Manifestly unfounded"
    EXCESSIVE = "manifestly_excessive", "Manifestly excessive"
    ABUSIVE = "abusive_intention", "Asked with an abusive intention"
    OTHERS = "rights_of_others", "It would harm the rights of other people"
    EXPRESSION = "free_expression", "Needed for freedom of expression and information"
    OBLIGATION = "legal_obligation", "A law wants the data kept"
    CLAIMS = "legal_claims", "Needed for legal claims"
    COMPELLING = "compelling_grounds", "Compelling legitimate grounds outweigh the objection"
    ACCURATE = "accurate_already", "What is stored is accurate and complete"
    NO_GROUND = "no_ground", "None of the grounds for a restriction is there"
    STANDS = "decision_stands", "It was looked at again, and stands as it is"
    NOT_AGREED = "not_agreed", "The second person does not agree"
    UNVERIFIED_YET = "need_user_verification", "The person has not verified who they are yet"
    TOO_MANY = "too_many_requests", "Too many requests"
    OTHER = "other", "Other"

    @property
    def ground(self) -> Ground:
        return GROUNDS[self]

    @property
    def with_law(self) -> str:
        """As it is chosen and told: with its citations."""
        return f"{self.label} ({'; '.join(self.ground.cites)})" if self.ground.cites else str(self.label)


GROUNDS: dict[Refusal, Ground] = {
    Refusal.UNPROVED: Ground(
        ("GDPR art. 12(2) and (6)", "11 CCR 7021(b)"), "IdentityVerificationFailure", "insuf_verification",
    ),
    Refusal.FRAUD: Ground(("GDPR art. 12(6)",), "ProcessMalicious", "suspected_fraud"),
    Refusal.FRAUDULENT: Ground(
        ("11 CCR 7026(e)",), "ProcessMalicious", "suspected_fraud", only={"opt_out_sale_sharing"}, laws={"ccpa"},
        takes_dossier=True,
    ),
    Refusal.NO_MATCH: Ground(("GDPR art. 11(2)",), "FulfilmentImpossible", "no_match"),
    Refusal.NOT_COVERED: Ground(
        ("GDPR arts. 15 to 22",), "LegallyExempted", "claim_not_covered", never=INQUIRIES, rests_on_law=True
    ),
    Refusal.ELSEWHERE: Ground(("GDPR art. 3",), "LegallyExempted", "outside_jurisdiction", rests_on_law=True),
    Refusal.UNFOUNDED: Ground(
        ("GDPR art. 12(5)(b)", "Cal. Civ. Code 1798.145(h)(3)"), "ProcessUnfounded", takes_dossier=True,
        never=INQUIRIES,
    ),
    Refusal.EXCESSIVE: Ground(
        ("GDPR art. 12(5)(b)", "Cal. Civ. Code 1798.145(h)(3)"), "ProcessExcessive", "too_many_requests",
        takes_dossier=True, never=INQUIRIES,
    ),
    Refusal.ABUSIVE: Ground(
        ("GDPR art. 12(5)(b)", "CJEU C-526/24"), "ProcessMalicious", takes_dossier=True,
        never=INQUIRIES,
    ),
    Refusal.OTHERS: Ground(
        ("GDPR art. 15(4) and 20(4)",), "ThirdPartyRightsImpaired", "claim_not_covered", only=COPIES
    ),
    Refusal.EXPRESSION: Ground(
        ("GDPR art. 17(3)(a)", "Cal. Civ. Code 1798.105(d)(4)"), "FreedomOfExpressionImpaired", "claim_not_covered",
        only=ERASURE, rests_on_law=True,
    ),
    Refusal.OBLIGATION: Ground(
        ("GDPR art. 17(3)(b)", "Cal. Civ. Code 1798.105(d)(8)"), "LegalObligationImpaired", "claim_not_covered",
        only=ERASURE, rests_on_law=True,
    ),
    Refusal.CLAIMS: Ground(
        ("GDPR art. 17(3)(e), 18(2) and 21(1)",), "LegalClaimImpaired", "claim_not_covered",
        only=ERASURE | OBJECTION | {"restriction"}, rests_on_law=True,
    ),
    Refusal.COMPELLING: Ground(
        ("GDPR art. 21(1)",), "LegitimateInterestOverride", "claim_not_covered", only=OBJECTION, rests_on_law=True
    ),
    Refusal.ACCURATE: Ground(("GDPR art. 16",), "ProcessUnfounded", only={"rectification"}),
    Refusal.NO_GROUND: Ground(
        ("GDPR art. 18(1)",), "ProcessUnfounded", "claim_not_covered", only={"restriction"}, rests_on_law=True
    ),
    Refusal.STANDS: Ground(("GDPR art. 12(4) and 22(3)",), "ProcessUnfounded", only=INQUIRIES | {"human_review"}),
    Refusal.NOT_AGREED: Ground(is_offered=False),  # of a duty of our own: see refusals_of
    Refusal.UNVERIFIED_YET: Ground(
        ("GDPR art. 12(6)",), "IdentityVerificationRequired", "need_user_verification", is_offered=False
    ),
    Refusal.TOO_MANY: Ground(("GDPR art. 12(5)",), "ProcessExcessive", "too_many_requests", is_offered=False),
    Refusal.OTHER: Ground(is_offered=False),
}  # fmt: skip
ON_A_DOSSIER = tuple(reason for reason, ground in GROUNDS.items() if ground.takes_dossier)


class DelayReason(models.TextChoices):
    """Why an answer takes longer than the first period. It is told within that period, with the reason."""

    COMPLEXITY = "complexity", "It is complex: many systems or much material"
    NUMBER = "number_of_requests", "The person has made many requests"
    NECESSARY = "reasonably_necessary", "Reasonably necessary, considering complexity and number"
    INTERFERENCE = "interference", "To answer in time would unreasonably interfere with our work"
    CONSULTATIONS = "consultations", "Others have to be consulted first"
    CONVERSION = "conversion", "The data has to be converted into another format"


# Which of them a law allows, and where, stands beside the laws: privacy.regimes.delays.
DELAYS: dict[DelayReason, Ground] = {
    DelayReason.COMPLEXITY: Ground(dpv="ComplexityOfProcess"),
    DelayReason.NUMBER: Ground(dpv="HighVolumeOfProcesses"),
    DelayReason.NECESSARY: Ground(dpv="ComplexityOfProcess"),
    DelayReason.INTERFERENCE: Ground(dpv="HighVolumeOfProcesses"),
    DelayReason.CONSULTATIONS: Ground(dpv="InformationRequired"),
    DelayReason.CONVERSION: Ground(dpv="ComplexityOfProcess"),
}
