"""Mail that goes out: a row before it is sent."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Mail(models.Model):
    """One mail: by which template, to whom, about which day. Its words are made as it goes out, from what is so then,
    and stand nowhere here. It has a job of the same id, which sends it once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.CharField(max_length=40)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    day = models.DateField(help_text="In the time zone of whom it is to.")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["template", "member", "day"], name="mail_once_a_day"),
            models.CheckConstraint(condition=~Q(template=""), name="mail_has_a_template"),
        ]

    def __str__(self):
        return f"Mail {str(self.id)[:8]}"

    @property
    def message_id(self) -> str:
        """The same however often it is sent, so that a mailbox can tell a repeat."""
        return f"<{self.id}@kosenai-ops>"
