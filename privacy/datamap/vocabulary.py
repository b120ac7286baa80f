"""Categories, uses and lawful bases under their fideslang keys (github.com/ethyca/fideslang, 2025-12)."""

from enum import StrEnum


class Category(StrEnum):
    """A kind of personal data; the value is the fideslang data category."""

    NAME = "user.name"
    EMAIL = "user.contact.email"
    ACCOUNT = "user.account"
    SETTINGS = "user.account.settings"
    USER_ID = "user.unique_id"
    PSEUDONYM = "user.unique_id.pseudonymous"
    COUNTRY = "user.location.imprecise"
    CONTENT = "user.content.private"
    SUPPORT = "user.content"
    BEHAVIOUR = "user.behavior"
    TELEMETRY = "user.telemetry"
    IP_ADDRESS = "user.device.ip_address"
    COOKIE = "user.device.cookie_id"
    DEVICE = "user.device"
    PAYMENT = "user.payment"
    PURCHASES = "user.behavior.purchase_history"
    PRIVACY_CHOICES = "user.privacy_preferences"
    CHILD = "user.childrens"
    SOCIAL = "user.social"
    GOVERNMENT_ID = "user.government_id"

    @property
    def is_written(self) -> bool:
        """Whether it is what people write or make, or what their use of the service writes about them."""
        return self in (Category.CONTENT, Category.SUPPORT, Category.BEHAVIOUR, Category.TELEMETRY)


class Use(StrEnum):
    """A purpose; the value is the fideslang data use."""

    STUDIO = "functional.service"
    AUTHENTICATION = "essential.service.authentication"
    PAYMENT = "essential.service.payment_processing"
    SUPPORT = "essential.service.operations.support"
    SECURITY = "essential.service.security"
    IMPROVEMENT = "functional.service.improve"
    PERFORMANCE = "analytics.reporting.system.performance"
    MARKETING = "marketing.communications.email"
    FRAUD = "essential.fraud_detection"
    TERMS = "essential.service.operations"
    LEGAL_OBLIGATION = "essential.legal_obligation"
    AI = "functional"  # fideslang has no use of its own for replies of an AI; to train one would be another
    # What nothing here does, and what people can say no to all the same: whoever begins it has to ask whom.
    SALE = "third_party_sharing"
    ADVERTISING = "marketing.advertising"
    PROFILING = "personalize.content.profiling"

    @property
    def is_beyond_the_service(self) -> bool:
        """Whether the service would run without it: what people can say no to and stay."""
        return self in {
            Use.IMPROVEMENT, Use.PERFORMANCE, Use.MARKETING, Use.AI, Use.SALE, Use.ADVERTISING, Use.PROFILING,
        }  # fmt: skip

    @property
    def text(self) -> str:
        return {
            Use.STUDIO: "Run the studio",
            Use.AUTHENTICATION: "Sign you in",
            Use.PAYMENT: "Take payments and manage subscriptions",
            Use.SUPPORT: "Answer requests for help",
            Use.SECURITY: "Keep the service secure",
            Use.IMPROVEMENT: "Understand how features perform",
            Use.PERFORMANCE: "Find and mend faults",
            Use.MARKETING: "Send news to those who want it",
            Use.FRAUD: "Detect fraud and abuse",
            Use.TERMS: "Enforce the Terms of Service",
            Use.LEGAL_OBLIGATION: "Keep what the law asks, and prove what was done",
            Use.AI: "Get answers from AI providers",
            Use.SALE: "Sell data, or share it for advertising",
            Use.ADVERTISING: "Aim advertising at you",
            Use.PROFILING: "Draw conclusions about you",
        }[self]


class LawfulBasis(StrEnum):
    """GDPR art. 6(1); the value is fideslang's legal basis for processing."""

    CONSENT = "Consent"
    CONTRACT = "Contract"
    LEGAL_OBLIGATION = "Legal obligations"
    LEGITIMATE_INTERESTS = "Legitimate interests"

    @property
    def article(self) -> str:
        return {
            LawfulBasis.CONSENT: "GDPR art. 6(1)(a)",
            LawfulBasis.CONTRACT: "GDPR art. 6(1)(b)",
            LawfulBasis.LEGAL_OBLIGATION: "GDPR art. 6(1)(c)",
            LawfulBasis.LEGITIMATE_INTERESTS: "GDPR art. 6(1)(f)",
        }[self]

    @property
    def dpv(self) -> str:
        """IRI in the W3C Data Privacy Vocabulary's GDPR extension."""
        letter = self.article[-2]
        return f"https://w3id.org/dpv/legal/eu/gdpr#A6-1-{letter}"


class KeptFor(StrEnum):
    """The exception under which something stays after an erasure; rows and receipts hold the value."""

    LEGAL_OBLIGATION = "legal_obligation"
    LEGAL_CLAIMS = "legal_claims"
    RECORD_OF_REQUESTS = "record_of_requests"

    @property
    def cites(self) -> tuple[str, ...]:
        return {
            KeptFor.LEGAL_OBLIGATION: ("GDPR art. 17(3)(b)", "Cal. Civ. Code 1798.105(d)(8)"),
            KeptFor.LEGAL_CLAIMS: ("GDPR art. 17(3)(e)", "Cal. Civ. Code 1798.145(a)"),
            KeptFor.RECORD_OF_REQUESTS: ("GDPR art. 17(3)(b)", "Cal. Civ. Code 1798.105(c)(2)"),
        }[self]

    @property
    def dpv(self) -> str:
        """IRI of the justification in the W3C Data Privacy Vocabulary."""
        impaired = "LegalClaimImpaired" if self is KeptFor.LEGAL_CLAIMS else "LegalObligationImpaired"
        return f"https://w3id.org/dpv/justifications#{impaired}"
