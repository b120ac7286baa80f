"""Marketing choices and support (policy sections 2, 3 and 9)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models.subjects import DataSubject


class MarketingPreference(models.Model):
    """The person's own choice for a channel. A frozen account is not written to, whatever stands here."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        PRODUCT_NEWS = "product_news", "Product news"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="marketing_preferences")
    channel = models.CharField(max_length=20, choices=Channel)
    opted_in = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "channel"], name="marketing_once_a_channel"),
            models.CheckConstraint(condition=Q(channel__in=["email", "product_news"]), name="marketing_channel"),
        ]

    def __str__(self):
        return f"Marketing preference {str(self.id)[:8]}"


class SupportConversation(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="conversations")
    topic = models.CharField(max_length=300)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(status__in=["open", "closed"]), name="conversation_status")]

    def __str__(self):
        return f"Conversation {str(self.id)[:8]}"


class SupportMessage(models.Model):
    """A message; `staff` is empty when the person wrote it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(SupportConversation, models.CASCADE, related_name="messages")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    body = models.TextField()
    sent_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["sent_at", "id"]

    def __str__(self):
        return f"Message {str(self.id)[:8]}"


def attachment_path(attachment: "Attachment", filename: str) -> str:
    """A folder a person, and a neutral file name: what the person called it stands in `Attachment.name` only."""
    return f"attachments/{attachment.message.conversation.subject_id}/{attachment.id}"


class Attachment(models.Model):
    """A file that came with a message to support, or went with an answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(SupportMessage, models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to=attachment_path, max_length=200)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127, default="application/octet-stream")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="attachment_sha256")]

    def __str__(self):
        return f"Attachment {str(self.id)[:8]}"
