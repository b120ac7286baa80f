"""The audit trail, the suppression ledger, and when our own duties last ran."""

from dataclasses import replace

from privacy import models
from privacy.datamap import Category, Evidence, Keep, KeptFor, LawfulBasis, Personal, exempt, register
from privacy.personal_data.accountability import EVIDENCE_RETENTION, Accountability

exempt(models.Heartbeat, because="When our own recurring duties last ran")
exempt(models.AuditHead, because="Digests of audit entries", evidence=Evidence(changes=("n", "digest")))
exempt(
    models.AuditEntry,
    because="Counts, rule names and keyed pseudonyms; no personal values (checked by a test)",
    evidence=Evidence(),
)
KEPT_OUT = (
    "Keeps an erased person from being brought back by a stale file (GDPR art. 5(1)(d), 17(1), 21(3); recital 26)"
)


@register(models.Suppression)
class SuppressionData(Accountability):
    """Written by the erasure itself, about a person whose row is a tombstone by then. It ends with the case that it was
    written for: by then no backup or file of a processor's is left that could bring the person back."""

    subject = "request__subject"
    machinery = True
    lawful_basis = LawfulBasis.LEGITIMATE_INTERESTS
    retention = replace(EVIDENCE_RETENTION, because=KEPT_OUT, after="created_at")
    erase = Keep(because=KEPT_OUT, until=retention, ground=KeptFor.RECORD_OF_REQUESTS)
    fields = {
        "kind": Personal(Category.ACCOUNT),
        "digest": Personal(Category.PSEUDONYM),
        "folded": Personal(Category.PSEUDONYM),
        "lifted_because": Personal(Category.PRIVACY_CHOICES),
    }
    not_personal = ("id", "key_id", "is_exact", "request", "created_at", "lifted_at", "lifted_by")
    roles = {"lifted_by": "Kosenai staff"}
    withheld = dict.fromkeys(("digest", "folded"), "A keyed hash: it tells nothing without our key")
    evidence = Evidence(once=("lifted_at", "lifted_by", "lifted_because"))
