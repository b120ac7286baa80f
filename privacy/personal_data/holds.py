"""Legal holds."""

from privacy import models
from privacy.datamap import Blank, Category, Evidence, Keep, KeptFor, Personal, Retention, register
from privacy.personal_data.accountability import COMMITMENT, ERASED_TEXT, STAFFS_WORDS, Accountability

NOTHING_GOES = "It tells how things went on; what was there before the hold stays, and when it began"


@register(models.LegalHold)
class LegalHoldData(Accountability):
    subject = "subject"
    retention = Retention("Proof of why data was kept", years=3, after="placed_at")
    erase = Keep(
        because="Proof of why data was kept (GDPR art. 5(2), 17(3)(e))",
        until=Retention("Proof of why data was kept", years=3, after="placed_at"),
        ground=KeptFor.LEGAL_CLAIMS,
    )
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "reason": Personal(Category.PRIVACY_CHOICES, erase=ERASED_TEXT),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
        "placed_at": Personal(Category.PRIVACY_CHOICES),
        "released_at": Personal(Category.PRIVACY_CHOICES),
    }
    not_personal = ("id", "placed_by", "released_by", "silent")
    withheld = {"reason": STAFFS_WORDS, "salt": COMMITMENT}
    silent = "silent"
    roles = {"placed_by": "Kosenai staff", "released_by": "Kosenai staff"}
    evidence = Evidence(once=("released_by", "released_at"))
