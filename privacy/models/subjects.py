"""Who the data is about: account, contact, team membership and profile preferences (policy section 2)."""

import re
import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import Now

from privacy.datamap.vocabulary import Use
from privacy.models.addresses import MAX_LENGTH, normalise_email, refuse_long, refuse_unseen
from privacy.models.limits import Limit
from privacy.models.phones import normalise_phone
from privacy.models.places import time_zones, why_not_there

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class People(models.QuerySet["DataSubject"]):
    def free_for(self, *purposes: Use) -> "People":
        """Those whose processing for each of these purposes is neither limited nor over."""
        limited = Limit.objects.filter(subject=OuterRef("pk"), lifted_at__isnull=True, purpose__in=["", *purposes])
        return self.filter(~Exists(limited), erased_at__isnull=True)


class Domain(Func):
    """What stands of an e-mail address from its @ on. Without parameters, so that SQLite knows its index again."""

    template = "SUBSTR(%(expressions)s, INSTR(%(expressions)s, '@'))"
    output_field = models.CharField()

    def as_postgresql(self, compiler, connection, **more):
        return self.as_sql(
            compiler, connection, template="SUBSTR(%(expressions)s, STRPOS(%(expressions)s, '@'))", **more
        )


class DataSubject(models.Model):
    """A person whose data Kosenai holds.

    What may not be processed of them stands in the rows of `limits`; only `erased_at` is kept here. An erased person's
    row stays as an empty tombstone, so that records kept by law keep their thread; the database refuses a tombstone
    that still says anything about the person.
    """

    class Relation(models.TextChoices):
        """People who have no account. Who has one is none of these."""

        VISITOR = "visitor", "Visitor"
        INVITEE = "invitee", "Invited to a team"
        CORRESPONDENT = "correspondent", "Wrote to us"
        PAYER = "payer", "Paid as a guest"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    full_name = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2 code of the residence.")
    region = models.CharField(max_length=6, blank=True, help_text="ISO 3166-2 code of the residence, such as US-CA.")
    relation = models.CharField(
        max_length=20, choices=Relation, blank=True, help_text="What they are to us where they have no account."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When the account was closed.")
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged", db_index=False,
        help_text="The person of whom this is another account. Its rows stay where they are.",
    )  # fmt: skip

    objects = People.as_manager()

    class Meta:
        verbose_name = "data subject"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="subject_newest"),
            models.Index(fields=["full_name"], name="subject_name"),
            models.Index(fields=["-created_at"], name="subject_erased", condition=Q(erased_at__isnull=False)),
            models.Index(fields=["merged_into"], name="subject_merged", condition=Q(merged_into__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(full_name="", country="", region="", relation=""),
                name="subject_tombstone_is_empty",
                violation_error_message="An erased person's row may not hold personal data.",
            ),
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex=r"^[A-Z][A-Z]$"),
                name="subject_country_is_iso_3166",
                violation_error_message="The country is a code of two capital letters, such as DE.",
            ),
            models.CheckConstraint(
                condition=Q(region="")
                | Q(region__regex=r"^[A-Z][A-Z]-[A-Z0-9]{1,3}$", region__startswith=F("country")),
                name="subject_region_is_in_its_country",
                violation_error_message="The region is a code such as US-CA, and begins with the country's.",
            ),
            models.CheckConstraint(
                condition=Q(relation__in=["", "visitor", "invitee", "correspondent", "payer"]), name="subject_relation"
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="subject_is_not_its_own_account"
            ),
        ]
        permissions = [
            ("reveal_content", "Can reveal masked content with a reason"),
            ("import_datasubject", "Can import people, content and billing"),
        ]

    def __str__(self):
        # Django's admin log copies __str__: a name here would survive the erasure.
        return f"Subject {str(self.id)[:8]}"

    def clean(self):
        if problem := why_not_there(self.country, self.region):
            raise ValidationError(problem)


class Identifier(models.Model):
    """A name by which another system knows the person. `value` is stored normalised, so unique means unique.

    A vendor's id is one account's. An e-mail address or telephone number may be several people's: it tells who can be
    reached there, and not who somebody is.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        CLERK = "clerk_id", "Clerk id"
        STRIPE = "stripe_id", "Stripe id"
        PHONE = "phone", "Telephone"
        VISITOR = "visitor_id", "Visitor id"

    SHARED = (Kind.EMAIL, Kind.PHONE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="identifiers", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    value = models.CharField(max_length=MAX_LENGTH)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "value"], name="identifier_value"),
            models.Index(Domain("value"), name="identifier_domain"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value"],
                condition=~Q(kind__in=["email", "phone"]),
                name="identifier_of_a_vendor_is_one_subjects",
                violation_error_message="Another person already has this identifier.",
            ),
            models.UniqueConstraint(fields=["subject", "kind", "value"], name="identifier_once_a_subject"),
            models.UniqueConstraint(
                fields=["subject", "kind"],
                condition=Q(is_primary=True),
                name="identifier_one_primary_of_a_kind",
            ),
            models.CheckConstraint(condition=~Q(value=""), name="identifier_not_empty"),
            models.CheckConstraint(
                condition=Q(kind__in=["email", "clerk_id", "stripe_id", "phone", "visitor_id"]), name="identifier_kind"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} of {self.subject_id!s:.8}"

    def save(self, *args, **kwargs):
        self.clean()
        super().save(*args, **kwargs)

    @classmethod
    def normalise(cls, kind: str, value: str) -> str:
        """The stored spelling of `value`; a vendor's id is compared as it stands. Raises ValidationError, with a
        sentence for staff, for what can be no such identifier."""
        if kind == cls.Kind.EMAIL:
            return normalise_email(value)
        if kind == cls.Kind.PHONE:
            return normalise_phone(value)
        vendors_id = value.strip()
        refuse_long(vendors_id)
        refuse_unseen(vendors_id)
        return vendors_id

    def clean(self):
        self.value = self.normalise(self.kind, self.value)


class Likeness(models.Model):
    """Two people who can be reached at one address, each with a row that names the other: perhaps they are one person,
    and staff are asked. Once they are told apart they are not asked again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="likenesses", db_index=False)
    other = models.ForeignKey(DataSubject, models.CASCADE, related_name="+")
    since = models.DateTimeField(db_default=Now(), editable=False)
    apart_at = models.DateTimeField(null=True, blank=True, help_text="When staff said that they are two people.")
    apart_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "likeness"
        verbose_name_plural = "likenesses"
        constraints = [
            models.UniqueConstraint(fields=["subject", "other"], name="likeness_once_a_pair"),
            models.CheckConstraint(condition=~Q(subject=F("other")), name="likeness_is_of_two"),
            models.CheckConstraint(
                condition=Q(apart_at__isnull=True, apart_by__isnull=True)
                | Q(apart_at__isnull=False, apart_by__isnull=False),
                name="likeness_is_told_apart_by_somebody",
            ),
        ]

    def __str__(self):
        return f"Likeness {str(self.id)[:8]}"


class Team(models.Model):
    """A workspace. When its owner is erased the team passes to another member, or goes if there is none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(DataSubject, models.PROTECT, related_name="owned_teams")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="team_has_a_name")]

    def __str__(self):
        return f"Team {str(self.id)[:8]}"


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        EDITOR = "editor", "Editor"
        VIEWER = "viewer", "Viewer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.EDITOR)
    joined_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "subject"], name="membership_once_a_team"),
            models.CheckConstraint(condition=Q(role__in=["owner", "editor", "viewer"]), name="membership_role"),
        ]

    def __str__(self):
        return f"Membership {str(self.id)[:8]}"


class ProfilePreference(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.OneToOneField(DataSubject, models.CASCADE, related_name="preferences")
    display_name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=35, default="en", help_text="BCP 47 tag.")
    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=20, default="system")

    def __str__(self):
        return f"Preferences of {self.subject_id!s:.8}"

    def clean(self):
        if not LANGUAGE_TAG.fullmatch(self.language):
            raise ValidationError({"language": "This is no tag of a language, such as de or pt-BR."})
        if self.time_zone not in time_zones():
            raise ValidationError({"time_zone": "There is no such time zone: it takes a name such as Europe/Berlin."})
