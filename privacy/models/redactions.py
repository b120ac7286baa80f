"""Other people in what others wrote: where they stand in the texts of an access package, and what was decided."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from privacy.models.cases import Case


class Redaction(models.Model):
    """A place in a text that names, or may name, somebody else; what stands there is stored nowhere but in the text.

    `start` and `length` count characters of the text whose SHA-256 is `text_sha256`: of a text that has changed since,
    a row says nothing. `decision` is empty until a person has decided. No row is deleted by a later look, because the
    person may be under a legal hold: what it does not find any more is gone.
    """

    class Kind(models.TextChoices):
        NAME = "name", "Name"
        EMAIL = "email", "E-mail address"
        PHONE = "phone", "Telephone number"
        ID = "id", "Id at a processor"
        IBAN = "iban", "Bank account"
        CARD = "card", "Card number"
        IP = "ip", "IP address"
        SSN = "ssn", "Social security number"
        LICENCE = "licence", "Number of an identity document"
        SECRET = "secret", "Password"

    class Ground(models.TextChoices):
        KNOWN = "known", "Known to the database"
        PATTERN = "pattern", "By its shape"
        SUGGESTED = "suggested", "Perhaps a name"
        LAW = "law", "May not be sent by law"

    class Decision(models.TextChoices):
        REDACT = "redact", "Left out"
        SHOW = "show", "Shown"
        GONE = "gone", "No longer there"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="redactions", db_index=False)
    label = models.CharField(max_length=100, help_text="Label of the model whose text it is.")
    row = models.CharField(max_length=64, help_text="Primary key of the row.")
    field = models.CharField(max_length=60)
    text_sha256 = models.CharField(max_length=64)
    start = models.PositiveIntegerField()
    length = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    ground = models.CharField(max_length=10, choices=Ground)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["label", "row", "field", "start"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "label", "row", "field", "text_sha256", "start", "length"],
                name="redaction_once_a_place",
            ),
            models.CheckConstraint(condition=Q(length__gt=0), name="redaction_is_of_something"),
            models.CheckConstraint(condition=Q(text_sha256__regex=r"^[0-9a-f]{64}$"), name="redaction_text_sha256"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["name", "email", "phone", "id", "iban", "card", "ip", "ssn", "licence", "secret"]
                ),
                name="redaction_kind",
            ),
            models.CheckConstraint(
                condition=Q(ground__in=["known", "pattern", "suggested", "law"]), name="redaction_ground"
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by__isnull=True, decided_at__isnull=True)
                | Q(decision__in=["redact", "show"], decided_by__isnull=False, decided_at__isnull=False)
                | Q(decision="gone"),
                name="redaction_is_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(ground="law") | ~Q(decision="show"),
                name="redaction_by_law_is_left_out",
                violation_error_message="What may not be sent by law is not shown.",
            ),
        ]

    def __str__(self):
        return f"Redaction {str(self.id)[:8]}"
