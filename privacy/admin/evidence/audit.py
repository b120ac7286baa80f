"""The audit trail, to look at: what was done, in sentences, and whether it is intact."""

import json

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from privacy.admin.base import ReadOnlyAdmin
from privacy.admin.evidence import events
from privacy.admin.filters import DeclaredFilter, LinkFilter
from privacy.evidence.chains import faults_of_entry
from privacy.models import AuditEntry
from privacy.selectors import evidence


class EventFilter(DeclaredFilter):
    """The events there are, found by hops along the index and not by a scan of the table."""

    title = "event"
    parameter_name = "event"

    def lookups(self, request, model_admin):
        return [(name, events.label_of(name)) for name in evidence.event_names()]


class ChainFilter(LinkFilter):
    title = "chain"
    parameter_name = "chain__exact"
    label = "This chain"
    field = forms.UUIDField()


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "sentence", "who", "chain_link", "place")
    fields = ("sentence", "at", "who", "chain_link", "place", "event", "facts", "previous", "digest", "verified")
    readonly_fields = fields
    list_filter = (EventFilter, ChainFilter)
    list_select_related = ("actor",)
    sortable_by = ()
    ordering = ("-id",)
    list_before_template = "admin/privacy/audit_head.html"

    def changelist_view(self, request, extra_context=None):
        chain = evidence.chain_named(request.GET.get("chain__exact", ""))
        context = {"chain": evidence.verified(chain) if chain else None}
        context["last_verified"] = evidence.last_verified()
        return super().changelist_view(request, context | (extra_context or {}))

    @display(description="What")
    def sentence(self, entry):
        return events.sentence(entry)

    @display(description="Who")
    def who(self, entry):
        return entry.actor or "The system"

    @display(description="Chain")
    def chain_link(self, entry):
        url = reverse("admin:privacy_auditentry_changelist")  # the page of an entry shows it, too
        return format_html(
            '<a class="ops-link" href="{}?chain__exact={}">{}</a>', url, entry.chain, str(entry.chain)[:8]
        )

    @display(description="Link")
    def place(self, entry):
        return f"{entry.n}"

    @display(description="Facts")
    def facts(self, entry):
        return format_html('<pre class="ops-pre">{}</pre>', json.dumps(entry.data, indent=2, ensure_ascii=False))

    @display(description="Verified")
    def verified(self, entry):
        """This link alone; the whole chain is verified on its list."""
        if faults := faults_of_entry(entry):
            return f"NOT INTACT: {'; '.join(faults)}. Run manage.py verify_audit."
        return "Intact: the digest fits the entry, and the entry before it."
