"""The rules as they are shipped: a line each, reviewed like code, brought to the database after every `migrate`.

`read` is the day on which somebody read the source's own text, None where only a page about it was read, or nothing: such
a rule is shown with a badge, and no refusal may rest on it alone. A line that is changed here does not change the
database by itself: it is proposed, and a manager confirms it.
"""

from dataclasses import dataclass
from datetime import date

EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
EVERYWHERE = ("*",)
READ = date(2026, 11, 23)
READER = "Kosenai Ops, with the release"

COPY = ("access", "portability")
ERASE = ("erasure", "erasure_of_one")
OPT_OUT = ("opt_out_sale_sharing", "opt_out_targeted_ads", "opt_out_profiling")
MINOR = ("parental_review",)
OF_EU = (
    *COPY, "rectification", *ERASE, "restriction", "objection", "withdraw_consent", "opt_out_marketing", "human_review",
    *MINOR, *OPT_OUT, "limit_sensitive",
)  # fmt: skip
OF_STATES = (*COPY, "rectification", *ERASE, *OPT_OUT, "human_review")


@dataclass(frozen=True)
class Seed:
    """Names and units as in models.RegimeRule."""

    law: str
    name: str
    places: tuple[str, ...]
    rights: tuple[str, ...]
    source: str
    read: date | None
    since: date
    until: date | None = None
    acknowledge: str = ""
    respond: str = ""
    extend: str = ""
    rolls: bool = False
    first_day_counts: bool = False
    calendar: str = ""
    pauses: str = ""


GDPR, UK_GDPR = date(2018, 5, 25), date(2018, 5, 25)
CPRA, NOW = date(2023, 1, 1), date(2020, 1, 1)
UK = ("GB",)
US_HOLIDAYS = "US"  # "business day" is undefined in 11 CCR 7021: the fewest holidays give the earliest date

# fmt: off
RULES = (
    Seed("gdpr", "GDPR", EEA, OF_EU, "GDPR art. 12(3); Reg. 1182/71 art. 3", READ, GDPR, respond="1m", extend="2m", rolls=True),
    Seed("gdpr", "GDPR", EEA, ("breach",), "GDPR art. 33(1), from awareness", None, GDPR, respond="72h"),
    # Until the end of 2020 it was the GDPR itself that was the law there.
    Seed("uk_gdpr", "UK GDPR", UK, OF_EU, "UK GDPR art. 12(3); ICO, What should we consider", READ, UK_GDPR, date(2026, 2, 4), respond="1m", extend="2m", rolls=True),
    Seed("uk_gdpr", "UK GDPR", UK, OF_EU, "UK GDPR arts. 12(3), 12A; ICO, What should we consider", READ, date(2026, 2, 5), respond="1m", extend="2m", rolls=True, pauses="scope"),
    Seed("uk_gdpr", "UK GDPR", UK, ("complaint",), "Data Protection Act 2018 s. 164A (Data (Use and Access) Act 2025 s. 103)", READ, date(2026, 6, 19), acknowledge="30d", first_day_counts=True),
    Seed("uk_gdpr", "UK GDPR", UK, ("breach",), "UK GDPR art. 33(1), from awareness", None, UK_GDPR, respond="72h"),
    Seed("ccpa", "CCPA", ("US-CA",), (*COPY, "rectification", *ERASE), "Cal. Civ. Code 1798.130(a)(2); 11 CCR 7021", READ, NOW, acknowledge="10bd", respond="45d", extend="45d", calendar=US_HOLIDAYS),
    Seed("ccpa", "CCPA", ("US-CA",), (*OPT_OUT, "limit_sensitive"), "11 CCR 7026(f), 7027(g)", READ, NOW, respond="15bd", calendar=US_HOLIDAYS),
    Seed("ccpa", "CCPA", ("US-CA",), ("human_review",), "11 CCR 7200 and following (automated decisions), from 2027", None, date(2027, 1, 1), respond="45d", extend="45d"),
    Seed("can_spam", "CAN-SPAM Act", ("US",), ("opt_out_marketing",), "15 U.S.C. 7704(a)(4); 16 CFR 316.5", None, NOW, respond="10bd", calendar=US_HOLIDAYS),
    Seed("coppa", "COPPA", ("US",), MINOR, "16 CFR 312.6: no period is given; as the shortest law of a state", None, NOW, respond="45d"),
    Seed("vcdpa", "Virginia CDPA", ("US-VA",), OF_STATES, "Va. Code 59.1-577(B)", READ, CPRA, respond="45d", extend="45d"),
    Seed("vcdpa", "Virginia CDPA", ("US-VA",), ("appeal",), "Va. Code 59.1-577(C)", None, CPRA, respond="60d"),
    Seed("cpa", "Colorado Privacy Act", ("US-CO",), OF_STATES, "C.R.S. 6-1-1306", None, date(2023, 7, 1), respond="45d", extend="45d"),
    Seed("cpa", "Colorado Privacy Act", ("US-CO",), ("appeal",), "C.R.S. 6-1-1306(3)", None, date(2023, 7, 1), respond="45d", extend="60d"),
    Seed("ctdpa", "Connecticut DPA", ("US-CT",), OF_STATES, "Conn. Gen. Stat. 42-518(c)", READ, date(2023, 7, 1), respond="45d"),
    Seed("ctdpa", "Connecticut DPA", ("US-CT",), ("withdraw_consent",), "Public Act 22-15 s. 6(a)(6)", READ, date(2023, 7, 1), respond="15d"),
    Seed("ctdpa", "Connecticut DPA", ("US-CT",), ("appeal",), "Public Act 22-15 s. 4(d)", READ, date(2023, 7, 1), respond="60d"),
    Seed("ucpa", "Utah CPA", ("US-UT",), (*COPY, *ERASE, *OPT_OUT), "Utah Code 13-61-203", READ, date(2023, 12, 31), respond="45d", extend="45d"),
    Seed("ucpa", "Utah CPA", ("US-UT",), ("rectification",), "Utah Code 13-61-201, as amended", None, date(2026, 7, 1), respond="45d", extend="45d"),
    Seed("tdpsa", "Texas DPSA", ("US-TX",), OF_STATES, "Tex. Bus. & Com. Code 541.052", READ, date(2024, 7, 1), respond="45d", extend="45d"),
    Seed("tdpsa", "Texas DPSA", ("US-TX",), ("appeal",), "Tex. Bus. & Com. Code 541.053", None, date(2024, 7, 1), respond="60d"),
    Seed("icdpa", "Iowa CDPA", ("US-IA",), (*COPY, *ERASE, *OPT_OUT), "Iowa Code 715D.3", None, date(2025, 1, 1), respond="90d", extend="45d"),
    Seed("icdpa", "Iowa CDPA", ("US-IA",), ("appeal",), "Iowa Code 715D.3(3)", READ, date(2025, 1, 1), respond="60d"),
    Seed("fdbr", "Florida Digital Bill of Rights", ("US-FL",), OF_STATES, "Fla. Stat. 501.706", READ, date(2024, 7, 1), respond="45d", extend="15d"),
    Seed("njdpa", "New Jersey DPA", ("US-NJ",), OF_STATES, "N.J.S.A. 56:8-166.7", READ, date(2025, 1, 15), respond="45d", extend="45d"),
    Seed("njdpa", "New Jersey DPA", ("US-NJ",), ("withdraw_consent",), "N.J.S.A. 56:8-166.12, by a page about it", None, date(2025, 1, 15), respond="15d"),
    Seed("ocpa", "Oregon CPA", ("US-OR",), OF_STATES, "ORS 646A.576", None, date(2024, 7, 1), respond="45d", extend="45d"),
    Seed("ocpa", "Oregon CPA", ("US-OR",), ("appeal",), "ORS 646A.576", None, date(2024, 7, 1), respond="45d"),
    Seed("mtcdpa", "Montana CDPA", ("US-MT",), OF_STATES, "A tracker of state laws", None, date(2024, 10, 1), respond="45d", extend="45d"),
    Seed("nedpa", "Nebraska DPA", ("US-NE",), OF_STATES, "A tracker of state laws", None, date(2025, 1, 1), respond="45d", extend="45d"),
    Seed("dpdpa", "Delaware PDPA", ("US-DE",), OF_STATES, "A tracker of state laws", None, date(2025, 1, 1), respond="45d", extend="45d"),
    Seed("nhpa", "New Hampshire Privacy Act", ("US-NH",), OF_STATES, "A tracker of state laws", None, date(2025, 1, 1), respond="45d", extend="45d"),
    Seed("nhpa", "New Hampshire Privacy Act", ("US-NH",), ("withdraw_consent",), "A tracker of state laws", None, date(2025, 1, 1), respond="15d"),
    Seed("tipa", "Tennessee IPA", ("US-TN",), OF_STATES, "A tracker of state laws", None, date(2025, 7, 1), respond="45d", extend="45d"),
    Seed("mcdpa", "Minnesota CDPA", ("US-MN",), OF_STATES, "A tracker of state laws", None, date(2025, 7, 31), respond="45d", extend="45d"),
    Seed("modpa", "Maryland ODPA", ("US-MD",), OF_STATES, "A tracker of state laws", None, date(2025, 10, 1), respond="45d", extend="45d"),
    Seed("modpa", "Maryland ODPA", ("US-MD",), ("withdraw_consent",), "A tracker of state laws", None, date(2025, 10, 1), respond="30d"),
    Seed("incdpa", "Indiana CDPA", ("US-IN",), OF_STATES, "A tracker of state laws", None, date(2026, 1, 1), respond="45d", extend="45d"),
    Seed("kcdpa", "Kentucky CDPA", ("US-KY",), OF_STATES, "A tracker of state laws", None, date(2026, 1, 1), respond="45d", extend="45d"),
    Seed("ridtppa", "Rhode Island DTPPA", ("US-RI",), OF_STATES, "A tracker of state laws", None, date(2026, 1, 1), respond="45d", extend="45d"),
    Seed("ridtppa", "Rhode Island DTPPA", ("US-RI",), ("withdraw_consent",), "A tracker of state laws", None, date(2026, 1, 1), respond="15d"),
    Seed("okcdpa", "Oklahoma privacy act", ("US-OK",), OF_STATES, "A page about laws to come", None, date(2027, 1, 1), respond="45d", extend="45d"),
    Seed("lacdpa", "Louisiana privacy act", ("US-LA",), OF_STATES, "A page about laws to come", None, date(2027, 1, 1), respond="45d", extend="45d"),
    Seed("alpdpa", "Alabama privacy act", ("US-AL",), OF_STATES, "A page about laws to come", None, date(2027, 5, 1), respond="45d", extend="45d"),
    Seed("vtdpa", "Vermont privacy act", ("US-VT",), OF_STATES, "A page about laws to come", None, date(2028, 1, 1), respond="45d", extend="45d"),
    Seed("lgpd", "LGPD", ("BR",), ("access",), "LGPD arts. 18 to 20", READ, date(2020, 9, 18), respond="15d"),
    Seed("pipeda", "PIPEDA", ("CA",), ("access",), "PIPEDA s. 8(3) to (5)", READ, NOW, respond="30d", extend="30d"),
    Seed("pipeda", "PIPEDA", ("CA",), ("rectification",), "PIPEDA sch. 1, 4.9.5", None, NOW, respond="30d"),
    Seed("law25", "Quebec Law 25", ("CA-QC",), (*COPY, "rectification", "withdraw_consent", "human_review"), "CQLR c. P-39.1 s. 32", None, date(2023, 9, 22), respond="30d"),
    Seed("fadp", "FADP", ("CH",), ("access",), "FADP art. 25; DPO art. 18", READ, date(2023, 9, 1), respond="30d"),
    Seed("fadp", "FADP", ("CH",), ("portability",), "FADP art. 28", None, date(2023, 9, 1), respond="30d"),
    Seed("pipa", "PIPA", ("KR",), (*ERASE, "rectification"), "PIPA art. 36; Enforcement Decree art. 43(3)", READ, NOW, respond="10d"),
    Seed("pipa", "PIPA", ("KR",), (*COPY, "restriction", "human_review"), "PIPA arts. 35, 35-2, 37, 37-2", None, NOW, respond="10d"),
    Seed("appi", "APPI", ("JP",), ("access", "rectification", *ERASE, "restriction"), "APPI arts. 33 to 35: without delay", None, NOW, respond="14d"),
    Seed("privacy_act", "Privacy Act 1988", ("AU",), ("access", "rectification"), "APP 12, 13: a reasonable period", None, NOW, respond="30d"),
    Seed("dpdp", "DPDP Act", ("IN",), ("access", "rectification", *ERASE, "complaint"), "DPDP Rules 2025, rule 14", None, date(2027, 5, 14), respond="90d"),
    # Ours, where the law gives none, and a day to aim at where it does.
    Seed("internal", "Internal target", EVERYWHERE, (), "Kosenai’s own rule", READ, NOW, respond="20d"),
    Seed("internal", "Internal target", EVERYWHERE, ("question",), "Kosenai’s own rule", READ, NOW, respond="7d"),
    Seed("internal", "Internal target", EVERYWHERE, ("complaint", "appeal"), "Kosenai’s own rule", READ, NOW, respond="30d"),
)
# fmt: on
