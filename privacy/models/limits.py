import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.datamap.vocabulary import Use


class Limit(models.Model):
    """While it is in force, nothing new is processed of the person for its purpose: triggers refuse the rows.

    What is there stays, and can be rectified and erased.
    """

    class Ground(models.TextChoices):
        CHILD = "child", "Possible child"
        OPT_OUT = "opt_out", "Opted out"
        CONSENT_WITHDRAWN = "consent_withdrawn", "Consent withdrawn"

    # Those that the person has placed by their own word, and lifts by it.
    OWN_WORD = (Ground.OPT_OUT, Ground.CONSENT_WITHDRAWN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("privacy.DataSubject", models.CASCADE, related_name="limits")
    purpose = models.CharField(max_length=60, blank=True, help_text="Empty: all purposes.")
    ground = models.CharField(max_length=20, choices=Ground)
    since = models.DateTimeField(db_default=Now(), editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # The triggers look a person's limits up by this one's index, of which the few in force are all.
            models.UniqueConstraint(
                fields=["subject", "purpose", "ground"],
                condition=Q(lifted_at__isnull=True),
                name="limit_once_in_force",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("since")),
                name="limit_is_lifted_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(ground__in=["child", "opt_out", "consent_withdrawn"]), name="limit_ground"
            ),
            # A misspelt purpose would limit nothing, and nobody would be told.
            models.CheckConstraint(condition=Q(purpose__in=["", *map(str, Use)]), name="limit_purpose"),
        ]

    def __str__(self):
        return f"Limit {str(self.id)[:8]}"

    @property
    def of_what(self) -> str:
        """In words."""
        return Use(self.purpose).text if self.purpose else "All processing"
