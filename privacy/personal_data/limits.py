"""Limits on processing."""

from privacy import models
from privacy.datamap import Category, Evidence, Keep, KeptFor, Personal, Retention, register
from privacy.personal_data.accountability import Accountability

PROOF_OF_A_LIMIT = "Proof of when processing was limited, and why (GDPR art. 5(2), 18)"


@register(models.Limit)
class LimitData(Accountability):
    subject = "subject"
    retention = Retention(PROOF_OF_A_LIMIT, years=3, after="since")
    erase = Keep(because=PROOF_OF_A_LIMIT, until=retention, ground=KeptFor.LEGAL_OBLIGATION)
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "purpose": Personal(Category.PRIVACY_CHOICES),
        "ground": Personal(Category.CHILD),
        "since": Personal(Category.PRIVACY_CHOICES),
        "lifted_at": Personal(Category.PRIVACY_CHOICES),
        "told_at": Personal(Category.PRIVACY_CHOICES),
        "told_how": Personal(Category.PRIVACY_CHOICES),
    }
    not_personal = ("id",)
    evidence = Evidence(once=("lifted_at", "told_at", "told_how"))
