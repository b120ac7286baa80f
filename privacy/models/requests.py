"""Rights requests, and what answers them."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.models.subjects import DataSubject

if TYPE_CHECKING:
    from privacy.models.jobs import Job, Step


class RequestKind(models.TextChoices):
    """A right that is exercised, or a duty that the controller takes up itself.

    Holds and child flags stand beside the rights because they are carried out the same way: a person, a
    reason, a plan, steps, evidence (Transcend's request actions include PLACE_ON_LEGAL_HOLD too).
    """

    ACCESS = "access", "Access"
    ERASURE = "erasure", "Erasure"
    HOLD_PLACE = "hold_place", "Place legal hold"
    HOLD_RELEASE = "hold_release", "Release legal hold"
    CHILD_FLAG = "child_flag", "Flag child account"
    CHILD_CLEAR = "child_clear", "Clear child flag"


class RequestStatus(models.TextChoices):
    RECEIVED = "received", "Received"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    ON_HOLD = "on_hold", "On hold"
    IN_PROGRESS = "in_progress", "In progress"
    AWAITING_PROCESSORS = "awaiting_processors", "Awaiting processors"
    FULFILLED = "fulfilled", "Fulfilled"
    DENIED = "denied", "Denied"
    WITHDRAWN = "withdrawn", "Withdrawn"

    @classmethod
    def closed(cls) -> list[str]:
        return [cls.FULFILLED, cls.DENIED, cls.WITHDRAWN]

    @classmethod
    def carried_out(cls) -> list[str]:
        """While workers are at it, or processors are."""
        return [cls.IN_PROGRESS, cls.AWAITING_PROCESSORS]


class Verification(models.TextChoices):
    """How it was made sure that the request comes from the person (GDPR art. 12(6))."""

    SIGNED_IN = "signed_in", "Signed in to the account"
    EMAIL_ROUND_TRIP = "email_round_trip", "Answered from the account's e-mail"
    GUARDIAN = "guardian", "Parent or guardian, checked"
    AUTHORITY = "authority", "Order of a court or authority, checked"
    CONTROLLER = "controller", "Not needed: our own duty"


class Batch(models.Model):
    """One press of a button for many people: who, what, and where to watch it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=RequestKind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.get_kind_display()} {str(self.id)[:8]}"


class RightsRequest(models.Model):
    """One right or duty for one person. What is done about it are jobs (models/jobs.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.PROTECT, related_name="requests")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="requests")
    kind = models.CharField(max_length=20, choices=RequestKind)
    status = models.CharField(max_length=20, choices=RequestStatus, default=RequestStatus.RECEIVED)
    reason = models.TextField()
    salt = models.CharField(max_length=32, blank=True, editable=False, help_text="Of the digest in the audit trail.")
    verification = models.CharField(max_length=20, choices=Verification)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(db_default=Now())
    regime = models.CharField(max_length=20, blank=True)
    due_on = models.DateField(null=True, blank=True, help_text="Computed, not legal advice.")
    closed_at = models.DateTimeField(null=True, blank=True)
    denial_reason = models.CharField(max_length=40, blank=True)
    silent = models.BooleanField(default=False, editable=False, help_text="The person must not learn of it.")
    recipient_key = models.TextField(blank=True, help_text="age public key the access package is encrypted to.")

    class Meta:
        verbose_name = "rights request"
        ordering = ["-received_at", "id"]
        indexes = [
            models.Index(fields=["status", "due_on"], name="request_queue"),
            models.Index(fields=["-received_at", "id"], name="request_newest"),
            models.Index(fields=["closed_at"], name="request_closed_lately"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "kind"],
                condition=~Q(status__in=["fulfilled", "denied", "withdrawn"]),
                name="request_one_open_a_subject_and_kind",
                violation_error_message="This person already has an open request of this kind.",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
                name="request_approver_is_not_requester",
                violation_error_message="The person who asked for it may not approve it.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="erasure")
                | Q(status__in=["received", "awaiting_approval", "on_hold", "denied", "withdrawn"])
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="request_erasure_runs_only_when_approved",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["fulfilled", "denied", "withdrawn"], closed_at__isnull=False)
                | (~Q(status__in=["fulfilled", "denied", "withdrawn"]) & Q(closed_at__isnull=True)),
                name="request_closed_has_a_time",
            ),
            models.CheckConstraint(condition=Q(kind__in=RequestKind.values), name="request_kind"),
            models.CheckConstraint(condition=Q(status__in=RequestStatus.values), name="request_status"),
            models.CheckConstraint(condition=Q(verification__in=Verification.values), name="request_is_verified"),
            models.CheckConstraint(condition=~Q(reason=""), name="request_has_a_reason"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {str(self.id)[:8]}"

    @property
    def is_open(self) -> bool:
        return self.status not in RequestStatus.closed()

    @property
    def job(self) -> "Job | None":
        """The last work that it ordered."""
        return self.jobs.order_by("-ordered_at", "-id").first()

    @property
    def steps(self) -> "models.QuerySet[Step]":
        """All steps of its jobs, in order."""
        from privacy.models.jobs import Step

        return Step.objects.filter(job__case=self).order_by("job__ordered_at", "seq")


class AccessPackage(models.Model):
    """The zip handed to the person. The download token's SHA-256 is stored, never the token. It has the id of the
    job that deletes it when it expires."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(RightsRequest, models.CASCADE, related_name="package")
    file = models.FileField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    rows = models.PositiveBigIntegerField()
    files = models.PositiveIntegerField()
    gaps = models.PositiveIntegerField(default=0)
    encrypted = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    token_sha256 = models.CharField(max_length=64, blank=True)
    token_issued_at = models.DateTimeField(null=True, blank=True)
    downloaded_at = models.DateTimeField(null=True, blank=True)
    swept_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_sha256"], condition=~Q(token_sha256=""), name="package_token_once"),
            models.CheckConstraint(
                condition=Q(swept_at__isnull=True) | Q(file="", token_sha256=""), name="package_swept_has_no_file"
            ),
        ]

    def __str__(self):
        return f"Package {str(self.id)[:8]}"


class ErasureReceipt(models.Model):
    """What was deleted, anonymised and kept, why, and until when. Counts and rules only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(RightsRequest, models.PROTECT, related_name="receipt")
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self):
        return f"Receipt {str(self.id)[:8]}"
