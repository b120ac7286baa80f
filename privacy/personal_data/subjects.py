"""The people, their accounts and their teams."""

from privacy import models
from privacy.datamap import (
    Blank,
    Category,
    HandOver,
    Joint,
    LawfulBasis,
    Nullify,
    Others,
    Personal,
    PersonalData,
    Stamp,
    Use,
    register,
)
from privacy.datamap.retention import while_account_open
from privacy.personal_data.holds import NOTHING_GOES


class Account(PersonalData):
    """What account rows have in common."""

    purpose = Use.AUTHENTICATION
    lawful_basis = LawfulBasis.CONTRACT
    retention = while_account_open()
    further = {Use.TERMS: LawfulBasis.LEGITIMATE_INTERESTS}  # policy section 3
    recipients = ("clerk",)


@register(models.DataSubject)
class DataSubjectData(Account):
    subject = "self"
    erase = Blank()
    fields = {
        "full_name": Personal(Category.NAME, rectifiable=True),
        "country": Personal(Category.COUNTRY, rectifiable=True),
        "region": Personal(Category.COUNTRY, rectifiable=True),
        "relation": Personal(Category.ACCOUNT),
        "closed_at": Personal(Category.ACCOUNT, erase=Nullify(), despite_hold=NOTHING_GOES),
        "erased_at": Personal(Category.ACCOUNT, erase=Stamp()),
    }
    not_personal = ("id", "created_at", "merged_into")


@register(models.Identifier)
class IdentifierData(Account):
    subject = "subject"
    fields = {
        "subject": Personal(Category.USER_ID),
        "kind": Personal(Category.ACCOUNT),
        "value": Personal(Category.EMAIL, rectifiable=True),
        "is_primary": Personal(Category.ACCOUNT, despite_hold=NOTHING_GOES),
    }
    not_personal = ("id", "created_at")
    rectifiable_rows = {"kind__in": models.Identifier.SHARED}  # what a vendor calls them is the vendor's


@register(models.Likeness)
class LikenessData(Account):
    """The row of the other one goes with the other one: until then it names an empty tombstone, and is not shown."""

    subject = "subject"
    given = False
    recipients = ()
    despite_freeze = "It asks our staff about two accounts, and is nothing that the person does"
    fields = {"subject": Personal(Category.USER_ID), "other": Personal(Category.PSEUDONYM)}
    not_personal = ("id", "since", "apart_at", "apart_by")
    roles = {"apart_by": "Kosenai staff"}


@register(models.NameToken)
class NameTokenData(Account):
    """By what staff find whose request it is."""

    subject = "subject"
    purpose = Use.LEGAL_OBLIGATION
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    recipients = ()
    source = "Made from your name"
    derived = "The words of the names above in one spelling, by which our staff find you"
    despite_freeze = "The words of a name that is put right, for a frozen person too; an erased person has no name"
    fields = {"subject": Personal(Category.PSEUDONYM), "token": Personal(Category.NAME)}
    not_personal = ("id",)


TEAMMATES = Others("privacy.Membership", key="team_id", here="id", role="role")


@register(models.Team)
class TeamData(Account):
    subject = "owner"
    purpose = Use.STUDIO
    fields = {"owner": Personal(Category.USER_ID), "name": Personal(Category.SOCIAL)}
    not_personal = ("id", "created_at")
    joint = Joint(
        others=TEAMMATES,
        order_by="joined_at",
        because="The team goes on for its other members (GDPR art. 15(4), 17(3)(a)); another member becomes its owner",
        fields={"owner": HandOver()},
        ranks=("owner", "editor", "viewer"),
        becomes="owner",
    )


@register(models.Membership)
class MembershipData(Account):
    subject = "subject"
    purpose = Use.STUDIO
    fields = {"subject": Personal(Category.USER_ID), "role": Personal(Category.SOCIAL)}
    not_personal = ("id", "team", "joined_at")
    others = Others("privacy.Membership", key="team_id", here="team_id", role="role")


@register(models.ProfilePreference)
class ProfilePreferenceData(Account):
    subject = "subject"
    purpose = Use.STUDIO
    recipients = ()
    fields = {
        "subject": Personal(Category.USER_ID),
        "display_name": Personal(Category.NAME, rectifiable=True),
        "language": Personal(Category.SETTINGS, rectifiable=True),
        "time_zone": Personal(Category.SETTINGS, rectifiable=True),
        "theme": Personal(Category.SETTINGS, rectifiable=True),
    }
    not_personal = ("id",)
