"""Tables that staff hand in, as work that outlives the page it was started from."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ImportRun(models.Model):
    """One confirmed file: how far its rows are, and what became of them. It holds no value of the file. It has the
    id of the job that writes it."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Nothing was imported"
        STOPPED = "stopped", "Stopped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sheet = models.CharField(max_length=100, help_text="The table, as app.model.")
    format = models.CharField(max_length=20)
    file = models.CharField(max_length=32, unique=True, help_text="Its random name in the sealed storage.")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True, editable=False)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list, help_text="Sentences for the first rows left out, or what was wrong.")

    class Meta:
        verbose_name = "import"
        ordering = ["-created_at", "id"]
        default_permissions = ()  # its pages ask for privacy.import_datasubject
        indexes = [models.Index(fields=["created_at"], name="import_open", condition=models.Q(finished_at=None))]

    def __str__(self):
        return f"Import {str(self.id)[:8]}"

    @property
    def summary(self) -> str:
        return (
            f"{self.created:,} new, {self.updated:,} changed, {self.unchanged:,} unchanged, {self.left_out:,} left out"
        )
