"""What answers a request for access."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models.cases import Case


class AccessPackage(models.Model):
    """The zip handed to the person. The download token's SHA-256 is stored, never the token. It has the id of the
    job that deletes it when it expires."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Case, models.CASCADE, related_name="packages")
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
