"""What speaks for and against refusing somebody because of how they ask."""

from dataclasses import replace

from privacy import models
from privacy.datamap import Blank, Category, Evidence, Keep, OnlyWith, Personal, register
from privacy.personal_data.accountability import ACCOUNTABILITY, COMMITMENT, ERASED_TEXT, Accountability
from privacy.personal_data.accountability import EVIDENCE_RETENTION as RETENTION

WEIGHED = "Our staff's words of how a refusal was weighed; the answer says what it came to (GDPR art. 12(4), 15(4))"


def one_says(side: str) -> OnlyWith:
    return OnlyWith(
        "confirmed_at", (), "privacy.Factor", "dossier", {"side": side}, f"Nothing is noted {side} the refusal"
    )


@register(models.Dossier)
class DossierData(Accountability):
    subject = "case__subject"
    retention = replace(RETENTION, after="case__received_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention, ground=ACCOUNTABILITY.ground)
    fields = {"prepared_at": Personal(Category.PRIVACY_CHOICES)}
    not_personal = ("id", "case", "prepared_by", "confirmed_by", "confirmed_at", "withdrawn_at")
    roles = dict.fromkeys(("prepared_by", "confirmed_by"), "Kosenai staff")
    evidence = Evidence(
        once=("confirmed_by", "confirmed_at", "withdrawn_at"),
        only_with=(one_says("against"), one_says("for")),
    )
    silent = "case__silent"


@register(models.Factor)
class FactorData(Accountability):
    subject = "dossier__case__subject"
    retention = replace(RETENTION, after="dossier__case__received_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention, ground=ACCOUNTABILITY.ground)
    fields = {
        "side": Personal(Category.PRIVACY_CHOICES),
        "text": Personal(Category.PRIVACY_CHOICES, erase=ERASED_TEXT),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
    }
    not_personal = ("id", "dossier", "noted_by", "noted_at")
    roles = {"noted_by": "Kosenai staff"}
    withheld = {"text": WEIGHED, "salt": COMMITMENT}
    evidence = Evidence()
    silent = "dossier__case__silent"
