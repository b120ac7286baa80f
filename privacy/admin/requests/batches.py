"""What was asked for many people at once: a list, and a page with the requests and how far they are."""

from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Count, OuterRef, Subquery
from django.http import JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import display

from privacy.admin import address, badges
from privacy.admin.actions import check_permission
from privacy.admin.base import ReadOnlyAdmin, person_cell
from privacy.admin.requests.base import has
from privacy.admin.requests.filters import KindFilter
from privacy.admin.requests.packages import links
from privacy.admin.requests.progress import LATER, SOON, answer_poll
from privacy.catalogue import case_kinds
from privacy.models import Batch, Case, State
from privacy.selectors import cases, packages, progress, queue
from privacy.selectors.who import who

ROWS_A_PAGE = 50


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "request_count", "actor", "created_at"]
    list_filter = [KindFilter]
    list_select_related = ["actor"]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [path("<uuid:batch_id>/progress/", view(batch_progress_view), name="privacy_batch_progress"),
                path("<uuid:batch_id>/links/", view(links), name="privacy_batch_links"),
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
    known = who((row.subject_id for row in page), request.user)
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
        **hand_over(request, batch),
        "page": page,
        "rows": [
            {
                "row": row,
                "person": person_cell(known[row.subject_id]),
                "status": badges.of_case(row),
                "due": badges.due(row),
            }
            for row in page
        ],  # fmt: skip
    }


# Where those are that cannot be handed over now: for one, and for more.
NOT_READY = {
    "being_built": ("1 is being built", "{:,} are being built"),
    "parked": ("1 is parked and needs a person", "{:,} are parked and need a person"),
    "unproved": ("1 waits to be decided or proved", "{:,} wait to be decided or proved"),
    "otherwise": (
        "1 has no package to give and is answered on its own page",
        "{:,} have no package to give and are answered on their own pages",
    ),
    "closed": ("1 is closed", "{:,} are closed"),
}


def hand_over(request, batch: Batch) -> dict:
    """How many packages can be given by one click, and why not the others; nothing of a kind without packages."""
    kind = case_kinds[batch.kind]
    if not any(step.name == "access.package" for step in kind.steps) or not has(request.user, kind.may.answer):
        return {}
    numbers = packages.of_batch(batch)
    not_ready = {key: words for key, words in NOT_READY.items() if numbers[key]}
    return {
        "can_give": True,
        "ready": numbers["ready"],
        "not_ready": [words[numbers[key] > 1].format(numbers[key]) for key, words in not_ready.items()],
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
