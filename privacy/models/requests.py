"""Rights requests and the ledger of the work they cause. Work is a row before it is a task."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.models.subjects import DataSubject


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
    """One right or duty for one person, and the lease under which a worker carries it out.

    `fence` grows with every claim; a worker whose fence is old can no longer write. `claims` counts claims
    since the last progress: at five the request is parked for a person.
    """

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

    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveBigIntegerField(default=0, editable=False)
    claims = models.PositiveSmallIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_requested = models.BooleanField(default=False, editable=False)
    parked_because = models.CharField(max_length=300, blank=True, editable=False)

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


class StepState(models.TextChoices):
    PENDING = "pending", "Pending"
    STARTED = "started", "Started"
    WAITING = "waiting", "Waiting for a processor"
    DONE = "done", "Done"
    WAIVED = "waived", "Waived"


class FulfilmentStep(models.Model):
    """One piece of a request's frozen plan: a local transaction, or one call to one processor.

    `references` are the processor's own names for the person, encrypted, taken when the plan was frozen
    because they are gone from the other tables when the call is made; emptied when the step is done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="steps")
    seq = models.PositiveSmallIntegerField()
    handler = models.CharField(max_length=40)
    target = models.CharField(max_length=100, blank=True, help_text="Model label or processor key.")
    state = models.CharField(max_length=20, choices=StepState, default=StepState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    idempotency_key = models.UUIDField(unique=True)
    references = models.TextField(blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    units_planned = models.PositiveBigIntegerField(default=0)
    units_done = models.PositiveBigIntegerField(default=0)
    result = models.JSONField(default=dict, blank=True, help_text="Counts and ids of evidence; nothing personal.")
    problem = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["request", "seq"], name="step_once_a_place"),
            models.CheckConstraint(condition=Q(state__in=StepState.values), name="step_state"),
            models.CheckConstraint(
                condition=Q(state__in=["done", "waived"], finished_at__isnull=False)
                | (~Q(state__in=["done", "waived"]) & Q(finished_at__isnull=True)),
                name="step_finished_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "waived"]) | Q(references=""), name="step_finished_keeps_no_references"
            ),
        ]

    def __str__(self):
        return f"{self.handler} {self.target}".strip()


class AccessPackage(models.Model):
    """The zip handed to the person. The download token's SHA-256 is stored, never the token."""

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
