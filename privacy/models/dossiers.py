"""The abuse dossier: what speaks for and against a refusal because of how somebody asks (GDPR art. 12(5), C-526/24)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.models.cases import Case


class Side(models.TextChoices):
    """Seen from the refusal."""

    FOR = "for", "For the refusal"
    AGAINST = "against", "Against it"


class Dossier(models.Model):
    """Begun by one person and confirmed by another, once, as it is then. When its case is taken up again it is
    withdrawn, and the next refusal takes a new one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="dossiers")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["prepared_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(withdrawn_at=None), name="dossier_one_a_case"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("prepared_by")),
                name="dossier_is_confirmed_by_another",
                violation_error_message="Who prepared the dossier may not confirm it.",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="dossier_confirmed_says_when",
            ),
        ]

    def __str__(self):
        return f"Dossier {str(self.id)[:8]}"


class Factor(models.Model):
    """One thing that speaks for the refusal or against it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="factors")
    side = models.CharField(max_length=10, choices=Side)
    text = models.TextField()
    salt = models.CharField(max_length=32, editable=False, help_text="Of the digest in the audit trail.")
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["noted_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(side__in=Side.values), name="factor_side"),
            models.CheckConstraint(condition=~Q(text=""), name="factor_says_something"),
        ]

    def __str__(self):
        return f"Factor {str(self.id)[:8]}"
