"""What people are written about their cases, and what came back."""

from dataclasses import replace

from privacy import models
from privacy.datamap import Blank, Category, Evidence, Keep, KeptFor, Personal, Retention, exempt, register
from privacy.personal_data.accountability import ACCOUNTABILITY, COMMITMENT, Accountability
from privacy.personal_data.accountability import EVIDENCE_RETENTION as RETENTION

SEALED = Keep(
    because="What you were written, and where; emptied when nothing is owed any more (GDPR art. 5(2), 12(3))",
    until=Retention("Until nothing is owed any more", days=90, after="case__received_at"),
    ground=KeptFor.LEGAL_OBLIGATION,
)
WROTE_IT = "It is the letter that you were sent; it is kept encrypted"


@register(models.Letter)
class LetterData(Accountability):
    """`sealed` outlives an erasure until the person was told of it and may still complain; then it is emptied, and the
    salt with it."""

    subject = "case__subject"
    retention = replace(RETENTION, after="case__received_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention, ground=ACCOUNTABILITY.ground)
    fields = {
        "kind": Personal(Category.PRIVACY_CHOICES),
        "language": Personal(Category.PRIVACY_CHOICES),
        "way": Personal(Category.PRIVACY_CHOICES),
        "made_at": Personal(Category.PRIVACY_CHOICES),
        "sent_at": Personal(Category.PRIVACY_CHOICES),
        "bounced_at": Personal(Category.PRIVACY_CHOICES),
        "sealed": Personal(Category.EMAIL, erase=SEALED),
        "salt": Personal(Category.PSEUDONYM, erase=replace(SEALED, because=COMMITMENT)),
    }
    not_personal = (
        "id", "case", "step", "wording", "claims", "sha256", "state", "prepared_by", "approved_by", "approved_at",
    )  # fmt: skip
    roles = dict.fromkeys(("prepared_by", "approved_by"), "Kosenai staff")
    withheld = {"sealed": WROTE_IT, "salt": COMMITMENT}
    evidence = Evidence(
        changes=("state", "sealed", "salt"), once=("approved_by", "approved_at", "sent_at", "bounced_at")
    )
    silent = "case__silent"


@register(models.Reply)
class ReplyData(Accountability):
    """Goes with the person: what they wrote back is theirs, and not needed to prove that they were answered."""

    subject = "case__subject"
    retention = replace(RETENTION, after="case__received_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention, ground=ACCOUNTABILITY.ground)
    fields = {
        "kind": Personal(Category.PRIVACY_CHOICES),
        "received_at": Personal(Category.PRIVACY_CHOICES),
        "sealed": Personal(Category.EMAIL, erase=Blank()),
        "sha256": Personal(Category.PSEUDONYM),
    }
    not_personal = ("id", "case", "letter", "taken_in_by", "taken_in_at", "read_by", "read_at")
    roles = dict.fromkeys(("taken_in_by", "read_by"), "Kosenai staff")
    withheld = {"sealed": "Encrypted; it is what you wrote to us", "sha256": COMMITMENT}
    evidence = Evidence(changes=("sealed",), once=("read_by", "read_at"))
    silent = "case__silent"


exempt(
    models.LetterWording,
    because="Texts of letters before anybody's facts are filled in",
    evidence=Evidence(once=("confirmed_by", "confirmed_at", "retired_at")),
)
