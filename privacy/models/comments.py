"""What staff say to each other about a case, and the files that they put to it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models.cases import Case


class CaseComment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="comments")
    text = models.TextField()
    salt = models.CharField(max_length=32, editable=False, help_text="Of the digest in the audit trail.")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["written_at", "id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="comment_says_something")]

    def __str__(self):
        return f"Comment {str(self.id)[:8]}"


def case_file_path(file: "CaseFile", filename: str) -> str:
    """A folder a person, and a neutral file name: what it was called stands in `CaseFile.name` only."""
    return f"case-files/{file.comment.case.subject_id}/{file.id}"


class CaseFile(models.Model):
    """A file that came with a comment, which says what it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    comment = models.ForeignKey(CaseComment, models.PROTECT, related_name="files")
    file = models.FileField(upload_to=case_file_path, max_length=200)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="case_file_sha256")]

    def __str__(self):
        return f"Case file {str(self.id)[:8]}"
