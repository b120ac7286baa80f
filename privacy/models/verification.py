"""Checks of who asks: each way that was tried of a case is a row, and so is each document that was handed in."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.models.cases import Case, Verification


class CheckOutcome(models.TextChoices):
    PROVED = "proved", "It is the person"
    REFUSED = "refused", "It does not prove it"
    EXPIRED = "expired", "Not used in time"
    EXHAUSTED = "exhausted", "Too many wrong attempts"
    REPLACED = "replaced", "Replaced by a newer one"
    OVER = "over", "Not needed any more"


class SeenDocument(models.TextChoices):
    """Of a document that was seen, its kind is all that is kept."""

    PASSPORT = "passport", "Passport"
    IDENTITY_CARD = "identity_card", "Identity card"
    DRIVING_LICENCE = "driving_licence", "Driving licence"
    RESIDENCE_PERMIT = "residence_permit", "Residence permit"
    PERMISSION = "permission", "Signed permission of the person"
    POWER_OF_ATTORNEY = "power_of_attorney", "Power of attorney"
    BIRTH_CERTIFICATE = "birth_certificate", "Birth certificate"
    CUSTODY = "custody", "Decision about custody or guardianship"
    OTHER = "other", "Another document"


class SeenLetter(models.TextChoices):
    """What was seen of a reply besides its From:, which anybody can write."""

    AUTHENTICATED = "authenticated", "Our mail server says that the sender’s domain signed it (dkim=pass or dmarc=pass)"
    TAG = "tag", "It quotes the tag of the case, which was sent to that address alone"
    BOTH = "both", "Both of these"


class IdentityCheck(models.Model):
    """One way that was tried to make sure who asks.

    Of a code nothing is stored from which it could be told: `nonce` makes it with a key of ours
    (fulfilment.verification). `used` is a keyed digest of the token of a session, which is good once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="checks")
    way = models.CharField(max_length=20, choices=Verification)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Who asked for it, or proposed it; empty where the person did.",
    )  # fmt: skip
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    nonce = models.CharField(max_length=32, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the code was sent.")
    used = models.CharField(max_length=64, blank=True, editable=False)
    outcome = models.CharField(max_length=20, choices=CheckOutcome, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    because = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True, editable=False, help_text="Of the digest in the audit trail.")
    document = models.CharField(max_length=20, choices=SeenDocument, blank=True)
    letter = models.CharField(max_length=20, choices=SeenLetter, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        indexes = [models.Index(fields=["expires_at"], name="check_open_by_end", condition=Q(outcome=""))]
        constraints = [
            models.UniqueConstraint(fields=["case", "way"], condition=Q(outcome=""), name="check_open_once_a_way"),
            models.UniqueConstraint(fields=["used"], condition=~Q(used=""), name="check_token_once"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None, decided_by=None)
                | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="check_ended_says_when",
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(nonce=""), name="check_ended_has_no_code"
            ),
            models.CheckConstraint(
                condition=~Q(way="override")
                | ~Q(outcome="proved")
                | (Q(asked_by__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="check_override_is_of_two",
                violation_error_message="Who proposed it may not confirm it.",
            ),
            models.CheckConstraint(
                condition=~Q(way__in=["document", "agent"])
                | ~Q(outcome="proved")
                | (Q(decided_by__isnull=False) & ~Q(document="")),
                name="check_document_was_seen_by_somebody",
            ),
            models.CheckConstraint(condition=Q(way__in=Verification.values), name="check_way"),
            models.CheckConstraint(condition=Q(outcome__in=["", *CheckOutcome.values]), name="check_outcome"),
            models.CheckConstraint(condition=Q(document__in=["", *SeenDocument.values]), name="check_document"),
            models.CheckConstraint(condition=Q(letter__in=["", *SeenLetter.values]), name="check_letter"),
        ]  # fmt: skip

    def __str__(self):
        return f"Check {str(self.id)[:8]}"

    @property
    def is_open(self) -> bool:
        return not self.outcome

    @property
    def message_id(self) -> str:
        """Of the mail with its code; the same however often it is sent."""
        return f"<{self.id}@kosenai-ops>"


def proof_path(proof: "IdentityProof", filename: str) -> str:
    """A folder a person, and a name of our own: what it was called is nowhere kept."""
    return f"proofs/{proof.identity_check.case.subject_id}/{proof.id}"


class IdentityProof(models.Model):
    """A document that was handed in, until somebody has decided on it. The file is encrypted by a key of its own;
    the decision empties `sealed_key`, and nobody can read the file from that moment on, wherever it still lies."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    identity_check = models.ForeignKey(IdentityCheck, models.PROTECT, related_name="proofs")
    file = models.FileField(upload_to=proof_path, max_length=200, blank=True)
    sealed_key = models.TextField(blank=True, editable=False)
    media_type = models.CharField(max_length=127)
    size = models.PositiveIntegerField(help_text="Bytes, before it was encrypted.")
    handed_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Who took it in for the person; empty where the person uploaded it.",
    )  # fmt: skip
    handed_in_at = models.DateTimeField(db_default=Now(), editable=False)
    purged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["handed_in_at", "id"]
        indexes = [models.Index(fields=["purged_at"], name="proof_files_to_delete", condition=~Q(file=""))]
        constraints = [
            models.CheckConstraint(
                condition=Q(purged_at__isnull=True) | Q(sealed_key=""), name="proof_purged_cannot_be_read"
            )
        ]

    def __str__(self):
        return f"Proof {str(self.id)[:8]}"
