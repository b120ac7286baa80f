import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models.subjects import DataSubject


class ChildFlag(models.Model):
    """A suspicion that the account is a child's (policy section 11), and what was decided. It freezes the account
    until it is decided not to be one."""

    class State(models.TextChoices):
        SUSPECTED = "suspected", "Suspected"
        CHILD = "child", "A child’s account"
        CLEARED = "cleared", "Not a child’s account"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.PROTECT, related_name="child_flags")
    state = models.CharField(max_length=20, choices=State, default=State.SUSPECTED)
    reason = models.TextField()
    salt = models.CharField(max_length=32, blank=True, editable=False, help_text="Of the digest in the audit trail.")
    flagged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    flagged_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=~Q(state="cleared"), name="child_flag_one_that_freezes_a_subject"
            ),
            models.CheckConstraint(
                condition=Q(state="suspected", decided_at__isnull=True, decided_by__isnull=True)
                | Q(state__in=["child", "cleared"], decided_at__isnull=False, decided_by__isnull=False),
                name="child_flag_decision_names_its_decider",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="child_flag_has_a_reason"),
        ]

    def __str__(self):
        return f"Child flag {str(self.id)[:8]}"
