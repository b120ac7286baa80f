"""Staff of every role."""

from django.contrib.auth.models import Group

from privacy.models import Staff
from privacy.roles import ROLES

# The demo listens on this machine only; its people are invented.
PASSWORD = "kosenai-demo"  # noqa: S105  (no secret: the demo prints it)


def ensure_staff() -> dict[str, Staff]:
    """One member of staff a role, and a superuser who manages the staff; {username: staff}."""
    staff = {role: _member(role) for role in ROLES}
    for role, member in staff.items():
        member.groups.set([Group.objects.get(name=role)])
    staff["admin"] = _member("admin", is_superuser=True)
    return staff


def _member(username: str, **flags) -> Staff:
    member, created = Staff.objects.get_or_create(
        username=username,
        defaults={"email": f"{username}@ops.example", "first_name": username.capitalize(), "is_staff": True, **flags},
    )
    if created:
        member.set_password(PASSWORD)
        member.save(update_fields=["password"])
    return member
