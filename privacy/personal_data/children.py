"""Flags of possible children's accounts."""

from privacy import models
from privacy.datamap import Blank, Category, Evidence, Keep, KeptFor, Personal, Retention, register
from privacy.personal_data.accountability import COMMITMENT, ERASED_TEXT, STAFFS_WORDS, Accountability


@register(models.ChildFlag)
class ChildFlagData(Accountability):
    subject = "subject"
    retention = Retention("Proof of a decision about a possible child", years=3, after="flagged_at")
    erase = Keep(
        because="Proof of a decision about a possible child (16 CFR 312.10 without the data itself)",
        until=Retention("Proof of a decision about a possible child", years=3, after="flagged_at"),
        ground=KeptFor.LEGAL_OBLIGATION,
    )
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "state": Personal(Category.CHILD),
        "reason": Personal(Category.CHILD, erase=ERASED_TEXT),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
        "flagged_at": Personal(Category.CHILD),
        "decided_at": Personal(Category.CHILD),
    }
    not_personal = ("id", "flagged_by", "decided_by")
    withheld = {"reason": STAFFS_WORDS, "salt": COMMITMENT}
    roles = {"flagged_by": "Kosenai staff", "decided_by": "Kosenai staff"}
    evidence = Evidence(
        changes=("decided_by", "decided_at"), while_open=("state",), ended=("state", (models.ChildFlag.State.CLEARED,))
    )
