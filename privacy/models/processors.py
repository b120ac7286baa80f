"""Who else handles the data (policy section 5; GDPR art. 28 and 30(1)(d))."""

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q


class Processor(models.Model):
    class Role(models.TextChoices):
        PROCESSOR = "processor", "Processor"
        SUB_PROCESSOR = "sub_processor", "Sub-processor"

    class Safeguard(models.TextChoices):
        UNKNOWN = "unknown", "Not known yet"
        NONE = "none", "Not needed"
        ADEQUACY = "adequacy", "Adequacy decision"
        SCC = "scc", "Standard contractual clauses"
        BCR = "bcr", "Binding corporate rules"
        OTHER = "other", "Other"

    key = models.SlugField(primary_key=True, max_length=50, help_text="Short name, the same as its connector's key.")
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role, default=Role.PROCESSOR)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="sub_processors", verbose_name="engaged by"
    )
    purpose = models.CharField(max_length=300)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2 code of where data is handled.")
    safeguard = models.CharField(max_length=20, choices=Safeguard, default=Safeguard.UNKNOWN)
    agreement_signed_on = models.DateField(null=True, blank=True, verbose_name="agreement (art. 28) signed on")
    console = models.CharField(
        max_length=300, blank=True, validators=[URLValidator(["https"])],
        help_text="Where a person erases somebody by hand: https://… Empty: as its connector says.",
    )  # fmt: skip
    instructions = models.CharField(
        max_length=400, blank=True, help_text="What to do there, in two sentences. Empty: as its connector says."
    )
    source = models.CharField(max_length=300, blank=True, help_text="Where these facts were read.")
    read_on = models.DateField(null=True, blank=True, help_text="The day they were read there.")
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="processor_review_names_its_reviewer",
            ),
            models.CheckConstraint(
                condition=Q(role="processor", parent__isnull=True) | Q(role="sub_processor", parent__isnull=False),
                name="processor_sub_processor_names_who_engaged_it",
                violation_error_message="A sub-processor, and only a sub-processor, names who engaged it.",
            ),
        ]

    def __str__(self):
        return self.name
