"""Where texts of an access package name other people."""

from dataclasses import replace

from privacy import models
from privacy.datamap import Category, DeleteRow, Personal, register
from privacy.personal_data.accountability import EVIDENCE_RETENTION, Accountability


@register(models.Redaction)
class RedactionData(Accountability):
    subject = "case__subject"
    retention = replace(EVIDENCE_RETENTION, after="case__received_at")
    erase = DeleteRow()
    derived = "Where your texts name other people: in the tables above you read what was left out there"
    fields = {
        "row": Personal(Category.PSEUDONYM),
        "text_sha256": Personal(Category.PSEUDONYM),
        "start": Personal(Category.PSEUDONYM),
        "length": Personal(Category.PSEUDONYM),
    }
    not_personal = ("id", "case", "label", "field", "kind", "ground", "decision", "decided_by", "decided_at")
    roles = {"decided_by": "Kosenai staff"}
    despite_freeze = "Where others stand in the answer to an access request, which a frozen or erased person gets too"
