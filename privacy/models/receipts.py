import uuid

from django.db import models
from django.db.models.functions import Now

from privacy.models.cases import Case


class Receipt(models.Model):
    """What was done, what was kept, why, and until when. Counts and rules only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Case, models.PROTECT, related_name="receipts")
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self):
        return f"Receipt {str(self.id)[:8]}"
