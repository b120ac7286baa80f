"""For which reasons the laws let an answer be put off; none for a law that is not named here."""

from collections.abc import Iterable
from dataclasses import dataclass

from privacy.models import DelayReason, RegimeRule

D = DelayReason
# "When reasonably necessary, taking into account the complexity and number of the consumer's requests", each in the
# section that gives the period: the rule's own source tells it.
OF_STATES = (
    "vcdpa", "cpa", "ucpa", "tdpsa", "icdpa", "fdbr", "njdpa", "ocpa", "mtcdpa", "nedpa", "dpdpa", "nhpa", "tipa",
    "mcdpa", "modpa", "incdpa", "kcdpa", "ridtppa", "okcdpa", "lacdpa", "alpdpa", "vtdpa",
)  # fmt: skip
# {law: {reason: where that stands; empty: where the rule's period does}}
REASONS: dict[str, dict[DelayReason, str]] = {
    "gdpr": dict.fromkeys((D.COMPLEXITY, D.NUMBER), "GDPR art. 12(3)"),
    "uk_gdpr": dict.fromkeys((D.COMPLEXITY, D.NUMBER), "UK GDPR art. 12(3)"),
    "ccpa": {D.NECESSARY: "Cal. Civ. Code 1798.130(a)(2)(A) and 1798.145(h)(1)"},
    "pipeda": {
        D.INTERFERENCE: "PIPEDA s. 8(4)(a)(i)", D.CONSULTATIONS: "PIPEDA s. 8(4)(a)(ii)",
        D.CONVERSION: "PIPEDA s. 8(4)(b)",
    },
    **{law: {D.NECESSARY: ""} for law in OF_STATES},
}  # fmt: skip


@dataclass(frozen=True)
class Delay:
    """A reason for which every law that is put off by it allows it, and where each of them says so."""

    reason: DelayReason
    cites: tuple[str, ...]

    @property
    def with_law(self) -> str:
        return f"{self.reason.label} ({'; '.join(self.cites)})"


def offered(rules: Iterable[RegimeRule]) -> list[Delay]:
    """The reasons for which an answer that these rules ask for may be put off, by all of those that give a time for it:
    they are put off together."""
    extending = [rule for rule in rules if rule.extend]
    common = [reason for reason in D if extending and all(reason in of_law(rule) for rule in extending)]
    return [Delay(reason, tuple(dict.fromkeys(of_law(rule)[reason] for rule in extending))) for reason in common]


def of_law(rule: RegimeRule) -> dict[DelayReason, str]:
    """{reason: where its law says so}."""
    return {reason: cite or rule.source for reason, cite in REASONS.get(rule.law, {}).items()}
