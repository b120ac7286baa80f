"""What people are written about their cases, in which words, and what came back."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.models.cases import Case
from privacy.models.jobs import Step

# (tag, name in itself): what letters can be written in.
LANGUAGES = (("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español"), ("it", "Italiano"))
SHA256 = r"^[0-9a-f]{64}$"


class LetterWording(models.Model):
    """A manager's copy of the text of one kind of letter in one language: proposed by one, confirmed by another, and
    never changed. Where there is none in force, the text is the one that is shipped."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=10, choices=LANGUAGES)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "language", "-proposed_at"]
        permissions = [
            ("propose_letterwording", "Can propose the wording of a letter"),
            ("confirm_letterwording", "Can confirm a wording that another proposed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "language"], condition=Q(confirmed_at__isnull=False, retired_at=None),
                name="wording_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["kind", "language"], condition=Q(confirmed_at=None, retired_at=None),
                name="wording_one_proposed",
                violation_error_message="Another wording of this letter is proposed already.",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | (Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("proposed_by"))),
                name="wording_is_confirmed_by_another",
            ),
            models.CheckConstraint(condition=Q(sha256__regex=SHA256) & ~Q(text=""), name="wording_says_something"),
            models.CheckConstraint(condition=Q(language__in=[tag for tag, _ in LANGUAGES]), name="wording_language"),
        ]  # fmt: skip

    def __str__(self):
        return f"Wording {self.kind} {self.language}"


class Letter(models.Model):
    """One letter about a case. It has a job of the same id, which sends it.

    `sealed` is what it says and to whom, emptied when nothing is owed any more; `sha256` commits to it with the salt,
    which goes with it. `claims` are the names of the facts that its sentences rest on, in their order.
    """

    class State(models.TextChoices):
        PREPARED = "prepared", "Waits for a second person"
        ORDERED = "ordered", "About to be sent"
        SENT = "sent", "Sent"
        BLOCKED = "blocked", "Not sent: what it says is not so any more"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Way(models.TextChoices):
        EMAIL = "email", "By e-mail"
        POST = "post", "On paper"

    OPEN = (State.PREPARED, State.ORDERED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="letters")
    step = models.ForeignKey(
        Step, models.PROTECT, null=True, blank=True, related_name="+", help_text="Of a notice to a processor: its step."
    )
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=10, choices=LANGUAGES)
    way = models.CharField(max_length=10, choices=Way)
    wording = models.ForeignKey(LetterWording, models.PROTECT, null=True, blank=True, related_name="+")
    claims = models.JSONField(default=list)
    sealed = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True, help_text="Of the digest.")
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=20, choices=State, default=State.PREPARED)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Empty: by itself.",
    )  # fmt: skip
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(state__in=["prepared", "ordered"], step=None),
                name="letter_one_open_of_a_kind",
                violation_error_message="Such a letter is about to be sent already.",
            ),
            models.UniqueConstraint(
                fields=["step"], condition=Q(state__in=["prepared", "ordered"], step__isnull=False),
                name="letter_one_open_a_step",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False, prepared_by=None)
                | (Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("prepared_by"))),
                name="letter_approver_is_not_who_prepared",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
                name="letter_sent_has_a_time",
            ),
            models.CheckConstraint(condition=Q(bounced_at=None) | Q(state="sent"), name="letter_bounced_was_sent"),
            models.CheckConstraint(condition=Q(sha256__regex=SHA256), name="letter_sha256"),
            models.CheckConstraint(condition=Q(way__in=["email", "post"]), name="letter_way"),
            models.CheckConstraint(
                condition=Q(state__in=["prepared", "ordered", "sent", "blocked", "withdrawn"]), name="letter_state"
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"Letter {str(self.id)[:8]}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def message_id(self) -> str:
        """The same however often it is sent, so that a mailbox can tell a repeat, and an answer names it."""
        return f"<{self.id}@letters.kosenai-ops>"


class Reply(models.Model):
    """A mail that came back for a letter, or for a case by its tag: an answer, a bounce, or a machine's."""

    class Kind(models.TextChoices):
        REPLY = "reply", "Answer"
        BOUNCE = "bounce", "Could not be delivered"
        AUTOMATIC = "automatic", "Answer of a machine"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="replies")
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, blank=True, related_name="replies")
    kind = models.CharField(max_length=10, choices=Kind)
    sealed = models.TextField(blank=True, help_text="From whom, subject and text.")
    sha256 = models.CharField(max_length=64, unique=True, help_text="Keyed, of the file as it came.")
    received_at = models.DateTimeField(help_text="When it reached us.")
    taken_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    taken_in_at = models.DateTimeField(db_default=Now(), editable=False)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "replies"
        ordering = ["received_at", "id"]
        indexes = [models.Index(fields=["case"], condition=Q(read_at=None), name="reply_unread")]
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=SHA256), name="reply_sha256"),
            models.CheckConstraint(condition=Q(kind__in=["reply", "bounce", "automatic"]), name="reply_kind"),
            models.CheckConstraint(
                condition=Q(read_by=None, read_at=None) | Q(read_by__isnull=False, read_at__isnull=False),
                name="reply_read_names_its_reader",
            ),
        ]

    def __str__(self):
        return f"Reply {str(self.id)[:8]}"
