"""Durable work: a row before it is a task. The engine in `privacy/jobs` carries it out and knows no law."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models.cases import Case
from privacy.models.sets import ReadInSets
from privacy.models.subjects import DataSubject


class Lane(models.TextChoices):
    """Each has messages and workers of its own: what is asked for many at once never stands before what one person
    waits for."""

    PROMPT = "prompt", "Prompt"
    BULK = "bulk", "Bulk"


class Job(ReadInSets):
    """Work of one kind about one thing, and the lease under which a worker carries it out.

    `kind` is a key of the catalogue, and no list of kinds stands in the database. `about` is a digest of what the job
    is about, never empty: one open job a kind and thing. `fence` grows with every claim; a worker whose fence is old
    can no longer write. `claims` counts claims since the last progress. `at_step` is the name of the step that comes
    next: jobs that stand at the same one are claimed together. `stopped_at` is set while what its kind asks about stops
    it, `ended_at` when no worker has anything to do with it any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    subject = models.ForeignKey(DataSubject, models.PROTECT, null=True, blank=True, related_name="jobs")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="jobs")
    about = models.CharField(max_length=64)
    lane = models.CharField(max_length=10, choices=Lane, default=Lane.PROMPT)
    due_on = models.DateField(null=True, blank=True, help_text="The more urgent, the earlier; without a date, first.")
    silent = models.BooleanField(default=False, editable=False, help_text="The person must not learn of it.")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    ordered_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    at_step = models.CharField(max_length=40, blank=True, editable=False)
    lease = models.UUIDField(null=True, blank=True, editable=False, help_text="The claim that holds it.")
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveBigIntegerField(default=0, editable=False)
    claims = models.PositiveSmallIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_requested = models.BooleanField(default=False, editable=False)
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    parked_because = models.CharField(max_length=300, blank=True, editable=False)
    approved = models.JSONField(
        default=list, blank=True, editable=False, help_text="What a decision was about: models x actions, processors."
    )

    # What a worker reads into the row that it has locked (privacy.jobs.reach), what it has finished itself, and what
    # one handler has seen of the locked person that another needs in the same transaction; no columns.
    step: "Step"
    open_steps: list["Step"]
    changed_steps: list["Step"]
    finished_steps: Sequence["Step"] = ()
    seen: Any = None

    class Meta:
        ordering = ["ordered_at", "id"]
        permissions = [("retry_job", "Can let parked work of no request be tried again")]
        indexes = [
            models.Index(fields=["lane", "due_on", "ordered_at"], name="job_open", condition=Q(ended_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"], condition=Q(ended_at=None), name="job_one_open_a_kind_and_thing"
            ),
            models.CheckConstraint(condition=~Q(kind="") & ~Q(about=""), name="job_is_of_a_kind_and_about_something"),
            models.CheckConstraint(condition=Q(lane__in=Lane.values), name="job_lane"),
        ]

    def __str__(self):
        return f"Job {str(self.id)[:8]}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def chain(self) -> uuid.UUID:
        """The audit chain that its events stand in: its case's, or its own."""
        return self.case_id or self.id


if TYPE_CHECKING:

    class CaseJob(Job):
        """Work that a case has ordered, for whoever takes no other: it has a case, and with it a person."""

        case: models.ForeignKey[Any, Case]
        case_id: uuid.UUID
        subject: models.ForeignKey[Any, DataSubject]
        subject_id: uuid.UUID
        objects: ClassVar[models.Manager["CaseJob"]]
else:
    CaseJob = Job


class StepState(models.TextChoices):
    PENDING = "pending", "Pending"
    STARTED = "started", "Started"
    WAITING = "waiting", "Waiting for a processor"
    DONE = "done", "Done"
    WAIVED = "waived", "Waived"


class Step(ReadInSets):
    """One piece of a job's frozen plan: a local transaction, or one call to one processor.

    `name` finds the handler. `sealed` are the processor's own names for the person, encrypted, taken before they are
    gone from the other tables; emptied when the step is done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # It needs no index of its own: `step_once_a_place` begins with it.
    job = models.ForeignKey(Job, models.CASCADE, related_name="steps", db_index=False)
    seq = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    target = models.CharField(max_length=100, blank=True, help_text="Model label or processor key.")
    state = models.CharField(max_length=20, choices=StepState, default=StepState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    key = models.UUIDField(unique=True, help_text="The same for every attempt, so that a repeat is known as one.")
    sealed = models.TextField(blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    units_planned = models.PositiveBigIntegerField(default=0)
    units_done = models.PositiveBigIntegerField(default=0)
    result = models.JSONField(default=dict, blank=True, help_text="Counts and ids of evidence; nothing personal.")
    problem = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    # What a worker has in hand while it carries the step; no columns: the time by the database's clock, read with the
    # row, and a processor's names for the person, which are sealed if the step is still open when it is written.
    now: datetime
    names: dict[str, list[str]] | None = None

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["job", "seq"], name="step_once_a_place"),
            models.CheckConstraint(condition=Q(state__in=StepState.values), name="step_state"),
            models.CheckConstraint(
                condition=Q(state__in=["done", "waived"], finished_at__isnull=False)
                | (~Q(state__in=["done", "waived"]) & Q(finished_at__isnull=True)),
                name="step_finished_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "waived"]) | Q(sealed=""), name="step_finished_keeps_nothing_sealed"
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.target}".strip()

    @property
    def is_open(self) -> bool:
        return self.state not in (StepState.DONE, StepState.WAIVED)
