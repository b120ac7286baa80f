"""Cases: somebody asked for something, or something happened, that has a deadline or is answered in writing."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.catalogue.cases import Risk, answered_in_writing, label_of
from privacy.models.reasons import Refusal
from privacy.models.sets import ReadInSets
from privacy.models.subjects import DataSubject

if TYPE_CHECKING:
    from privacy.models.jobs import Job, Step
    from privacy.models.packages import AccessPackage
    from privacy.models.receipts import Receipt


class State(models.TextChoices):
    """Where a case stands. What it waits for (a person, an approver, a hold, a processor) is computed:
    selectors.cases."""

    RECEIVED = "received", "Received"
    VERIFYING = "verifying", "Verifying who asks"
    DECIDING = "deciding", "Awaiting decision"
    FULFILLING = "fulfilling", "In progress"
    ANSWERING = "answering", "To be answered"
    CLOSED = "closed", "Closed"


class Outcome(models.TextChoices):
    FULFILLED = "fulfilled", "Fulfilled"
    PARTLY = "partially_fulfilled", "Partly fulfilled"
    DENIED = "denied", "Denied"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired unproved"
    DUPLICATE = "duplicate", "Duplicate"
    NOT_A_REQUEST = "not_a_request", "Not a request"

    @classmethod
    def nothing_done(cls) -> list[str]:
        """Of cases that nobody had to decide to grant."""
        return [cls.DENIED, cls.WITHDRAWN, cls.EXPIRED, cls.DUPLICATE, cls.NOT_A_REQUEST]


class Verification(models.TextChoices):
    """How it was made sure that the request comes from the person (GDPR art. 12(6))."""

    SIGNED_IN = "signed_in", "Signed in to the account"
    EMAIL_CODE = "email_code", "Code sent to the account's e-mail"
    EMAIL_ROUND_TRIP = "email_round_trip", "Answered from the account's e-mail"
    DOCUMENT = "document", "Document seen by staff"
    AGENT = "agent", "Authorised agent, with proof"
    GUARDIAN = "guardian", "Parent or guardian, checked"
    CONFIRMED_TWICE = "confirmed_twice", "Confirmed twice by the person"
    AUTHORITY = "authority", "Order of a court or authority, checked"
    OVERRIDE = "override", "Let pass without proof by two members of staff"
    CONTROLLER = "controller", "Not needed"
    NOT_REQUIRED = "not_required", "Not needed: an opt-out is taken without proof"

    @classmethod
    def proofs(cls, risk: Risk = Risk.HIGH) -> tuple[str, ...]:
        """What is enough for a right of this risk. Nobody sends a document where less would do (GDPR art. 5(1)(c)).
        That no proof is required is of the right, and nobody's choice."""
        more_than_needed = {Risk.HIGH: (), Risk.LOW: (cls.DOCUMENT,)}[risk]
        return tuple(way for way in cls if way not in (cls.NOT_REQUIRED, *more_than_needed))

    @classmethod
    def of_the_person(cls) -> list[str]:
        """Without a member of staff in between."""
        return [cls.SIGNED_IN, cls.EMAIL_CODE, cls.EMAIL_ROUND_TRIP, cls.CONFIRMED_TWICE, cls.NOT_REQUIRED]

    @classmethod
    def of_a_check(cls) -> list[str]:
        """What nobody may simply state: a check of its own stands behind it (models.verification)."""
        return [cls.EMAIL_CODE, cls.DOCUMENT, cls.AGENT, cls.OVERRIDE]


class Answered(models.TextChoices):
    """How the answer reached the person. Until letters are sent from here, staff say so."""

    LINK = "link", "By the link to the package"
    EMAIL = "email", "By e-mail"
    POST = "post", "By post"
    IN_PERSON = "in_person", "In person or by telephone"
    PAGE = "page", "On the page on which it was asked"


class Batch(models.Model):
    """One press of a button for many people: who, what, and where to watch it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-created_at"]

    def __str__(self):
        return f"{label_of(self.kind)} {str(self.id)[:8]}"


class Case(ReadInSets):
    """One right or duty (`kind` is a key of the catalogue) for one person. What is done about it are jobs
    (models/jobs.py); `joined` is the job of another case that answers this one too.

    `sealed` are the answers to the questions of its kind that are no columns, the address and the ticket among them:
    encrypted, and emptied when nothing is owed any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.PROTECT, related_name="cases")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="cases")
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=20, choices=State, default=State.RECEIVED)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    reason = models.TextField()
    salt = models.CharField(max_length=32, blank=True, editable=False, help_text="Of the digest in the audit trail.")
    verification = models.CharField(max_length=20, choices=Verification, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        help_text="Who made sure who asks; empty where the person did, and where it was sure as it was asked for.",
    )  # fmt: skip
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Who prepared it; empty where the person did.",
    )  # fmt: skip
    planned = models.JSONField(
        default=list, blank=True, editable=False, help_text="What it would do as it was asked for: models x actions."
    )
    deciders = models.PositiveSmallIntegerField(default=1, editable=False, help_text="2: another person decides.")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    after = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="+", db_index=False,
        help_text="The case that is answered before its work begins: a copy, asked for with an erasure.",
    )  # fmt: skip
    joined = models.ForeignKey("Job", models.PROTECT, null=True, blank=True, related_name="joined_cases")
    received_at = models.DateTimeField(db_default=Now())
    regime = models.CharField(max_length=20, blank=True)
    due_on = models.DateField(null=True, blank=True, help_text="Work is planned to this day. Not legal advice.")
    limit_on = models.DateField(null=True, blank=True, help_text="To which the law lets it run on.")
    acknowledged_at = models.DateTimeField(null=True, blank=True, help_text="When the person was told that it came in.")
    extended_at = models.DateTimeField(null=True, blank=True, help_text="When the answer was put off.")
    extended_because = models.CharField(max_length=40, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_how = models.CharField(max_length=20, choices=Answered, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    denial_reason = models.CharField(max_length=40, choices=Refusal, blank=True)
    silent = models.BooleanField(default=False, editable=False, help_text="The person must not learn of it.")
    recipient_key = models.TextField(blank=True, help_text="age public key the access package is encrypted to.")
    sealed = models.TextField(blank=True, editable=False)
    answer = models.TextField(blank=True, editable=False, help_text="What the person was told, encrypted.")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by",
        help_text="The case that it is about, such as the one that is appealed.",
    )  # fmt: skip

    class Meta:
        ordering = ["-received_at", "id"]
        indexes = [
            models.Index(fields=["state", "due_on"], name="case_queue"),
            models.Index(fields=["due_on"], name="case_open_by_due", condition=~Q(state="closed")),
            models.Index(fields=["-received_at", "id"], name="case_newest"),
            models.Index(fields=["closed_at"], name="case_closed_lately"),
            models.Index(fields=["after"], name="case_waits_for_another", condition=Q(after__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
                name="case_decider_is_not_who_asked",
                violation_error_message="The person who asked for it may not approve it.",
            ),
            models.CheckConstraint(
                condition=Q(deciders=1)
                | Q(approved_by__isnull=True)
                | Q(verified_by__isnull=True)
                | ~Q(approved_by=F("verified_by")),
                name="case_decider_is_not_who_verified",
                violation_error_message="The person who made sure who asks may not approve it.",
            ),
            models.CheckConstraint(
                condition=Q(requested_by__isnull=False)
                | Q(verified_by__isnull=False)
                | Q(verification__in=["", *Verification.of_the_person()]),
                name="case_is_prepared_by_staff_or_the_person",
            ),
            models.CheckConstraint(
                condition=Q(deciders=1)
                | Q(state__in=["received", "verifying", "deciding"])
                | Q(outcome__in=Outcome.nothing_done())
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="case_of_two_runs_only_when_the_second_agreed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["received", "verifying"])
                | Q(outcome__in=Outcome.nothing_done())
                | ~Q(verification=""),
                name="case_is_verified_before_it_is_decided",
            ),
            models.CheckConstraint(
                condition=(Q(state="closed") & Q(closed_at__isnull=False) & ~Q(outcome=""))
                | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="case_closed_has_a_time_and_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_how="")
                | (Q(answered_at__isnull=False) & ~Q(answered_how="")),
                name="case_answered_says_when_and_how",
            ),
            models.CheckConstraint(
                condition=Q(due_on=None, limit_on=None)
                | Q(due_on__isnull=False, limit_on__isnull=False, limit_on__gte=F("due_on")),
                name="case_limit_is_not_before_its_plan",
            ),
            models.CheckConstraint(
                condition=Q(extended_at=None, extended_because="")
                | (Q(extended_at__isnull=False) & ~Q(extended_because="")),
                name="case_extended_says_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="case_is_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=~Q(kind="appeal") | Q(parent__isnull=False), name="case_appeal_is_of_a_case"
            ),
            models.CheckConstraint(condition=Q(after=None) | ~Q(after=F("id")), name="case_is_not_after_itself"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="case_state"),
            models.CheckConstraint(condition=Q(outcome__in=["", *Outcome.values]), name="case_outcome"),
            models.CheckConstraint(condition=Q(deciders__in=[1, 2]), name="case_deciders"),
            models.CheckConstraint(condition=Q(verification__in=["", *Verification.values]), name="case_verification"),
            models.CheckConstraint(condition=Q(answered_how__in=["", *Answered.values]), name="case_answered_how"),
            models.CheckConstraint(condition=Q(denial_reason__in=["", *Refusal.values]), name="case_denial_reason"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(kind=""), name="case_has_a_kind_and_a_reason"),
        ]

    def __str__(self):
        return f"{self.label} {str(self.id)[:8]}"

    @property
    def label(self) -> str:
        return label_of(self.kind)

    @property
    def is_open(self) -> bool:
        return self.state != State.CLOSED

    @property
    def job(self) -> "Job | None":
        """The last work that it ordered or joined."""
        from privacy.models.jobs import Job

        return Job.objects.filter(self.works).order_by("-ordered_at", "-id").first()

    @property
    def steps(self) -> "models.QuerySet[Step]":
        """All steps of its jobs, in order."""
        from privacy.models.jobs import Job, Step

        return Step.objects.filter(job__in=Job.objects.filter(self.works)).order_by("job__ordered_at", "seq")

    @property
    def package(self) -> "AccessPackage | None":
        """The last one that was built for it."""
        from privacy.models.packages import AccessPackage

        return AccessPackage.objects.filter(request__in=self.answered_with()).order_by("-created_at").first()

    @property
    def receipt(self) -> "Receipt | None":
        from privacy.models.receipts import Receipt

        return Receipt.objects.filter(request__in=self.answered_with()).order_by("-issued_at").first()

    def answered_with(self) -> "list[uuid.UUID]":
        """Itself, and the case whose work it has joined."""
        return [self.pk, self.joined.case_id] if self.joined_id else [self.pk]

    @property
    def works(self) -> Q:
        """The jobs that answer it."""
        return Q(case=self.pk) | Q(pk=self.joined_id) if self.joined_id else Q(case=self.pk)


class InWriting(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(kind__in=answered_in_writing())


class RightsRequest(Case):
    """The cases with a right, and the others that somebody is answered."""

    objects = InWriting()

    class Meta:
        proxy = True
        verbose_name = "rights request"
        permissions = [("view_register", "Can read the register of requests and take it along")]
