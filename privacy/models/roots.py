"""The state of all audit chains, in one digest a day that is kept elsewhere too."""

import uuid

from django.db import models
from django.db.models import Q


class DailyRoot(models.Model):
    """The Merkle tree hash (RFC 6962, section 2.1) over the heads of all chains, by chain, as they stood at the audit
    entry `last_entry`. `size` counts them. `blocks` are the tree's nodes over every 1,024 of them: [first chain,
    digest], from which inclusion is proved without reading all.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField(unique=True, help_text="The controller's.")
    size = models.PositiveBigIntegerField(help_text="Chains.")
    root = models.CharField(max_length=64)
    last_entry = models.PositiveBigIntegerField()
    blocks = models.JSONField(default=list, editable=False)
    made_at = models.DateTimeField()
    file = models.CharField(max_length=100, blank=True, help_text="Its name in the folder that is kept elsewhere.")
    written_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "daily root"
        ordering = ["-day"]
        permissions = [("export_evidence", "Can hand out the evidence pack of a case")]
        constraints = [
            models.CheckConstraint(condition=Q(root__regex=r"^[0-9a-f]{64}$"), name="root_is_a_digest"),
            models.CheckConstraint(
                condition=Q(file="", written_at=None) | (~Q(file="") & Q(written_at__isnull=False)),
                name="root_written_says_where_and_when",
            ),
        ]

    def __str__(self):
        return f"Daily root {self.day:%Y-%m-%d}"

    @property
    def message_id(self) -> str:
        """The same however often it is sent, so that a mailbox can tell a repeat."""
        return f"<{self.id}.root@kosenai-ops>"
