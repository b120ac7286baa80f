"""What proves afterwards what was done. Nothing here names a person."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.models.cases import Case
from privacy.models.subjects import Identifier


class AuditHead(models.Model):
    """The last link of a chain. Appending locks this row, so that links never fork."""

    chain = models.UUIDField(primary_key=True)
    n = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    def __str__(self):
        return f"Chain {str(self.chain)[:8]}"


class AuditEntry(models.Model):
    """A link: who did what, when, with counts and rule names only.

    `chain` is the request's id, or a keyed pseudonym of the person for what happens outside a request.
    Triggers refuse UPDATE, DELETE and TRUNCATE; `manage.py verify_audit` finds what got past them.
    """

    id = models.BigAutoField(primary_key=True)
    chain = models.UUIDField()
    n = models.PositiveIntegerField()
    event = models.CharField(max_length=60)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ["-id"]
        indexes = [models.Index(fields=["event", "-id"], name="audit_newest_of_event")]
        constraints = [models.UniqueConstraint(fields=["chain", "n"], name="audit_one_link_a_place")]

    def __str__(self):
        return f"Audit entry {str(self.chain)[:8]}/{self.n}"


class Suppression(models.Model):
    """Keyed hashes of an erased identifier: enough to know it again, not enough to learn it. `digest`, of the exact
    spelling, bars; `folded`, of what its mail provider makes of it, only asks staff. `key_id` names the key of both.
    """

    class Because(models.TextChoices):
        """Why an erased identifier may come in again. No free text: the ledger is never erased."""

        OWN_WILL = "own_will", "They have signed up again of their own will"
        NOT_THEIRS = "not_theirs", "The address was never theirs, or is somebody else's now"
        MISTAKE = "mistake", "The erasure was a mistake, and the person has asked to come back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Identifier.Kind)
    key_id = models.CharField(max_length=40, blank=True, editable=False)
    digest = models.CharField(max_length=64)
    folded = models.CharField(max_length=64, blank=True, editable=False)
    is_exact = models.BooleanField(
        null=True, default=True, editable=False,
        help_text="Empty: of an address spelled as until 2026-11, when several mailboxes had one spelling.",
    )  # fmt: skip
    request = models.ForeignKey(Case, models.PROTECT, related_name="suppressions")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    lifted_at = models.DateTimeField(null=True, editable=False)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    lifted_because = models.CharField(max_length=20, choices=Because, blank=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["folded"], condition=~Q(folded=""), name="suppression_folded")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "digest"], condition=Q(lifted_at__isnull=True), name="suppression_once"
            ),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="suppression_digest"),
            models.CheckConstraint(
                condition=Q(folded="") | Q(folded__regex=r"^[0-9a-f]{64}$"), name="suppression_folded_digest"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lifted_because="")
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_because="")),
                name="suppression_lifted_for_a_reason",
            ),
        ]
        permissions = [("readmit_identifier", "Can let an erased identifier come in again")]

    def __str__(self):
        return f"Suppression {str(self.id)[:8]}"


class Heartbeat(models.Model):
    """When a recurring duty last ran, so that its silence can be noticed."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField(db_default=Now())

    def __str__(self):
        return self.name
