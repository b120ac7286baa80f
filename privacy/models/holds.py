import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models.subjects import DataSubject


class LegalHold(models.Model):
    """While a hold is in force nothing of the person may be erased or changed (GDPR art. 17(3)(e)): triggers refuse it,
    but for the fields that the data map lets change with a reason.

    A silent one leaves no trace in the person's package, also when it is over. Whoever may place a hold may mark it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.PROTECT, related_name="legal_holds")
    reason = models.TextField()
    salt = models.CharField(max_length=32, blank=True, editable=False, help_text="Of the digest in the audit trail.")
    silent = models.BooleanField(default=False, help_text="The person must not learn of it.")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(db_default=Now(), editable=False)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(released_at__isnull=True), name="hold_one_in_force_a_subject"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__isnull=False, released_by__isnull=False),
                name="hold_release_names_its_releaser",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_a_reason"),
        ]

    def __str__(self):
        return f"Legal hold {str(self.id)[:8]}"
