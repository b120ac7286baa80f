"""Sessions, usage and diagnostic events, cookies and device ids."""

from privacy import models
from privacy.datamap import Category, LawfulBasis, Personal, PersonalData, Retention, Use, register
from privacy.personal_data.communications import OWN_WORD
from privacy.personal_data.holds import NOTHING_GOES

YEAR_OF_USE = Retention(
    "Security and improvement need a year, no more (policy section 3)", days=365, after="occurred_at"
)


class Usage(PersonalData):
    purpose = Use.IMPROVEMENT
    lawful_basis = LawfulBasis.LEGITIMATE_INTERESTS
    retention = YEAR_OF_USE
    recipients = ("analytics", "logging")
    source = "Your device, while you used the service"
    given = False


@register(models.Session)
class SessionData(Usage):
    subject = "subject"
    purpose = Use.SECURITY
    further = {Use.FRAUD: LawfulBasis.LEGITIMATE_INTERESTS}  # policy section 3; GDPR recital 47
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
    forgotten_by = "occurred_at"
    fields = {
        "subject": Personal(Category.USER_ID),
        "session_key": Personal(Category.PSEUDONYM),
        "name": Personal(Category.BEHAVIOUR, masked=False),
        "properties": Personal(Category.BEHAVIOUR),
        "ip_address": Personal(Category.IP_ADDRESS),
        "occurred_at": Personal(Category.BEHAVIOUR),
    }
    not_personal = ("id",)


@register(models.DiagnosticEvent)
class DiagnosticEventData(Usage):
    subject = "subject"
    forgotten_by = "occurred_at"
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
        "opted_out_at": Personal(Category.PRIVACY_CHOICES, despite_hold=OWN_WORD),
    }
    not_personal = ("id",)
