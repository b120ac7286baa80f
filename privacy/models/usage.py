"""Usage and device data (policy sections 2 and 6). UsageEvent is the big table."""

import uuid

from django.db import models
from django.db.models.functions import Now

from privacy.models.subjects import DataSubject


class Session(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="sessions")
    clerk_session_id = models.CharField(max_length=128, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=512, blank=True)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"Session {str(self.id)[:8]}"


class UsageEvent(models.Model):
    """One interaction. The session is a plain value and not a foreign key: the table is written a thousand
    times for every read, and an erasure deletes both by the subject."""

    id = models.BigAutoField(primary_key=True)
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="usage_events", db_index=False)
    session_key = models.UUIDField(null=True, blank=True)
    name = models.CharField(max_length=100)
    properties = models.JSONField(default=dict, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    occurred_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["subject", "id"], name="usage_of_subject")]

    def __str__(self):
        return f"Usage event {self.id}"


class DiagnosticEvent(models.Model):
    class Level(models.TextChoices):
        INFO = "info", "Info"
        WARNING = "warning", "Warning"
        ERROR = "error", "Error"

    id = models.BigAutoField(primary_key=True)
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="diagnostic_events", db_index=False)
    level = models.CharField(max_length=20, choices=Level, default=Level.INFO)
    message = models.TextField(blank=True)
    context = models.JSONField(default=dict, blank=True)
    occurred_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["subject", "id"], name="diagnostic_of_subject")]

    def __str__(self):
        return f"Diagnostic event {self.id}"


class DeviceIdentifier(models.Model):
    """A cookie or similar identifier (policy section 6)."""

    class Kind(models.TextChoices):
        SESSION_COOKIE = "session_cookie", "Session cookie"
        ANALYTICS_COOKIE = "analytics_cookie", "Analytics cookie"
        LOCAL_STORAGE = "local_storage", "Local storage id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="device_identifiers")
    kind = models.CharField(max_length=20, choices=Kind)
    value = models.CharField(max_length=255)
    user_agent = models.CharField(max_length=512, blank=True)
    first_seen_at = models.DateTimeField(db_default=Now(), editable=False)
    last_seen_at = models.DateTimeField(db_default=Now())
    opted_out_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Its person opted out of sale and sharing: counts where nobody is signed in, too.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="device_identifier_once")]

    def __str__(self):
        return f"Device identifier {str(self.id)[:8]}"
