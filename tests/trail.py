"""The audit trail of a test: without what the release has told in every database before it."""

from django.db.models import QuerySet

from privacy.evidence.events import Event
from privacy.models import AuditEntry


def since_the_release() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.exclude(event=Event.RULE_SEEDED)
