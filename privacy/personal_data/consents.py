"""What people consented to."""

from privacy import models
from privacy.datamap import Category, Evidence, Keep, KeptFor, Personal, Retention, exempt, register
from privacy.datamap.retention import while_account_open
from privacy.personal_data.accountability import Accountability

PROOF_OF_CONSENT = "Proof of what was consented to and withdrawn (GDPR art. 7(1), 17(3)(e))"

exempt(
    models.ConsentWording,
    because="What people are asked, in our own words; the answers stand in ConsentEvent",
    evidence=Evidence(),
)


@register(models.ConsentEvent)
class ConsentEventData(Accountability):
    subject = "subject"
    retention = while_account_open(PROOF_OF_CONSENT)
    erase = Keep(
        because=PROOF_OF_CONSENT,
        until=Retention(PROOF_OF_CONSENT, years=3, after="at"),
        ground=KeptFor.LEGAL_OBLIGATION,
    )
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "topic": Personal(Category.PRIVACY_CHOICES),
        "channel": Personal(Category.PRIVACY_CHOICES),
        "state": Personal(Category.PRIVACY_CHOICES),
        "at": Personal(Category.PRIVACY_CHOICES),
        "method": Personal(Category.PRIVACY_CHOICES),
    }
    not_personal = ("id", "wording", "recorded_by")
    roles = {"recorded_by": "Kosenai staff"}
    source = "You, when you consented or took it back"
    evidence = Evidence()
