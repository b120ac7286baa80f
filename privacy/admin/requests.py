"""The queue of requests, and a request's own page with progress that moves while a worker works."""

from datetime import date, timedelta
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.http import JsonResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from privacy import regimes
from privacy.admin import address, badges, decisions, event_words, handover, receipts, step_words
from privacy.admin.actions import check_permission
from privacy.admin.base import ReadOnlyAdmin, TabbedChangeList, link_to_subject
from privacy.admin.filters import ChoiceFilter, DeclaredFilter, PersonFilter
from privacy.admin.plan_sections import recipients, sections_of
from privacy.cases import answers
from privacy.catalogue import CaseKind, case_kinds
from privacy.models import (
    AccessPackage,
    AuditEntry,
    Batch,
    Case,
    Job,
    Outcome,
    Receipt,
    RightsRequest,
    State,
    Step,
    StepState,
)
from privacy.selectors import cases, deadlines, packages, progress, queue

ROWS_A_PAGE = 50
# Milliseconds between two looks at a request: moving, and waiting for a person or a processor.
SOON, LATER = 1_500, 15_000


class QueueFilter(DeclaredFilter):
    """The tabs above the list; without one, what is open."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request, model_admin):
        return list(tabs_for(request.user).items())

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": "Open"}, *others]

    def queryset(self, request, queryset):
        is_open = queryset.filter(cases.OPEN)
        match self.wanted:
            case "mine":
                return queryset.filter(cases.of(request.user))
            case "approval":
                return queryset.filter(awaiting(request.user))
            case "running":
                return queryset.filter(cases.being_carried_out()).exclude(cases.IS_PARKED)
            case "answering":
                return queryset.filter(state=State.ANSWERING)
            case "parked":
                return is_open.filter(cases.IS_PARKED)
            case "overdue":
                return is_open.filter(deadlines.overdue())
            case "owed":
                return queryset.filter(cases.owes())
            case "closed":
                return queryset.filter(state=State.CLOSED)
            case "all":
                return queryset
        return is_open


class DeadlineFilter(ChoiceFilter):
    """Open requests by their deadline; the figures of the dashboard lead here."""

    title = "deadline"
    parameter_name = "deadline"
    choices_offered = (("week", "In 7 days"), ("escalated", "Escalated"), ("none_verified", "No verified rule"))

    def queryset(self, request, queryset):
        is_open = queryset.filter(cases.OPEN)
        match self.wanted:
            case "escalated":
                return queryset.filter(cases.escalated())
            case "week":
                return is_open.filter(deadlines.due_soon())
            case "none_verified":
                return is_open.filter(deadlines.NONE_VERIFIED)
        return queryset


class KindFilter(ChoiceFilter):
    title = "kind"
    parameter_name = "kind__exact"

    def lookups(self, request, model_admin):
        return [(kind.key, kind.label) for kind in case_kinds.values()]


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state__exact"
    choices_offered = State.choices


class OutcomeFilter(ChoiceFilter):
    title = "outcome"
    parameter_name = "outcome__exact"
    choices_offered = Outcome.choices


class SubjectFilter(PersonFilter):
    parameter_name = "subject"


def tabs_for(user) -> dict[str, str]:
    """{value of the filter: words on the tab}, without the first one, Open."""
    undecided = "Awaiting my decision" if cases.decides(user) else "Awaiting decision"
    return {
        "mine": "Mine", "approval": undecided, "running": "Running", "answering": "To be answered", "parked": "Parked",
        "overdue": "Overdue", "owed": "Owing", "closed": "Closed", "all": "All",
    }  # fmt: skip


def awaiting(user) -> Q:
    """What waits for this member's decision; for those who decide nothing, all that waits for anybody's."""
    return cases.decidable_by(user) if cases.decides(user) else cases.undecided()


class Queue(TabbedChangeList):
    """Counts what is open; on the closed ones nobody counts."""

    def tab_numbers(self, request):
        counts = cases.queue_counts(request.user)
        return {place: counts[tab] for place, tab in enumerate(["open", *tabs_for(request.user)]) if tab in counts}


@admin.register(RightsRequest)
class RightsRequestAdmin(ReadOnlyAdmin):
    changelist = Queue
    list_display = ["what", "stands", "due", "subject_link", "steps_done", "owner", "received_at"]
    list_filter = [QueueFilter, DeadlineFilter, KindFilter, StateFilter, OutcomeFilter, SubjectFilter]
    empty_text = "Nothing waits here."
    actions = ()

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("approve/", view(decisions.approve_view), name="privacy_rightsrequest_approve_many"),
            *(
                path(f"<uuid:request_id>/{name}/", view(page), name=f"privacy_rightsrequest_{name}")
                for name, page in PAGES.items()
            ),
            path(
                "<uuid:request_id>/attest/<uuid:step_id>/", view(decisions.attest), name="privacy_rightsrequest_attest"
            ),
            *super().get_urls(),
        ]

    def get_actions(self, request):
        if not cases.decides(request.user):
            return {}
        approve = decisions.approve_selected
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


def page_of(request, row: Case) -> dict:
    """Everything on a case's page."""
    job, steps = work_of(row)
    how_far = progress.of_case(row, job, steps)
    kind, sees_people = case_kinds[row.kind], request.user.sees_personal_data
    can_answer = decisions.has(request.user, kind.may.answer)
    package = row.package if sees_people else None
    dry_run = kind.dry_run([row.subject_id]) if cases.awaits_decision(row) and kind.dry_run and sees_people else None
    return {
        **admin.site.each_context(request),
        "title": str(row),
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "job": job,
        "subject": link_to_subject(row.subject_id) if sees_people else row.subject,
        "reason": row.reason if sees_people else "Not shown to your role",
        "status": badges.of_case(row),
        "due": badges.due(row),
        "deadline_by": deadline_by(row),
        "stopped_words": kind.stopped_words if badges.is_on_hold(row) else "",
        "sealed": labelled(kind, answers.sealed_of(row)) if can_answer else {},
        "progress": how_far,
        "progress_url": reverse("admin:privacy_rightsrequest_progress", args=[row.id]),
        "poll_after": next_look(row, job),
        "is_stalled": bool(job and job.is_open and not job.parked_because and queue.workers_are_silent()),
        "buttons": decisions.buttons_for(request.user, row, job, steps),
        "waits_for": waits_for(request.user, row),
        "steps": [step_line(request, row, step, bar) for step, bar in zip(steps, how_far.bars, strict=True)],
        "plan": dry_run,
        "sections": sections_of(dry_run) if dry_run else [],
        "recipients": recipients(dry_run) if dry_run else [],
        "receipt": row.receipt,
        "package": package,
        "to_remind": package is not None and packages.to_remind().filter(pk=package.pk).exists(),
        "cites": kind.cites,
        "can_hand_over": can_answer,
        "entries": [
            (entry, event_words.sentence(entry))
            for entry in AuditEntry.objects.filter(chain=row.id).select_related("actor").order_by("n")
        ],
    }


def labelled(kind: type[CaseKind], given: dict[str, str]) -> dict[str, str]:
    """The answers by the words of their questions."""
    labels = {question.name: question.label.removesuffix(" (optional)") for question in kind.asks}
    return {labels.get(name, name): answer for name, answer in given.items()}


def waits_for(user, row: Case) -> str:
    """Whom it waits for, for those who cannot decide it themselves."""
    may = case_kinds[row.kind].may
    if cases.awaits_decision(row) and not decisions.has(user, may.decide):
        return "an approver or manager"
    if row.state == State.ANSWERING and not decisions.has(user, may.answer):
        return "somebody who may answer"
    return ""


def work_of(row: Case) -> tuple[Job | None, list[Step]]:
    """(its last job, the steps of all), with one query: no job is without steps."""
    steps = list(row.steps.select_related("job"))
    return steps[-1].job if steps else None, steps


def deadline_by(row: Case) -> dict[str, str | date] | None:
    """Which rule sets the deadline, and from which day it counts; a duty of our own has none."""
    if not row.regime:
        return None
    return {
        "name": badges.none_verified(row) or regimes.name_of(row.regime),
        "explanation": regimes.explanation_of(row.kind, row.regime),
        "counted_from": regimes.day_of(row.received_at),
    }


def step_line(request, row: Case, step: Step, bar: progress.StepBar) -> dict:
    """A step as the timeline shows it; an open step of a processor can be attested."""
    can_attest = (
        step.name == "processors.erase"
        and (step.state == StepState.WAITING or (step.problem and step.state == StepState.STARTED))
        and not row.is_stopped
        and decisions.has(request.user, case_kinds[row.kind].may.attest)
    )
    return {
        "step": step,
        "name": step_words.name_of(step),
        "badge": badges.of_step(step),
        "bar": bar,
        "outcome": step_words.outcome_of(step),
        "attest_url": reverse("admin:privacy_rightsrequest_attest", args=[row.id, step.id]) if can_attest else "",
        "attest_not_because": "You asked for this erasure; another person has to attest."
        if can_attest and row.requested_by_id == request.user.pk
        else "",
    }


def next_look(row: Case, job: Job | None) -> int:
    """Milliseconds until the page asks again; 0 when nothing will change any more. Soon while a worker has something to
    do, also for an answer that was attested a moment ago."""
    if job is None or not job.is_open:
        return LATER if row.is_open else 0
    if job.parked_because or job.stopped_at:
        return LATER
    is_due = job.not_before is None or job.not_before <= timezone.now() + timedelta(milliseconds=SOON)
    return SOON if is_due else LATER


@decisions.on_request
def progress_view(request, row: Case):
    """What the page asks for while it is open: numbers, and whether to read the page again."""
    job, steps = work_of(row)
    how_far = progress.of_case(row, job, steps)
    return answer_poll(request, how_far, next_look(row, job))


def answer_poll(request, how_far: progress.Progress, poll_after: int) -> JsonResponse:
    """`bars` are [done, planned, words] by step; `next` is in milliseconds, 0 for never again."""
    request.session.modified = False  # a page that looks by itself must not keep an idle session alive
    bars = {str(bar.id): [bar.done, bar.planned, bar.text] for bar in how_far.bars}
    return JsonResponse(
        {
            "next": poll_after,
            "version": how_far.version,
            "sentence": how_far.sentence,
            "bars": {"all": [how_far.done, how_far.total, ""], **bars},
        }
    )


# What stands beneath the page of a case, by the last word of its address.
PAGES = {
    "progress": progress_view,
    "receipt": receipts.printable,
    "link": handover.link,
    "download": handover.download,
    **{
        view.__name__: view
        for view in (
            decisions.prove, decisions.approve, decisions.approve_again, decisions.deny, decisions.set_aside,
            decisions.answer, decisions.reopen, decisions.cancel, decisions.retry, decisions.assign,
        )
    },
}  # fmt: skip


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "request_count", "actor", "created_at"]
    list_filter = [KindFilter]
    list_select_related = ["actor"]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [path("<uuid:batch_id>/progress/", view(batch_progress_view), name="privacy_batch_progress"),
                *super().get_urls()]  # fmt: skip

    def get_queryset(self, request):
        requests = Case.objects.filter(batch=OuterRef("pk")).order_by().values("batch")
        return (
            super()
            .get_queryset(request)
            .annotate(requests_in_it=Subquery(requests.annotate(n=Count("id")).values("n")))
        )

    def page_parameters(self, request):
        return super().page_parameters(request) | {"page": address.is_page_number}

    @display(description="Requests")
    def request_count(self, batch):
        return batch.requests_in_it or 0

    def change_view(self, request, object_id, form_url="", extra_context=None):
        batch = self.get_object(request, unquote(object_id))
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        return TemplateResponse(request, "admin/privacy/batch.html", batch_page(request, batch))


def batch_page(request, batch: Batch) -> dict:
    how_far, by_state = progress.of_batch(batch)
    page = page_of_rows(request, cases.with_work(batch.cases.order_by("received_at", "id")))
    return {
        **admin.site.each_context(request),
        "title": f"Batch: {batch}",
        "opts": Batch._meta,
        "original": batch,
        "batch": batch,
        "progress": how_far,
        "progress_url": reverse("admin:privacy_batch_progress", args=[batch.id]),
        "poll_after": batch_next_look(how_far, by_state),
        "is_stalled": bool(by_state.get(State.FULFILLING)) and queue.workers_are_silent(),
        "by_state": [
            {"label": State(state).label, "tone": badges.STATE_TONES[state], "number": number}
            for state, number in by_state.items()
        ],
        "page": page,
        "rows": [
            {"row": row, "subject": row.subject_id, "status": badges.of_case(row), "due": badges.due(row)}
            for row in page
        ],
    }


def page_of_rows(request, rows) -> Page:
    try:
        return Paginator(rows, ROWS_A_PAGE).page(request.GET.get("page", 1))
    except EmptyPage as fault:
        raise address.Refused from fault


def batch_next_look(how_far: progress.Progress, by_state: dict[str, int]) -> int:
    if not how_far.is_open:
        return 0
    return SOON if by_state.get(State.FULFILLING) else LATER


def batch_progress_view(request, batch_id: UUID):
    """The same for a batch."""
    check_permission(request, "privacy.view_batch")
    batch = Batch.objects.filter(pk=batch_id).first()
    if batch is None:
        return JsonResponse({"next": 0}, status=404)
    how_far, by_state = progress.of_batch(batch)
    return answer_poll(request, how_far, batch_next_look(how_far, by_state))


class EvidenceOfRequest(ReadOnlyAdmin):
    """A list of what requests left behind; the page of one is its request's."""

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return redirect("admin:privacy_rightsrequest_change", row.request_id)

    @display(description="Request", ordering="request")
    def request_link(self, row):
        url = reverse("admin:privacy_rightsrequest_change", args=[row.request_id])
        return format_html('<a class="ops-link" href="{}">{}</a>', url, row.request)


class FetchFilter(ChoiceFilter):
    title = "fetching"
    parameter_name = "fetch"
    choices_offered = (("remind", "Not fetched, deleted within 2 days"),)

    def queryset(self, request, queryset):
        return queryset.filter(pk__in=packages.to_remind()) if self.wanted == "remind" else queryset


@admin.register(AccessPackage)
class AccessPackageAdmin(EvidenceOfRequest):
    list_filter = [FetchFilter]
    list_display = ["__str__", "request_link", "state", "file_size", "created_at", "expires_at", "downloaded_at"]
    list_select_related = ["request"]
    ordering = ["-created_at"]
    empty_text = "No package yet. One is made by an export, started from a person's page."

    @display(description="State")
    def state(self, package):
        return badges.badges(
            badges.badge("Deleted", "plain") if package.swept_at else badges.badge("Ready", "good"),
            badges.badge("Encrypted", "run") if package.encrypted else None,
        )

    @display(description="Size")
    def file_size(self, package):
        return filesizeformat(package.size)


@admin.register(Receipt)
class ReceiptAdmin(EvidenceOfRequest):
    list_display = ["__str__", "request_link", "issued_at"]
    list_select_related = ["request"]
    ordering = ["-issued_at"]
    empty_text = "No receipt yet. One is issued when an erasure is done."
