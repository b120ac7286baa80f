"""Usage and devices: the big tables. The newest key comes first, and no column sorts or filters a whole table."""

from django.contrib import admin

from privacy.admin.content.masking import MaskedAdmin
from privacy.admin.personal import PersonalAdmin
from privacy.models import DeviceIdentifier, DiagnosticEvent, Session, UsageEvent


@admin.register(Session)
class SessionAdmin(PersonalAdmin):
    list_display = ("__str__", "subject_link", "ip_address", "started_at", "ended_at")
    fields = ("subject_link", "clerk_session_id", "ip_address", "user_agent", "started_at", "ended_at")
    newest_first = "-started_at"


@admin.register(UsageEvent)
class UsageEventAdmin(MaskedAdmin):
    list_display = ("__str__", "subject_link", "name", "properties", "occurred_at")
    fields = ("subject_link", "name", "properties", "session_key", "ip_address", "occurred_at")


@admin.register(DiagnosticEvent)
class DiagnosticEventAdmin(MaskedAdmin):
    list_display = ("__str__", "subject_link", "level", "message", "occurred_at")
    fields = ("subject_link", "level", "message", "context", "occurred_at")


@admin.register(DeviceIdentifier)
class DeviceIdentifierAdmin(PersonalAdmin):
    list_display = ("__str__", "subject_link", "kind", "last_seen_at")
    fields = ("subject_link", "kind", "value", "user_agent", "first_seen_at", "last_seen_at")
    newest_first = "-last_seen_at"
