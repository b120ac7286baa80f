"""The audit trail, the suppression ledger, and when our own duties last ran."""

from privacy import models
from privacy.datamap import Evidence, exempt

exempt(models.Heartbeat, because="When our own recurring duties last ran")
exempt(models.AuditHead, because="Digests of audit entries", evidence=Evidence(changes=("n", "digest")))
exempt(
    models.AuditEntry,
    because="Counts, rule names and keyed pseudonyms; no personal values (checked by a test)",
    evidence=Evidence(),
)
exempt(
    models.Suppression,
    because="Keyed hashes that only recognise a returning identifier (GDPR recital 26, 17(3)(b))",
    evidence=Evidence(),
)
