"""Who else handles the data: the inventory that managers review, the data flow, and the record of processing."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from unfold.decorators import action, display

from privacy import regimes
from privacy.admin.badges import badge
from privacy.admin.base import StaffAdmin
from privacy.admin.filters import DeclaredFilter
from privacy.admin.forms import NoQuestionsForm
from privacy.admin.processors import flow_picture
from privacy.catalogue import NotAllowed
from privacy.datamap import spreadsheet
from privacy.fulfilment import inventory
from privacy.models import Processor
from privacy.selectors import processing

FACTS = (
    "name", "key", "role", "parent", "purpose", "country", "safeguard", "agreement_signed_on", "console",
    "instructions", "source", "read_on",
)  # fmt: skip


class ProcessorForm(forms.ModelForm):
    class Meta:
        model = Processor
        fields = FACTS

    def clean_country(self) -> str:
        country = self.cleaned_data["country"].strip().upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError("Two letters, such as US or DE; empty when it is not known.")
        return country

    def clean_read_on(self):
        read_on = self.cleaned_data["read_on"]
        if read_on and read_on > regimes.today():
            raise forms.ValidationError("This day is yet to come.")
        return read_on


class ReviewFilter(DeclaredFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request, model_admin):
        return [("due", "Unverified or overdue"), ("done", "Reviewed in the last 12 months")]

    def queryset(self, request, queryset):
        match self.wanted:
            case "due":
                return queryset.filter(processing.review_due())
            case "done":
                return queryset.exclude(processing.review_due())
        return queryset


@admin.register(Processor)
class ProcessorAdmin(StaffAdmin):
    form = ProcessorForm
    list_display = ("who", "purpose", "place", "safeguard_known", "agreement", "read", "review")
    list_filter = (ReviewFilter,)
    list_before_template = "admin/privacy/processor_head.html"
    change_form_outer_before_template = "admin/privacy/processor_uses.html"
    fields = FACTS
    sortable_by = ()
    actions_detail = ("mark_reviewed",)

    def get_queryset(self, request):
        return processing.inventory()

    def get_ordering(self, request):
        return processing.IN_ORDER

    def get_readonly_fields(self, request, obj=None):
        # The key ties the processor to its connector and to the data map.
        return ("key",) if obj else ()

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("data-flow/", view(self.data_flow), name="privacy_processor_data_flow"),
            path("record-of-processing/", view(self.record), name="privacy_processor_record"),
            path("record-of-processing.csv", view(self.record_csv), name="privacy_processor_record_csv"),
            *super().get_urls(),
        ]

    def has_review_permission(self, request, obj=None) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        """Never: the record of processing says who handled data in the past, too."""
        return False

    def save_model(self, request, obj, form, change):
        inventory.save(processor=obj, changed=form.changed_data, actor=request.user)

    def changelist_view(self, request, extra_context=None):
        context = {"unknown_recipients": sorted(processing.unknown_recipients())}
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        key = unquote(object_id)
        context = {"uses": processing.uses_of(key), "chain": inventory.chain_of(key)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @action(description="Mark reviewed", icon="verified", url_path="mark-reviewed", permissions=["review"])
    def mark_reviewed(self, request, object_id):
        """Shows the facts once more, asks, and records the review."""
        processor = self.get_object(request, unquote(object_id))
        if processor is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST":
            return self.ask_for_review(request, processor)
        back = reverse("admin:privacy_processor_change", args=[processor.pk])
        try:
            inventory.mark_reviewed(key=processor.key, actor=request.user)
        except NotAllowed as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(back)
        messages.success(request, f"{processor} is reviewed. The next review is due in twelve months.")
        return HttpResponseRedirect(reverse("admin:privacy_processor_changelist"))

    def ask_for_review(self, request, processor) -> TemplateResponse:
        context = {
            "title": f"Review {processor}",
            "processor": processor,
            "missing": processing.missing(processor),
            "form": NoQuestionsForm(),
            "form_url": request.path,
            "submit": "I read the source, and these facts are right",
            "cancel_url": reverse("admin:privacy_processor_change", args=[processor.pk]),
        }
        return self.page(request, "admin/privacy/processor_review.html", context)

    def data_flow(self, request):
        """Categories of data to purposes to processors, as a picture and as a table."""
        self.must_view(request)
        flows = processing.flows()
        names = {processor.key: processor.name for processor in Processor.objects.all()}
        context = {
            "title": "Data flow",
            "picture": flow_picture.draw(flows, names),
            "rows": flow_picture.table(flows, names),
        }
        return self.page(request, "admin/privacy/data_flow.html", context)

    def record(self, request):
        """The record of processing activities (GDPR art. 30)."""
        self.must_view(request)
        context = {
            "title": "Record of processing",
            "activities": processing.activities(),
            "exempted": processing.exempted(),
            "erased_where_named": processing.erased_where_named(),
            "processors": list(processing.inventory()),
            "today": regimes.today(),
        }
        return self.page(request, "admin/privacy/record_of_processing.html", context)

    def record_csv(self, request):
        self.must_view(request)
        heading, *rows = processing.csv_rows()
        name = f"record-of-processing-{regimes.today():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(spreadsheet.table(heading, rows), content_type="text/csv; charset=utf-8", headers=headers)

    def must_view(self, request) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def page(self, request, template: str, context: dict) -> TemplateResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts} | context
        )

    @display(description="Processor")
    def who(self, processor):
        """A sub-processor stands under who engaged it."""
        if processor.parent:
            return format_html(
                '<span class="ko-engaged">↳ {}<br><small>engaged by {}</small></span>', processor, processor.parent
            )
        return processor.name

    @display(description="Country")
    def place(self, processor):
        return processor.country or unknown()

    @display(description="Safeguard")
    def safeguard_known(self, processor):
        is_known = processor.safeguard != Processor.Safeguard.UNKNOWN
        return processor.get_safeguard_display() if is_known else unknown()

    @display(description="Agreement (art. 28)")
    def agreement(self, processor):
        return processor.agreement_signed_on or unknown()

    @display(description="Read in, on")
    def read(self, processor):
        if not processor.source:
            return unknown()
        return format_html(
            '<span class="ko-source">{}<br><small>{}</small></span>', processor.source, day(processor.read_on)
        )

    @display(description="Review")
    def review(self, processor):
        state, on = processing.review_state(processor)
        if state == "unverified":
            return badge(f"UNVERIFIED since {day(on)}" if on else "UNVERIFIED", "stop")
        if state == "overdue":
            return badge(f"Overdue: last {day(on)}", "warn")
        return format_html("{}<br><small>by {}</small>", badge(f"Reviewed {day(on)}", "good"), processor.reviewed_by)


def unknown():
    return format_html('<span class="ko-unknown">{}</span>', "Not known yet")


def day(on) -> str:
    return date_format(on, "j M Y") if on else "no date"
