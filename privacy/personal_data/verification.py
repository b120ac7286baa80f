"""Checks of who asks, and the documents that are handed in for them."""

from dataclasses import replace

from privacy import models
from privacy.datamap import Apart, Blank, Category, Evidence, Keep, Personal, Retention, register
from privacy.personal_data.accountability import ACCOUNTABILITY, COMMITMENT, ERASED_TEXT, Accountability
from privacy.personal_data.accountability import EVIDENCE_RETENTION as RETENTION

CHECKED = "Our staff's words of how we made sure who asks can name others; the outcome is told"


@register(models.IdentityCheck)
class IdentityCheckData(Accountability):
    """What was asked, what it came to and who decided. What was shown is not in it."""

    subject = "case__subject"
    retention = replace(RETENTION, after="case__received_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention, ground=ACCOUNTABILITY.ground)
    machinery = True
    fields = {
        "way": Personal(Category.PRIVACY_CHOICES),
        "asked_at": Personal(Category.PRIVACY_CHOICES),
        "outcome": Personal(Category.PRIVACY_CHOICES),
        "document": Personal(Category.PRIVACY_CHOICES),
        "letter": Personal(Category.PRIVACY_CHOICES),
        "because": Personal(Category.PRIVACY_CHOICES, erase=ERASED_TEXT),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
        "nonce": Personal(Category.PSEUDONYM, erase=Blank()),
        "used": Personal(Category.PSEUDONYM, erase=Blank()),
    }
    not_personal = ("id", "case", "asked_by", "expires_at", "attempts", "sent_at", "decided_by", "decided_at")
    roles = dict.fromkeys(("asked_by", "decided_by"), "Kosenai staff")
    withheld = {
        "because": CHECKED, "salt": COMMITMENT, "nonce": "It guards the code that was sent to you",
        "used": "A keyed hash: it tells nothing without our key",
    }  # fmt: skip
    evidence = Evidence(
        changes=("attempts", "nonce", "sent_at", "because", "salt"),
        once=("outcome", "decided_by", "decided_at", "document", "letter"),
        apart=(
            Apart(
                "decided_by", {"way": ("override",)}, "case", "privacy.Case", "id", "requested_by",
                "Who asked for the case may not let it pass without proof",
            ),
        ),
    )  # fmt: skip
    silent = "case__silent"


@register(models.IdentityProof)
class IdentityProofData(Accountability):
    """Goes with the person, and is unreadable from the decision on, which is the only thing that it is for."""

    subject = "identity_check__case__subject"
    retention = Retention("Until somebody has decided on it; the key goes with the decision", days=90,
                          after="handed_in_at")  # fmt: skip
    machinery = True
    folder = "proofs/{subject}"
    fields = {
        "file": Personal(Category.GOVERNMENT_ID, masked=False),
        "sealed_key": Personal(Category.PSEUDONYM, masked=False),
        "media_type": Personal(Category.PRIVACY_CHOICES, masked=False),
        "size": Personal(Category.PRIVACY_CHOICES),
        "handed_in_at": Personal(Category.PRIVACY_CHOICES),
    }
    not_personal = ("id", "identity_check", "handed_in_by", "purged_at")
    roles = {"handed_in_by": "Kosenai staff"}
    withheld = {
        "file": "For those alone who decide who asks; you have sent it to us yourself",
        "sealed_key": "Encrypted; it opens the document until somebody has decided on it",
    }  # fmt: skip
    evidence = Evidence(changes=("file", "sealed_key", "purged_at"), goes={})  # an erasure deletes file and row
    silent = "identity_check__case__silent"
