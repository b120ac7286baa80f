"""What records of what was asked and done have in common: how long they prove it, and what is withheld or blanked."""

from dataclasses import replace

from django.conf import settings

from privacy.datamap import Blank, Keep, KeptFor, LawfulBasis, PersonalData, Retention, Use

ACCOUNTABILITY = Keep(
    because="Proof that a request was answered (GDPR art. 5(2); 11 CCR 7101 asks for 24 months)",
    until=Retention("Proof that a request was answered", years=3, after="received_at"),
    ground=KeptFor.RECORD_OF_REQUESTS,
)
EVIDENCE_RETENTION = Retention(
    "Proof that a request was answered (GDPR art. 5(2), 11 CCR 7101)", years=3, after="received_at"
)
# A case is kept from when it is closed, and no case that is open is ever deleted.
CASE_RETENTION = replace(EVIDENCE_RETENTION, years=settings.CASES_KEPT_YEARS, after="closed_at", is_yet_to_begin=True)
ERASED_TEXT = Blank(to="[erased]")
COMMITMENT = "A random number of our own, by which we can prove that the reason was not changed"
STAFFS_WORDS = (
    "Our staff's words about a legal hold or a possible child can name others and an inquiry (GDPR art. 15(4), 23)"
)


class Accountability(PersonalData):
    """Records of what was asked and done. They stay, without what was written about the person; what is written down
    about a frozen or erased person is what the freeze and the erasure are proved by."""

    purpose = Use.LEGAL_OBLIGATION
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    retention = EVIDENCE_RETENTION
    source = "Our own records of your requests"
    given = False
