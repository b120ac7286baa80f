"""What creators make: scripts, shot lists, notes, uploads, prompts, feedback (policy sections 2 and 4)."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models.subjects import DataSubject


class Script(models.Model):
    """A screenplay. Written together, it stays with the co-authors when its owner is erased."""

    class Format(models.TextChoices):
        FOUNTAIN = "fountain", "Fountain"
        FDX = "fdx", "Final Draft"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(DataSubject, models.PROTECT, related_name="scripts")
    title = models.CharField(max_length=300)
    format = models.CharField(max_length=20, choices=Format, default=Format.FOUNTAIN)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(format__in=["fountain", "fdx"]), name="script_format")]

    def __str__(self):
        return f"Script {str(self.id)[:8]}"


class ScriptCoAuthor(models.Model):
    class Role(models.TextChoices):
        WRITER = "writer", "Writer"
        EDITOR = "editor", "Editor"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    script = models.ForeignKey(Script, models.CASCADE, related_name="co_authors")
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="co_authorships")
    role = models.CharField(max_length=20, choices=Role, default=Role.WRITER)
    added_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "co-author"
        constraints = [
            models.UniqueConstraint(fields=["script", "subject"], name="coauthor_once_a_script"),
            models.CheckConstraint(condition=Q(role__in=["writer", "editor"]), name="coauthor_role"),
        ]

    def __str__(self):
        return f"Co-author {str(self.id)[:8]}"


class ShotList(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(DataSubject, models.CASCADE, related_name="shot_lists")
    script = models.ForeignKey(Script, models.SET_NULL, null=True, blank=True, related_name="shot_lists")
    title = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self):
        return f"Shot list {str(self.id)[:8]}"


class Shot(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shot_list = models.ForeignKey(ShotList, models.CASCADE, related_name="shots")
    number = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    camera = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["shot_list", "number"], name="shot_number_once_a_list")]

    def __str__(self):
        return f"Shot {str(self.id)[:8]}"


class Note(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(DataSubject, models.CASCADE, related_name="notes")
    script = models.ForeignKey(Script, models.SET_NULL, null=True, blank=True, related_name="notes")
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self):
        return f"Note {str(self.id)[:8]}"


def upload_path(upload: "Upload", filename: str) -> str:
    """A folder a person, and a neutral file name: what the person called it stands in `Upload.name` only."""
    return f"uploads/{upload.owner_id}/{upload.id}"


class Upload(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(DataSubject, models.CASCADE, related_name="uploads")
    script = models.ForeignKey(Script, models.SET_NULL, null=True, blank=True, related_name="uploads")
    file = models.FileField(upload_to=upload_path, max_length=200)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127, default="application/octet-stream")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="upload_sha256")]

    def __str__(self):
        return f"Upload {str(self.id)[:8]}"


class Prompt(models.Model):
    """A prompt sent to an AI processor. `response_id` is the only handle by which the processor can erase it."""

    class Provider(models.TextChoices):
        OPENAI = "openai", "OpenAI"
        GOOGLE = "google", "Google"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(DataSubject, models.CASCADE, related_name="prompts")
    script = models.ForeignKey(Script, models.SET_NULL, null=True, blank=True, related_name="prompts")
    provider = models.CharField(max_length=20, choices=Provider, default=Provider.OPENAI)
    response_id = models.CharField(max_length=128, blank=True)
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(provider__in=["openai", "google"]), name="prompt_provider")]

    def __str__(self):
        return f"Prompt {str(self.id)[:8]}"


class Feedback(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(DataSubject, models.CASCADE, related_name="feedback")
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="feedback_rating_one_to_five"
            )
        ]

    def __str__(self):
        return f"Feedback {str(self.id)[:8]}"
