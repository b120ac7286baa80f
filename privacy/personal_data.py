"""The data map of the privacy app, and of Django's and third-party tables.

A new model without a class here (or in its own app's personal_data.py) stops the start. See README, Add a model.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session as DjangoSession
from django.db.migrations.recorder import MigrationRecorder

from privacy import models
from privacy.datamap import (
    Blank,
    Category,
    Evidence,
    HandOver,
    Joint,
    Keep,
    LawfulBasis,
    Nullify,
    Others,
    Personal,
    PersonalData,
    Retention,
    Stamp,
    Use,
    Veiled,
    erased_by,
    exempt,
    register,
)
from privacy.datamap.retention import while_account_open

ACCOUNTABILITY = Keep(
    because="Proof that a request was answered (GDPR art. 5(2); 11 CCR 7101 asks for 24 months)",
    until=Retention("Proof that a request was answered", years=3, after="received_at"),
)
EVIDENCE_RETENTION = Retention(
    "Proof that a request was answered (GDPR art. 5(2), 11 CCR 7101)", years=3, after="received_at"
)
YEAR_OF_USE = Retention(
    "Security and improvement need a year, no more (policy section 3)", days=365, after="occurred_at"
)
ERASED_TEXT = Blank(to="[erased]")
COMMITMENT = "A random number of our own, by which we can prove that the reason was not changed"
# Rights and duties are declared above this floor; a test subtracts these from them.
DUTIES = ("hold_place", "hold_release", "child_flag", "child_confirm", "child_clear")
NOTHING_GOES = "It tells how things went on; what was there before the hold stays, and when it began"
OWN_WORD = "The person's own word counts at once, a hold or not (GDPR art. 7(3), 21(3))"
STAFFS_WORDS = (
    "Our staff's words about a legal hold or a possible child can name others and an inquiry (GDPR art. 15(4), 23)"
)


class Account(PersonalData):
    """What account rows have in common."""

    purpose = Use.AUTHENTICATION
    lawful_basis = LawfulBasis.CONTRACT
    retention = while_account_open()
    recipients = ("clerk",)


@register(models.DataSubject)
class DataSubjectData(Account):
    subject = "self"
    erase = Blank()
    fields = {
        "full_name": Personal(Category.NAME),
        "country": Personal(Category.COUNTRY),
        "closed_at": Personal(Category.ACCOUNT, erase=Nullify(), despite_hold=NOTHING_GOES),
        "erased_at": Personal(Category.ACCOUNT, erase=Stamp()),
    }
    not_personal = ("id", "created_at")


@register(models.Identifier)
class IdentifierData(Account):
    subject = "subject"
    fields = {
        "subject": Personal(Category.USER_ID),
        "kind": Personal(Category.ACCOUNT),
        "value": Personal(Category.EMAIL),
        "is_primary": Personal(Category.ACCOUNT, despite_hold=NOTHING_GOES),
    }
    not_personal = ("id", "created_at")


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
        "display_name": Personal(Category.NAME),
        "language": Personal(Category.SETTINGS),
        "time_zone": Personal(Category.SETTINGS),
        "theme": Personal(Category.SETTINGS),
    }
    not_personal = ("id",)


@register(models.MarketingPreference)
class MarketingPreferenceData(PersonalData):
    subject = "subject"
    purpose = Use.MARKETING
    lawful_basis = LawfulBasis.CONSENT
    retention = while_account_open("Until the choice is changed or the account closed")
    recipients = ("email_delivery",)
    fields = {
        "subject": Personal(Category.USER_ID),
        "channel": Personal(Category.PRIVACY_CHOICES),
        "opted_in": Personal(Category.PRIVACY_CHOICES, starts_processing=True, despite_hold=OWN_WORD),
        "changed_at": Personal(Category.PRIVACY_CHOICES, despite_hold=OWN_WORD),
    }
    not_personal = ("id",)


class Content(PersonalData):
    """What creator content has in common."""

    purpose = Use.STUDIO
    lawful_basis = LawfulBasis.CONTRACT
    retention = while_account_open()


@register(models.Script)
class ScriptData(Content):
    subject = "owner"
    fields = {
        "owner": Personal(Category.USER_ID),
        "title": Personal(Category.CONTENT),
        "format": Personal(Category.CONTENT),
        "body": Personal(Category.CONTENT),
    }
    not_personal = ("id", "created_at", "updated_at")
    joint = Joint(
        others=Others("privacy.ScriptCoAuthor", key="script_id", here="id", role="role"),
        order_by="added_at",
        because="The script is its co-authors' work too (GDPR art. 15(4), 17(3)(a)); a co-author becomes its owner",
        fields={"owner": HandOver()},
    )


@register(models.ScriptCoAuthor)
class ScriptCoAuthorData(Content):
    subject = "subject"
    fields = {"subject": Personal(Category.USER_ID), "role": Personal(Category.SOCIAL)}
    not_personal = ("id", "script", "added_at")


@register(models.ShotList)
class ShotListData(Content):
    subject = "owner"
    fields = {"owner": Personal(Category.USER_ID), "title": Personal(Category.CONTENT)}
    not_personal = ("id", "script", "created_at")


@register(models.Shot)
class ShotData(Content):
    subject = "shot_list__owner"
    fields = {
        "number": Personal(Category.CONTENT),
        "description": Personal(Category.CONTENT),
        "camera": Personal(Category.CONTENT),
    }
    not_personal = ("id", "shot_list")


@register(models.Note)
class NoteData(Content):
    subject = "author"
    fields = {"author": Personal(Category.USER_ID), "body": Personal(Category.CONTENT)}
    not_personal = ("id", "script", "created_at")


@register(models.Upload)
class UploadData(Content):
    subject = "owner"
    folder = "uploads/{subject}"
    fields = {
        "owner": Personal(Category.USER_ID),
        "file": Personal(Category.CONTENT),
        "name": Personal(Category.CONTENT),
        "media_type": Personal(Category.CONTENT),
        "size": Personal(Category.CONTENT),
        "sha256": Personal(Category.CONTENT),
    }
    not_personal = ("id", "script", "created_at")


@register(models.Prompt)
class PromptData(Content):
    subject = "author"
    recipients = ("openai", "google")
    fields = {
        "author": Personal(Category.USER_ID),
        "provider": Personal(Category.CONTENT),
        "response_id": Personal(Category.PSEUDONYM),
        "text": Personal(Category.CONTENT),
    }
    not_personal = ("id", "script", "created_at")


@register(models.Feedback)
class FeedbackData(Content):
    subject = "author"
    purpose = Use.IMPROVEMENT
    lawful_basis = LawfulBasis.LEGITIMATE_INTERESTS
    fields = {
        "author": Personal(Category.USER_ID),
        "rating": Personal(Category.CONTENT),
        "body": Personal(Category.CONTENT),
    }
    not_personal = ("id", "created_at")


class Support(PersonalData):
    purpose = Use.SUPPORT
    lawful_basis = LawfulBasis.CONTRACT
    retention = while_account_open()
    recipients = ("email_delivery",)


@register(models.SupportConversation)
class SupportConversationData(Support):
    subject = "subject"
    fields = {
        "subject": Personal(Category.USER_ID),
        "topic": Personal(Category.SUPPORT),
        "status": Personal(Category.SUPPORT, despite_hold=NOTHING_GOES),
    }
    not_personal = ("id", "opened_at")


@register(models.SupportMessage)
class SupportMessageData(Support):
    subject = "conversation__subject"
    fields = {"body": Personal(Category.SUPPORT), "sent_at": Personal(Category.SUPPORT)}
    not_personal = ("id", "conversation", "staff")
    roles = {"staff": "Kosenai support"}


class Usage(PersonalData):
    purpose = Use.IMPROVEMENT
    lawful_basis = LawfulBasis.LEGITIMATE_INTERESTS
    retention = YEAR_OF_USE
    recipients = ("analytics", "logging")
    source = "Your device, while you used the service"


@register(models.Session)
class SessionData(Usage):
    subject = "subject"
    purpose = Use.SECURITY
    retention = Retention("Sign-in history for security", days=365, after="started_at")
    recipients = ("clerk",)
    fields = {
        "subject": Personal(Category.USER_ID),
        "clerk_session_id": Personal(Category.PSEUDONYM),
        "ip_address": Personal(Category.IP_ADDRESS),
        "user_agent": Personal(Category.DEVICE),
        "started_at": Personal(Category.BEHAVIOUR),
        "ended_at": Personal(Category.BEHAVIOUR, despite_hold=NOTHING_GOES),
    }
    not_personal = ("id",)


@register(models.UsageEvent)
class UsageEventData(Usage):
    subject = "subject"
    fields = {
        "subject": Personal(Category.USER_ID),
        "session_key": Personal(Category.PSEUDONYM),
        "name": Personal(Category.BEHAVIOUR),
        "properties": Personal(Category.BEHAVIOUR),
        "ip_address": Personal(Category.IP_ADDRESS),
        "occurred_at": Personal(Category.BEHAVIOUR),
    }
    not_personal = ("id",)


@register(models.DiagnosticEvent)
class DiagnosticEventData(Usage):
    subject = "subject"
    purpose = Use.PERFORMANCE
    recipients = ("logging",)
    fields = {
        "subject": Personal(Category.USER_ID),
        "level": Personal(Category.TELEMETRY),
        "message": Personal(Category.TELEMETRY),
        "context": Personal(Category.TELEMETRY),
        "occurred_at": Personal(Category.TELEMETRY),
    }
    not_personal = ("id",)


@register(models.DeviceIdentifier)
class DeviceIdentifierData(Usage):
    subject = "subject"
    retention = Retention("Cookies are told apart for a year", days=365, after="last_seen_at")
    recipients = ("analytics",)
    fields = {
        "subject": Personal(Category.USER_ID),
        "kind": Personal(Category.COOKIE),
        "value": Personal(Category.COOKIE),
        "user_agent": Personal(Category.DEVICE),
        "first_seen_at": Personal(Category.BEHAVIOUR),
        "last_seen_at": Personal(Category.BEHAVIOUR, despite_hold=NOTHING_GOES),
    }
    not_personal = ("id",)


class Accountability(PersonalData):
    """Records of what was asked and done. They stay, without what was written about the person; what is written down
    about a frozen or erased person is what the freeze and the erasure are proved by."""

    purpose = Use.LEGAL_OBLIGATION
    lawful_basis = LawfulBasis.LEGAL_OBLIGATION
    retention = EVIDENCE_RETENTION
    source = "Our own records of your requests"


@register(models.Case)
class CaseData(Accountability):
    """`sealed` holds where the person is to be answered, until nothing is owed any more: also past their erasure, of
    which they are still to be told."""

    subject = "subject"
    erase = ACCOUNTABILITY
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "kind": Personal(Category.PRIVACY_CHOICES),
        "state": Personal(Category.PRIVACY_CHOICES),
        "outcome": Personal(Category.PRIVACY_CHOICES),
        "reason": Personal(Category.PRIVACY_CHOICES, erase=ERASED_TEXT),
        "verification": Personal(Category.PRIVACY_CHOICES),
        "received_at": Personal(Category.PRIVACY_CHOICES),
        "regime": Personal(Category.COUNTRY),
        "answered_at": Personal(Category.PRIVACY_CHOICES),
        "answered_how": Personal(Category.PRIVACY_CHOICES),
        "denial_reason": Personal(Category.PRIVACY_CHOICES),
        "recipient_key": Personal(Category.PSEUDONYM, erase=Blank()),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
        "sealed": Personal(
            Category.EMAIL,
            erase=Keep(
                because="The person is answered there (GDPR art. 12(3)); emptied when nothing is owed any more",
                until=Retention("Until the person is answered", days=90, after="received_at"),
            ),
        ),
    }
    not_personal = (
        "id", "batch", "requested_by", "deciders", "approved_by", "approved_at", "owner", "joined", "due_on",
        "closed_at", "silent",
    )  # fmt: skip
    roles = dict.fromkeys(("requested_by", "approved_by", "owner"), "Kosenai staff")
    withheld = {"salt": COMMITMENT, "sealed": "Encrypted; the address that you gave us for the answer"}
    evidence = Evidence(
        changes=("state", "outcome", "joined", "closed_at", "answered_at", "answered_how", "owner", "sealed"),
        once=("verification",),
        anew=("approved_by", "approved_at", "denial_reason"),  # of a case that is taken up again
    )
    veiled = {"reason": Veiled("kind", DUTIES, f"{STAFFS_WORDS}; the reasons of your own requests are told")}
    silent = "silent"


NOT_ALL_WORK = "An import, or the deletion of a file that has expired, is work about no one person"
MACHINERY = (
    "at_step", "lease", "lease_until", "fence", "claims", "not_before", "cancel_requested", "stopped_at",
    "parked_because", "approved",
)  # fmt: skip


@register(models.Job)
class JobData(Accountability):
    subject = "subject"
    retention = replace(EVIDENCE_RETENTION, after="ordered_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention)
    fields = {"subject": Personal(Category.PSEUDONYM), "kind": Personal(Category.PRIVACY_CHOICES)}
    not_personal = (
        "id",
        "case",
        "about",
        "lane",
        "due_on",
        "silent",
        "ordered_by",
        "ordered_at",
        "ended_at",
        *MACHINERY,
    )
    roles = {"ordered_by": "Kosenai staff"}
    withheld = dict.fromkeys(
        ("about", "lane", *MACHINERY), "Bookkeeping of our own machinery; it says nothing about you"
    )
    evidence = Evidence(changes=("due_on", *MACHINERY), once=("ended_at",))
    about_nobody = NOT_ALL_WORK
    silent = "silent"


@register(models.Step)
class StepData(Accountability):
    """`sealed` holds the processors' ids for the person until the call is made; the step empties it itself, after the
    erasure of the tables, so the sweep of the tables keeps its hands off."""

    subject = "job__subject"
    retention = replace(EVIDENCE_RETENTION, after="job__ordered_at")
    erase = Keep(
        because="The processor is asked to erase by these ids; emptied as soon as it has answered",
        until=Retention("Until the processor has answered", days=90, after="finished_at"),
    )
    fields = {"sealed": Personal(Category.PSEUDONYM)}
    about_nobody = NOT_ALL_WORK
    silent = "job__silent"
    not_personal = (
        "id", "job", "seq", "name", "target", "state", "attempts", "key", "not_before",
        "units_planned", "units_done", "result", "problem", "started_at", "finished_at",
    )  # fmt: skip
    withheld = {
        "sealed": "Encrypted; your ids at our processors stand in Identifier",
        "result": "Evidence of our own steps; it can name the employee who attested one (GDPR art. 15(4))",
    }
    evidence = Evidence(
        while_open=(
            "seq", "state", "attempts", "sealed", "not_before", "units_planned", "units_done", "result", "problem",
            "started_at", "finished_at",
        ),
        ended=("state", ("done", "waived")),
        goes={"state": ("pending",)},  # a plan of which nothing was done is made anew
    )  # fmt: skip


@register(models.AccessPackage)
class AccessPackageData(Accountability):
    subject = "request__subject"
    retention = Retention("Time enough to fetch it", days=7, after="created_at")
    fields = {
        "file": Personal(Category.ACCOUNT),
        "sha256": Personal(Category.ACCOUNT),
        "size": Personal(Category.ACCOUNT),
        "rows": Personal(Category.ACCOUNT),
        "files": Personal(Category.ACCOUNT),
        "token_sha256": Personal(Category.PSEUDONYM),
        "downloaded_at": Personal(Category.BEHAVIOUR),
    }
    not_personal = ("id", "request", "gaps", "encrypted", "created_at", "expires_at", "token_issued_at", "swept_at")
    withheld = {"token_sha256": "It guards the download", "file": "Where we stored the package"}
    evidence = Evidence(
        changes=("file", "expires_at", "token_sha256", "token_issued_at", "downloaded_at", "swept_at"), goes={}
    )


@register(models.LegalHold)
class LegalHoldData(Accountability):
    subject = "subject"
    retention = Retention("Proof of why data was kept", years=3, after="placed_at")
    erase = Keep(
        because="Proof of why data was kept (GDPR art. 5(2), 17(3)(e))",
        until=Retention("Proof of why data was kept", years=3, after="placed_at"),
    )
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "reason": Personal(Category.PRIVACY_CHOICES, erase=ERASED_TEXT),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
        "placed_at": Personal(Category.PRIVACY_CHOICES),
        "released_at": Personal(Category.PRIVACY_CHOICES),
    }
    not_personal = ("id", "placed_by", "released_by", "silent")
    withheld = {"reason": STAFFS_WORDS, "salt": COMMITMENT}
    silent = "silent"
    roles = {"placed_by": "Kosenai staff", "released_by": "Kosenai staff"}
    evidence = Evidence(once=("released_by", "released_at"))


PROOF_OF_A_LIMIT = "Proof of when processing was limited, and why (GDPR art. 5(2), 18)"


@register(models.Limit)
class LimitData(Accountability):
    subject = "subject"
    retention = Retention(PROOF_OF_A_LIMIT, years=3, after="since")
    erase = Keep(because=PROOF_OF_A_LIMIT, until=retention)
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "purpose": Personal(Category.PRIVACY_CHOICES),
        "ground": Personal(Category.CHILD),
        "since": Personal(Category.PRIVACY_CHOICES),
        "lifted_at": Personal(Category.PRIVACY_CHOICES),
    }
    not_personal = ("id",)
    evidence = Evidence(once=("lifted_at",))


@register(models.ChildFlag)
class ChildFlagData(Accountability):
    subject = "subject"
    retention = Retention("Proof of a decision about a possible child", years=3, after="flagged_at")
    erase = Keep(
        because="Proof of a decision about a possible child (16 CFR 312.10 without the data itself)",
        until=Retention("Proof of a decision about a possible child", years=3, after="flagged_at"),
    )
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "state": Personal(Category.CHILD),
        "reason": Personal(Category.CHILD, erase=ERASED_TEXT),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
        "flagged_at": Personal(Category.CHILD),
        "decided_at": Personal(Category.CHILD),
    }
    not_personal = ("id", "flagged_by", "decided_by")
    withheld = {"reason": STAFFS_WORDS, "salt": COMMITMENT}
    roles = {"flagged_by": "Kosenai staff", "decided_by": "Kosenai staff"}
    evidence = Evidence(
        changes=("decided_by", "decided_at"), while_open=("state",), ended=("state", (models.ChildFlag.State.CLEARED,))
    )


EMPLOYEES = "Kosenai's own employees, under the staff privacy notice; no data subject appears here"
exempt(models.Staff, because=EMPLOYEES)
exempt(models.RoleGrant, because=EMPLOYEES)
exempt(models.Staff.groups.through, because=EMPLOYEES)
exempt(models.Staff.user_permissions.through, because=EMPLOYEES)
exempt(EmailAddress, because=EMPLOYEES)
exempt(EmailConfirmation, because=EMPLOYEES)
exempt(Authenticator, because=EMPLOYEES)
exempt(UserSession, because=EMPLOYEES)
exempt(LogEntry, because="Copies __str__ of rows, and no __str__ names a person (checked by a test)")
exempt(Group, because="Names of roles, made from the table in roles.py")
exempt(Group.permissions.through, because="What roles may do, made from the table in roles.py")
exempt(Permission, because="Names of permissions, made by Django")
exempt(ContentType, because="Names of models, made by Django")
exempt(MigrationRecorder.Migration, because="Names of migrations, written by Django")
exempt(models.Processor, because="Companies and not persons; contacts are not stored")
exempt(models.ImportRun, because="Who imported which table, with counts and rules; the values stay in the sealed file")
exempt(
    models.Batch,
    because="Who pressed which button when; the persons stand in Case",
    evidence=Evidence(goes={}),  # one that opened nothing; a request keeps its batch by the foreign key
)
exempt(
    models.Receipt,
    because="Counts and rules only; outlives the person's data as its proof",
    evidence=Evidence(),
)
exempt(models.Heartbeat, because="When our own recurring duties last ran")
exempt(models.AuditHead, because="Digests of audit entries", evidence=Evidence(changes=("n", "digest")))
exempt(
    models.AuditEntry,
    because="Counts, rule names and keyed pseudonyms; no personal values (checked by a test)",
    evidence=Evidence(),
)
exempt(
    models.Suppression,
    because="Keyed hashes that only recognise a returning identifier (GDPR recital 26, 17(3)(b))",
    evidence=Evidence(),
)


def typed_at_sign_in(row: AccessAttempt | AccessFailureLog | AccessLog) -> str:
    """What somebody typed or clicked; not the browser's name, which many share."""
    return "\n".join(str(getattr(row, name, "") or "") for name in ("username", "path_info", "get_data", "post_data"))


def quoted_in_session(row: DjangoSession) -> str:
    """Every text of the session (messages, filters), but for what says who of the staff is signed in."""
    said = {key: value for key, value in row.get_decoded().items() if not key.startswith("_auth_")}
    return "\n".join(_texts(said))


def _texts(value) -> Iterator[str]:
    match value:
        case dict():
            yield from _texts([*value.keys(), *value.values()])
        case list():
            for item in value:
                yield from _texts(item)
        case str() if value.startswith(("[", "{")):  # messages are JSON in JSON
            try:
                yield from _texts(json.loads(value))
            except ValueError:
                yield value
        case _:
            yield str(value)


TYPED = "Staff sign in here and data subjects at Clerk, but anything can be typed into the form or its address"
erased_by(AccessAttempt, typed_at_sign_in, because=TYPED)
erased_by(AccessFailureLog, typed_at_sign_in, because=TYPED)
erased_by(AccessLog, typed_at_sign_in, because=TYPED)
exempt(AccessAttemptExpiration, because="When an attempt to sign in is forgotten; goes with the attempt")
erased_by(DjangoSession, quoted_in_session, because="Staff sessions, whose messages may quote what staff looked at")
