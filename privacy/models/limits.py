import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.datamap.vocabulary import Use

# As in cases.Answered, which stands above the people, and they above this.
TOLD_HOW = [("email", "By e-mail"), ("post", "By post"), ("in_person", "In person or by telephone")]


class Limit(models.Model):
    """While it is in force, nothing new is processed of the person for its purpose: triggers refuse the rows.

    What is there stays, and can be rectified and erased.
    """

    class Ground(models.TextChoices):
        CHILD = "child", "Possible child"
        OPT_OUT = "opt_out", "Opted out"
        CONSENT_WITHDRAWN = "consent_withdrawn", "Consent withdrawn"
        RESTRICTION = "restriction", "Restriction asked for"
        OBJECTION = "objection", "Objection"
        PARENT = "parent", "A parent refuses further use"
        GRACE = "grace", "An erasure is about to begin"

        @classmethod
        def asked_for(cls) -> list[str]:
            """By the person or their parent, in a case that says so."""
            return [cls.RESTRICTION, cls.OBJECTION, cls.PARENT]

    # Those that the person has placed by their own word, and lifts by it.
    OWN_WORD = (Ground.OPT_OUT, Ground.CONSENT_WITHDRAWN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("privacy.DataSubject", models.CASCADE, related_name="limits")
    purpose = models.CharField(max_length=60, blank=True, help_text="Empty: all purposes.")
    ground = models.CharField(max_length=20, choices=Ground)
    since = models.DateTimeField(db_default=Now(), editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the person was told that it would be lifted.")
    told_how = models.CharField(max_length=20, choices=TOLD_HOW, blank=True)

    class Meta:
        constraints = [
            # The triggers look a person's limits up by this one's index, of which the few in force are all.
            models.UniqueConstraint(
                fields=["subject", "purpose", "ground"],
                condition=Q(lifted_at__isnull=True),
                name="limit_once_in_force",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("since")),
                name="limit_is_lifted_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(
                    ground__in=["child", "opt_out", "consent_withdrawn", "restriction", "objection", "parent", "grace"]
                ),
                name="limit_ground",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True)
                | ~Q(ground__in=["restriction", "objection", "parent"])
                | (Q(told_at__isnull=False, told_at__lte=F("lifted_at")) & ~Q(told_how="")),
                name="limit_asked_for_is_lifted_when_the_person_was_told",
                violation_error_message="The person is told before it is lifted (GDPR art. 18(3)).",
            ),
            models.CheckConstraint(condition=Q(told_how__in=["", *dict(TOLD_HOW)]), name="limit_told_how"),
            # A misspelt purpose would limit nothing, and nobody would be told.
            models.CheckConstraint(condition=Q(purpose__in=["", *map(str, Use)]), name="limit_purpose"),
        ]

    def __str__(self):
        return f"Limit {str(self.id)[:8]}"

    @property
    def is_asked_for(self) -> bool:
        return self.ground in self.Ground.asked_for()

    @property
    def of_what(self) -> str:
        """In words."""
        return Use(self.purpose).text if self.purpose else "All processing"
