import uuid
from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Permission
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from privacy.models.places import time_zones


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError("%(name)s is not a time zone of the IANA list.", params={"name": name})


ABOUT_ACCOUNTS = {"staff", "rolegrant", "role"}
APP, CODENAME = "groups__permissions__content_type__app_label", "groups__permissions__codename"


class Staff(AbstractUser):
    """A member of the back office. Times on screen are shown in `time_zone`; they are stored in UTC.

    A superuser keeps the accounts and nothing else: what is done about people takes a role, like everybody's.
    """

    deputy = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", help_text="Who stands in while they are away."
    )
    absent_until = models.DateField(null=True, blank=True, help_text="The last day on which the deputy stands in.")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    digest = models.BooleanField(
        "daily digest", default=True, help_text="By mail in the morning of working days, if something is due."
    )
    last_used_at = models.DateTimeField("last use", null=True, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        verbose_name = "staff member"
        verbose_name_plural = "staff"
        permissions = [
            ("invite_staff", "Can invite a member of staff"),
            ("review_staff", "Can sign off what a member of staff may do"),
        ]

    @classmethod
    def with_roles(cls, pk: object) -> "Staff | None":
        """One member and what their roles permit, in one query: a row a permission, of which one becomes an object."""
        names = [field.attname for field in cls._meta.concrete_fields]
        found = cls.objects.filter(pk=pk)
        rows = list(found.values_list(*names, APP, CODENAME))
        if not rows:
            return None
        member = cls.from_db(found.db, names, rows[0][: len(names)])
        member.of_roles = {f"{app}.{codename}" for *_, app, codename in rows if codename}
        return member

    def has_perm(self, perm: str, obj: object = None) -> bool:
        is_theirs = perm in self.of_roles or (self.is_superuser and is_about_accounts(perm))
        return self.is_active and is_theirs

    def has_module_perms(self, app_label: str) -> bool:
        is_theirs = self.is_superuser or any(perm.startswith(f"{app_label}.") for perm in self.of_roles)
        return self.is_active and is_theirs

    @cached_property
    def of_roles(self) -> set[str]:
        """What their roles permit. Nothing is permitted to a member by name, where no second would have confirmed it;
        and Django's own look-up would say everything of a superuser."""
        rows = Permission.objects.filter(group__user=self).values_list("content_type__app_label", "codename")
        return {f"{app}.{codename}" for app, codename in rows}

    @property
    def sees_personal_data(self) -> bool:
        """Developers run the system without reading the people in it."""
        return self.has_perm("privacy.view_datasubject")


def is_about_accounts(perm: str) -> bool:
    """Whether a permission is about the staff's own accounts, roles and sessions."""
    app, _, codename = perm.partition(".")
    return app not in ("privacy", "billing") or codename.partition("_")[2] in ABOUT_ACCOUNTS


class RoleGrant(models.Model):
    """A role that decides or releases, asked for by one who keeps the accounts: it acts when a second has confirmed it,
    or, where there is no second, after a wait in which all who decide are told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=40)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    acts_from = models.DateTimeField(null=True, blank=True, help_text="Empty: when somebody has confirmed it.")
    acted_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        permissions = [
            ("ask_role", "Can ask for a role for another"),
            ("confirm_role", "Can confirm a role that another asked for"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "role"], condition=Q(acted_at=None, refused_at=None), name="role_grant_once_open"
            ),
            models.CheckConstraint(condition=~Q(asked_by=F("member")), name="role_is_not_given_to_oneself"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | (~Q(confirmed_by=F("asked_by")) & ~Q(confirmed_by=F("member"))),
                name="role_is_confirmed_by_a_third",
            ),
            models.CheckConstraint(condition=Q(acted_at=None) | Q(refused_at=None), name="role_acts_or_is_refused"),
        ]

    def __str__(self):
        return f"Role {str(self.id)[:8]}"


class Invitation(models.Model):
    """A link by which a new member sets their password, once. What is stored of it is a hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="invitations")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(used_at=None, withdrawn_at=None), name="invitation_one_open_a_member"
            ),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(withdrawn_at=None), name="invitation_is_used_or_withdrawn"
            ),
            models.CheckConstraint(
                condition=Q(made_by=None) | ~Q(made_by=F("member")), name="invitation_is_not_to_oneself"
            ),
        ]

    def __str__(self):
        return f"Invitation {str(self.id)[:8]}"


class AccessReview(models.Model):
    """That somebody looked at what a member may do, and what they found."""

    class Finding(models.TextChoices):
        RIGHT = "right", "Right as it is"
        CHANGE = "change", "Something has to change"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    roles = models.JSONField(default=list, help_text="As they were then.")
    finding = models.CharField(max_length=10, choices=Finding)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-reviewed_at"]
        indexes = [models.Index(fields=["member", "-reviewed_at"], name="review_by_member")]
        constraints = [
            models.CheckConstraint(condition=Q(finding__in=["right", "change"]), name="review_finding"),
            models.CheckConstraint(condition=~Q(reviewed_by=F("member")), name="review_is_not_of_oneself"),
        ]

    def __str__(self):
        return f"Review {str(self.id)[:8]}"


class SavedFilter(models.Model):
    """A filter of the queue that a member of staff has named. It holds no search and no person."""

    LONGEST_NAME = 40

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["member", "name"], name="saved_filter_once_a_name"),
            models.CheckConstraint(condition=~Q(query=""), name="saved_filter_filters"),
        ]

    def __str__(self):
        return f"Filter {str(self.id)[:8]}"
