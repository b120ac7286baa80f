from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("%(name)s is not a time zone of the IANA list.", params={"name": name})


class Staff(AbstractUser):
    """A member of the back office. Times on screen are shown in `time_zone`; they are stored in UTC."""

    deputy = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", help_text="Who stands in while they are away."
    )
    absent_until = models.DateField(null=True, blank=True, help_text="The last day on which the deputy stands in.")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])

    class Meta(AbstractUser.Meta):
        verbose_name = "staff member"
        verbose_name_plural = "staff"

    @property
    def sees_personal_data(self) -> bool:
        """Developers run the system without reading the people in it."""
        return self.has_perm("privacy.view_datasubject")
