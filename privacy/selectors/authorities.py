"""Whom a person can complain to (GDPR art. 13(2)(d), 15(1)(f) and 77; UK GDPR art. 77; Swiss FADP art. 49).

Names and front pages only: an authority moves its forms more often than its name.
"""

from dataclasses import dataclass

from privacy.regimes import EEA


@dataclass(frozen=True)
class Authority:
    name: str
    web: str
    note: str = ""


NATIONAL = Authority(
    "The data protection authority where you live, where you work, or where you think the law was broken",
    "https://www.edpb.europa.eu/about-edpb/about-edpb/members_en",
    "The European Data Protection Board lists them all, with their addresses.",
)
BY_COUNTRY = {
    "GB": [
        Authority(
            "Information Commissioner's Office (ICO)",
            "https://ico.org.uk/",
            "It asks you to complain to us first.",
        )
    ],
    "CH": [Authority("Federal Data Protection and Information Commissioner (FDPIC)", "https://www.edoeb.admin.ch/")],
    "US": [
        Authority(
            "California Privacy Protection Agency (CPPA)",
            "https://cppa.ca.gov/",
            "If you live in California.",
        ),
        Authority(
            "Your state's attorney general; in California, the Attorney General",
            "https://oag.ca.gov/privacy",
            "In other states the attorney general's own site has a complaint form.",
        ),
    ],
}
ELSEWHERE = Authority(
    "The data protection authority of your country, if it has one",
    "https://globalprivacyassembly.org/",
    "The Global Privacy Assembly lists its members by country.",
)


def authorities_for(country: str) -> list[Authority]:
    """The authorities of a residence (ISO 3166-1 alpha-2; empty when unknown)."""
    if country in EEA:
        return [NATIONAL]
    return BY_COUNTRY.get(country) or ([ELSEWHERE] if country else [NATIONAL, *BY_COUNTRY["GB"], ELSEWHERE])
