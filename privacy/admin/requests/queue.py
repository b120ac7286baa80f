"""The queue of requests: the list, its tabs, and the addresses beneath the page of each."""

from functools import partial
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.options import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, Subquery
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.timezone import localdate
from unfold.decorators import display

from privacy.admin import address, badges
from privacy.admin.base import PeopleList, ReadOnlyAdmin, TabbedChangeList
from privacy.admin.requests import (
    approvals,
    clocks,
    comments,
    decisions,
    denials,
    dossiers,
    export,
    manual,
    packages,
    parked,
    receipts,
    redactions,
    reopening,
    saved,
)
from privacy.admin.requests.filters import (
    DAYS,
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
from privacy.admin.searched import Searched, SearchedList
from privacy.fulfilment import filters
from privacy.models import Case, RightsRequest, Step
from privacy.selectors import cases, progress, urgency
from privacy.selectors.search import Found, find, ids_beginning, is_uuid


class Queue(SearchedList, PeopleList, TabbedChangeList):
    """Counts what is open; on the closed ones nobody counts. Knows the days and saved filters that its head shows."""

    def get_results(self, request):
        super().get_results(request)
        names = [day.parameter_name for day in DAYS]
        self.days = [(day.parameter_name, day.title, request.GET.get(day.parameter_name, "")) for day in DAYS]
        self.kept = {key: value for key, value in request.GET.items() if key not in (*names, "p")}
        self.by_day = any(value for _, _, value in self.days)
        self.saved = request.user.saved_filters.all()
        self.address = urlencode({key: value for key, value in request.GET.items() if key != "p"})
        self.can_be_saved = bool(filters.kept(request.GET.dict()))
        self.may_export = export.may_export(request.user)
        self.parked_work = parked.on_list(request.user) if request.GET.get("queue") == "parked" else {}

    def tab_numbers(self, request):
        counts = cases.queue_counts(request.user)
        return {place: counts[tab] for place, tab in enumerate(["open", *tabs_for(request.user)]) if tab in counts}


@admin.register(RightsRequest)
class RightsRequestAdmin(Searched, ReadOnlyAdmin):
    changelist = Queue
    list_display = ["what", "person", "stands", "waits_for", "due", "steps_done", "owner", "received", "same_person"]
    list_filter = [QueueFilter, DeadlineFilter, KindFilter, StateFilter, OutcomeFilter, SubjectFilter, *DAYS]
    everywhere = {"queue": "all"}
    empty_text = "Nothing waits here."
    actions = ()

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("approve/", view(approvals.approve_view), name="privacy_rightsrequest_approve_many"),
            path("deny/", view(denials.MANY.carry_out), name="privacy_rightsrequest_deny_many"),
            path("reopen/", view(reopening.MANY.carry_out), name="privacy_rightsrequest_reopen_many"),
            path("export/", view(partial(export.export_view, self)), name="privacy_rightsrequest_export"),
            path("saved/", view(partial(saved.save_view, self)), name="privacy_rightsrequest_save_filter"),
            path(
                "saved/<uuid:filter_id>/forget/",
                view(partial(saved.forget_view, self)),
                name="privacy_rightsrequest_forget_filter",
            ),
            *(
                path(f"<uuid:request_id>/{name}/", view(page), name=f"privacy_rightsrequest_{name}")
                for name, page in PAGES.items()
            ),
            path("<uuid:request_id>/file/<uuid:file_id>/", view(comments.file), name="privacy_rightsrequest_file"),
            path("parked/<uuid:job_id>/", view(parked.retry_work), name="privacy_rightsrequest_retry_work"),
            path("manual/", view(manual.manual), name="privacy_rightsrequest_manual"),
            path("manual/<slug:processor>/", view(manual.manual), name="privacy_rightsrequest_manual"),
            *(
                path(f"<uuid:request_id>/{name}/<uuid:step_id>/", view(page), name=f"privacy_rightsrequest_{name}")
                for name, page in PAGES_OF_A_STEP.items()
            ),
            *super().get_urls(),
        ]

    def get_actions(self, request):
        """What is closed can be taken up again, and the rest decided."""
        if request.GET.get("queue") == "closed":
            offered = {"reopen": reopening.reopen_selected} if cases.reopens(request.user) else {}
        else:
            offered = {"approve": approvals.approve_selected} if cases.decides(request.user) else {}
            offered |= {"deny": denials.deny_selected} if cases.denies(request.user) else {}
        return {name: (act, name, act.short_description) for name, act in offered.items()}

    def get_queryset(self, request):
        """All cases, those without a right too."""
        steps = Step.objects.filter(job__case=OuterRef("pk")).order_by().values("job__case")
        of_person = Case.objects.filter(subject=OuterRef("subject")).order_by().values("subject")
        return (
            urgency.ranked(cases.with_work(RightsRequest._base_manager.all()))
            .order_by(*self.get_ordering(request))
            .select_related("subject", "requested_by", "approved_by", "owner")
            .annotate(
                step_count=Subquery(steps.annotate(n=Count("id")).values("n")),
                finished_count=Subquery(steps.filter(state__in=progress.FINISHED).annotate(n=Count("id")).values("n")),
                cases_of_person=Subquery(of_person.annotate(n=Count("id")).values("n")),
            )
        )

    def look_for(self, request, term):
        """Cases of these people, and by a case's own id; who may not see people finds by that alone."""
        between = ids_beginning(term)
        own = Q(pk__range=between) if between else Q(pk=None)
        found = find(term) if request.user.sees_personal_data else Found((), ())
        tried = ("the id of a case", *found.tried)
        return own | Q(subject__in=found.people), Found(found.people, tried, found.is_cut)

    def get_ordering(self, request):
        if request.GET.get("queue") in ("closed", "all"):
            return ["-received_at", "id"]
        return urgency.order()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        address.only(request, self.page_parameters(request))
        found = Case.objects.filter(pk=object_id) if is_uuid(object_id := unquote(object_id)) else Case.objects.none()
        row = cases.with_all(found).first()
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

    @display(description="Due, and why here", ordering="due_on")
    def due(self, row):
        """With what gives an open case its place among those of its day."""
        why = ", ".join(urgency.why_here(row)) if row.is_open else ""
        return format_html('{}<small class="ops-why">{}</small>', badges.due(row), why) if why else badges.due(row)

    @display(description="Waits for")
    def waits_for(self, row):
        return cases.waits_for(row) or "–"

    @display(description="Steps")
    def steps_done(self, row):
        return f"{row.finished_count or 0} of {row.step_count}" if row.step_count else "–"

    @display(description="Received", ordering="received_at")
    def received(self, row):
        return badges.short_date(localdate(row.received_at))

    @display(description="Same person")
    def same_person(self, row):
        """The others of the person, one click away."""
        if not row.subject_id or row.cases_of_person < 2:
            return "–"
        url = reverse("admin:privacy_rightsrequest_changelist", query={"queue": "all", "subject": row.subject_id})
        return format_html('<a class="ops-link" href="{}">{} cases</a>', url, row.cases_of_person)


# What stands beneath the page of a case, by the last word of its address.
PAGES = {
    "progress": progress_view,
    "receipt": receipts.printable,
    "link": packages.link,
    "download": packages.download,
    **clocks.PAGES,
    "others": redactions.others,
    **{
        view.__name__: view
        for view in (
            decisions.prove, approvals.approve, approvals.approve_again, denials.deny, decisions.set_aside,
            decisions.answer, reopening.reopen, decisions.cancel, decisions.retry, decisions.assign,
            dossiers.dossier, dossiers.confirm_dossier, comments.comment,
        )
    },
}  # fmt: skip
PAGES_OF_A_STEP = {"attest": decisions.attest, "reveal": decisions.reveal}
