"""The law as rows: what a regime asks, from when to when, where it stands, and who has read it there."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

PERIOD = r"^([1-9][0-9]{0,3}(m|d|bd|h))?$"


class RegimeRule(models.Model):
    """The periods that one law gives for some rights of the people of some places.

    A row is never changed: an edit is a new one that `replaces` it, proposed by one member of staff and confirmed by
    another. `retired_at` is when that happened; `confirmed_at` is empty while it is proposed. Rows without a proposer
    come from the file of seeds. Periods are `1m` (calendar months), `45d`, `10bd` (business days) or `72h`.
    """

    class Pause(models.TextChoices):
        """What stops the clock while the person is asked about it."""

        SCOPE = "scope", "To make clear what is asked for"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    law = models.SlugField(max_length=20, help_text="Short name, as requests and `manage.py deadline` have it.")
    name = models.CharField(max_length=80, help_text="As staff read it.")
    places = models.JSONField(help_text="Where it is the law: DE, US-CA (ISO 3166); * is everywhere.")
    rights = models.JSONField(default=list, blank=True, help_text="Kinds of requests; none listed means all of them.")
    acknowledge = models.CharField(max_length=6, blank=True, help_text="To say that it has come in.")
    respond = models.CharField(max_length=6, blank=True, help_text="To answer.")
    extend = models.CharField(max_length=6, blank=True, help_text="By which an answer may be put off, with a reason.")
    rolls = models.BooleanField(default=False, help_text="One that ends on a day off runs on to the next working day.")
    first_day_counts = models.BooleanField(default=False, help_text="The day of receipt is the first of the period.")
    calendar = models.CharField(
        max_length=6, blank=True, help_text="Whose holidays count, such as US. Empty: those of the residence."
    )
    pauses = models.CharField(max_length=10, choices=Pause, blank=True, help_text="What stops the clock.")
    source = models.CharField(max_length=300, help_text="Article or page.")
    verified_on = models.DateField(null=True, blank=True, help_text="When its own text was read. Empty: never.")
    verified_by = models.CharField(max_length=80, blank=True, help_text="Who read it.")
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True, help_text="The last day. Empty: it goes on.")
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was changed.")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, editable=False, related_name="later")
    seed = models.CharField(max_length=64, blank=True, editable=False, help_text="Digest of its line in the file.")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "rule of law"
        verbose_name_plural = "rules of law"
        ordering = ["law", "effective_from", "id"]
        permissions = [
            ("propose_regimerule", "Can propose a rule of law or a change of one"),
            ("confirm_regimerule", "Can confirm a rule that another proposed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["seed"], condition=~Q(seed=""), name="rule_once_a_seed"),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(retired_at=None, replaces__isnull=False),
                name="rule_one_successor",
                violation_error_message="Another change of this rule is proposed already.",
            ),
            models.CheckConstraint(
                condition=~Q(acknowledge="", respond=""),
                name="rule_gives_a_period",
                violation_error_message="Enter the time to acknowledge, to respond, or both.",
            ),
            models.CheckConstraint(
                condition=Q(extend="") | ~Q(respond=""),
                name="rule_extends_a_response",
                violation_error_message="Only the time to respond is extended: enter it.",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{field}__regex": PERIOD}),
                    name=f"rule_{field}_is_a_period",
                    violation_error_message=f"{field.capitalize()}: a number and a unit, such as 1m, 45d, 10bd or 72h.",
                )
                for field in ("acknowledge", "respond", "extend")
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="rule_ends_after_it_began",
                violation_error_message="The last day is before the first.",
            ),
            models.CheckConstraint(
                condition=Q(verified_on=None, verified_by="") | (Q(verified_on__isnull=False) & ~Q(verified_by="")),
                name="rule_verified_says_when_and_by_whom",
                violation_error_message="Say both when the source was read and by whom, or neither.",
            ),
            models.CheckConstraint(condition=~Q(source="") & ~Q(law=""), name="rule_names_law_and_source"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by=F("proposed_by"))),
                name="rule_is_confirmed_by_another",
                violation_error_message="Whoever proposed it may not confirm it.",
            ),
            models.CheckConstraint(condition=Q(pauses__in=["", "scope"]), name="rule_pauses"),
        ]

    def __str__(self):
        return f"{self.name}, {self.about if len(self.rights) <= 3 else f'{len(self.rights)} kinds of requests'}"

    @property
    def about(self) -> str:
        """`access, erasure`; `all requests`."""
        return ", ".join(str(right).replace("_", " ") for right in self.rights) or "all requests"

    @property
    def is_in_force(self) -> bool:
        return self.confirmed_at is not None and self.retired_at is None


class Clock(models.Model):
    """A date that a rule sets for a case, reckoned from the day of receipt, and anew when the residence, the rule, an
    extension or a pause makes it another."""

    class Kind(models.TextChoices):
        ACKNOWLEDGE = "acknowledge", "Acknowledge"
        RESPOND = "respond", "Respond"
        EXTENDED = "extended", "Respond, extended"
        APPEAL = "appeal", "Decide the appeal"
        INTERNAL = "internal", "Internal target"

        @classmethod
        def answers(cls) -> tuple[str, ...]:
            """By which a law wants an answer."""
            return (cls.RESPOND, cls.EXTENDED, cls.APPEAL)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("privacy.Case", models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=20, choices=Kind)
    rule = models.ForeignKey(RegimeRule, models.PROTECT, related_name="+")
    is_fallback = models.BooleanField(default=False, help_text="No rule of the residence is verified.")
    planned_on = models.DateField(help_text="As counted: work is planned to this day.")
    limit_on = models.DateField(help_text="To which the law lets it run on.")

    class Meta:
        ordering = ["limit_on", "planned_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "rule", "is_fallback"], name="clock_once_a_rule"),
            models.CheckConstraint(condition=Q(limit_on__gte=F("planned_on")), name="clock_limit_is_not_before_plan"),
            models.CheckConstraint(
                condition=Q(kind__in=["acknowledge", "respond", "extended", "appeal", "internal"]), name="clock_kind"
            ),
        ]

    def __str__(self):
        return f"Clock {str(self.id)[:8]}"


class ClockPause(models.Model):
    """Days on which the clocks of a case stood, where a law allows it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("privacy.Case", models.CASCADE, related_name="pauses")
    why = models.CharField(max_length=10, choices=RegimeRule.Pause)
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True, help_text="The day on which the person answered.")
    began_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["began_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_on=None), name="pause_once_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("began_on")), name="pause_ends_after_it_began"
            ),
            models.CheckConstraint(condition=Q(why__in=["scope"]), name="pause_why"),
        ]

    def __str__(self):
        return f"Pause {str(self.id)[:8]}"
