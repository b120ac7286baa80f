"""The queue of requests: the list, its tabs, and the addresses beneath the page of each."""

from django.contrib import admin
from django.contrib.admin.options import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, OuterRef, Subquery
from django.template.response import TemplateResponse
from django.urls import path
from unfold.decorators import display

from privacy.admin import badges
from privacy.admin.base import PeopleList, ReadOnlyAdmin, TabbedChangeList
from privacy.admin.requests import approvals, decisions, manual, packages, receipts
from privacy.admin.requests.filters import (
    DeadlineFilter,
    KindFilter,
    OutcomeFilter,
    QueueFilter,
    StateFilter,
    SubjectFilter,
    tabs_for,
)
from privacy.admin.requests.page import page_of
from privacy.admin.requests.progress import progress_view
from privacy.models import RightsRequest, Step
from privacy.selectors import cases, progress


class Queue(PeopleList, TabbedChangeList):
    """Counts what is open; on the closed ones nobody counts."""

    def tab_numbers(self, request):
        counts = cases.queue_counts(request.user)
        return {place: counts[tab] for place, tab in enumerate(["open", *tabs_for(request.user)]) if tab in counts}


@admin.register(RightsRequest)
class RightsRequestAdmin(ReadOnlyAdmin):
    changelist = Queue
    list_display = ["what", "person", "stands", "due", "steps_done", "owner", "received_at"]
    list_filter = [QueueFilter, DeadlineFilter, KindFilter, StateFilter, OutcomeFilter, SubjectFilter]
    empty_text = "Nothing waits here."
    actions = ()

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("approve/", view(approvals.approve_view), name="privacy_rightsrequest_approve_many"),
            *(
                path(f"<uuid:request_id>/{name}/", view(page), name=f"privacy_rightsrequest_{name}")
                for name, page in PAGES.items()
            ),
            path("manual/", view(manual.manual), name="privacy_rightsrequest_manual"),
            path("manual/<slug:processor>/", view(manual.manual), name="privacy_rightsrequest_manual"),
            *(
                path(f"<uuid:request_id>/{name}/<uuid:step_id>/", view(page), name=f"privacy_rightsrequest_{name}")
                for name, page in PAGES_OF_A_STEP.items()
            ),
            *super().get_urls(),
        ]

    def get_actions(self, request):
        if not cases.decides(request.user):
            return {}
        approve = approvals.approve_selected
        return {"approve": (approve, "approve", approve.short_description)}

    def get_queryset(self, request):
        """All cases, those without a right too."""
        steps = Step.objects.filter(job__case=OuterRef("pk")).order_by().values("job__case")
        return (
            cases.with_work(RightsRequest._base_manager.order_by(*self.get_ordering(request)))
            .select_related("requested_by", "approved_by", "owner")
            .annotate(
                step_count=Subquery(steps.annotate(n=Count("id")).values("n")),
                finished_count=Subquery(steps.filter(state__in=progress.FINISHED).annotate(n=Count("id")).values("n")),
            )
        )

    def get_ordering(self, request):
        if request.GET.get("queue") in ("closed", "all"):
            return ["-received_at", "id"]
        return [F("due_on").asc(nulls_last=True), "received_at"]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return TemplateResponse(request, "admin/privacy/request.html", page_of(request, row))

    @display(description="Request", ordering="kind")
    def what(self, row):
        return str(row)

    @display(description="State", ordering="state")
    def stands(self, row):
        return badges.of_case(row)

    @display(description="Due", ordering="due_on")
    def due(self, row):
        return badges.due(row)

    @display(description="Steps")
    def steps_done(self, row):
        return f"{row.finished_count or 0} of {row.step_count}" if row.step_count else "–"


# What stands beneath the page of a case, by the last word of its address.
PAGES = {
    "progress": progress_view,
    "receipt": receipts.printable,
    "link": packages.link,
    "download": packages.download,
    **{
        view.__name__: view
        for view in (
            decisions.prove, approvals.approve, approvals.approve_again, decisions.deny, decisions.set_aside,
            decisions.answer, decisions.reopen, decisions.cancel, decisions.retry, decisions.assign,
        )
    },
}  # fmt: skip
PAGES_OF_A_STEP = {"attest": decisions.attest, "reveal": decisions.reveal}
