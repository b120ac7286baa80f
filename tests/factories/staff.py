from datetime import UTC, datetime, timedelta

import factory
from django.contrib.auth.models import Group

from privacy.models import AccessReview, Invitation, RoleGrant, SavedFilter, Staff
from privacy.roles import APPROVER, MANAGER


class StaffFactory(factory.django.DjangoModelFactory):
    """A member of the back office: a manager, or of another `role` of privacy.roles, or of none when it is empty."""

    class Meta:
        model = Staff
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"staff-{n}")
    email = factory.LazyAttribute(lambda staff: f"{staff.username}@kosenai.example")
    password = factory.django.Password("a long and private passphrase")
    is_staff = True

    @factory.post_generation
    def role(self, create, role, **kwargs):
        if create and role != "":
            self.groups.add(Group.objects.get(name=role or MANAGER))


class SavedFilterFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SavedFilter

    member = factory.SubFactory(StaffFactory)
    name = factory.Sequence(lambda n: f"Filter {n}")
    query = "queue=overdue"


class RoleGrantFactory(factory.django.DjangoModelFactory):
    """A role that decides, asked for by another, which waits for a third."""

    class Meta:
        model = RoleGrant

    member = factory.SubFactory(StaffFactory, role="agent")
    role = APPROVER
    asked_by = factory.SubFactory(StaffFactory, role="", is_superuser=True)


class InvitationFactory(factory.django.DjangoModelFactory):
    """An open one, made by a manager, for an account that nobody has used yet."""

    class Meta:
        model = Invitation

    member = factory.SubFactory(StaffFactory, role="", is_active=False, password="!")
    token_sha256 = factory.Sequence(lambda n: f"{n:064x}")
    made_by = factory.SubFactory(StaffFactory)
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(days=7))


class AccessReviewFactory(factory.django.DjangoModelFactory):
    """Signed by a manager, who found everything right."""

    class Meta:
        model = AccessReview

    member = factory.SubFactory(StaffFactory, role="agent")
    finding = AccessReview.Finding.RIGHT
    reviewed_by = factory.SubFactory(StaffFactory)
