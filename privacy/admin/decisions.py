"""What staff decide about a request: approve, deny, cancel, retry, attest. The same four steps as every action."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin import step_words
from privacy.admin.actions import PEOPLE_SHOWN, check_permission, requests
from privacy.admin.forms import MAX_PEOPLE, DenialForm, EvidenceForm, NoQuestionsForm, RequestIds, TypedForm
from privacy.admin.plan_sections import erasure_sections, recipients
from privacy.fulfilment import erasure, processors
from privacy.fulfilment import requests as life
from privacy.fulfilment.requests import MAY, NotAllowed
from privacy.models import RequestKind, RequestStatus, RightsRequest, Staff, Step, StepState
from privacy.selectors import approval, queue
from privacy.selectors import plan as plans

APPROVE = "privacy.approve_erasure"
OPEN_TO_DENIAL = (RequestStatus.RECEIVED, RequestStatus.AWAITING_APPROVAL, RequestStatus.ON_HOLD)
# What ends with an order that counts before any worker has carried it out.
ENDS = {
    RequestKind.HOLD_PLACE: "Without this order the hold ends: erasures that it stops go on by themselves.",
    RequestKind.CHILD_FLAG: "Without this order the child flag ends: the account is not frozen.",
}


@dataclass(frozen=True)
class Button:
    """A decision that the page offers; `not_because` disables it and says why."""

    label: str
    icon: str
    url: str
    is_dangerous: bool = False
    is_main: bool = False
    not_because: str = ""


def buttons_for(user: Staff, row: RightsRequest) -> list[Button]:
    """The decisions that the status allows and the role permits, the main one first."""
    found = []
    if approval.awaits(row) and user.has_perm(APPROVE):
        found.append(
            Button("Approve…", "verified", page("approve", row), is_dangerous=True, is_main=True,
                   not_because=approval.not_by(row, user))
        )  # fmt: skip
    may = MAY[row.kind]
    if row.is_parked and row.is_open and user.has_perm(may.retry):
        found.append(Button("Try again…", "replay", page("retry", row), is_main=True))
    if row.status in OPEN_TO_DENIAL and user.has_perm(may.deny):
        found.append(Button("Deny…", "block", page("deny", row)))
    if row.is_open and not row.is_stopping:
        if user.has_perm(may.cancel):
            found.append(Button("Cancel…", "cancel", page("cancel", row)))
        elif row.kind in ENDS and user.has_perm(may.retry):
            not_because = f"{ENDS[row.kind]} So an approver or manager has to cancel it."
            found.append(Button("Cancel…", "cancel", page("cancel", row), not_because=not_because))
    return found


def page(name: str, row: RightsRequest) -> str:
    return reverse(f"admin:privacy_rightsrequest_{name}", args=[row.id])


def on_request(view: Callable) -> Callable:
    """Gives the view its request row; an unknown id leads to the list, with a message and not an error page."""

    @wraps(view)
    def with_row(request: HttpRequest, request_id: UUID, **kwargs) -> HttpResponse:
        check_permission(request, "privacy.view_rightsrequest")
        found = RightsRequest.objects.select_related("requested_by", "approved_by", "batch").filter(pk=request_id)
        row = queue.with_work(found).first()
        if row is None:
            messages.error(request, "There is no such request; it may be an old link.")
            return redirect("admin:privacy_rightsrequest_changelist")
        return view(request, row, **kwargs)

    return with_row


def ask(request: HttpRequest, row: RightsRequest, form, *, title: str, submit: str, **more) -> HttpResponse:
    """The confirmation page of a decision on one request."""
    context = {
        **admin.site.each_context(request),
        "title": title,
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "form": form,
        "form_url": request.path,
        "cancel_url": request_page(row),
        "submit": submit,
        **more,
    }
    return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)


def carry_out(request: HttpRequest, row: RightsRequest, verb: Callable, done: str, **given) -> HttpResponse:
    """Calls the verb and goes back to the request; a refusal, such as on a stale page, becomes a message."""
    try:
        verb(actor=request.user, **given)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(request_page(row))


def request_page(row: RightsRequest) -> str:
    return reverse("admin:privacy_rightsrequest_change", args=[row.id])


@on_request
def deny(request: HttpRequest, row: RightsRequest) -> HttpResponse:
    """Closes the request with a reason that the person is told."""
    check_permission(request, MAY[row.kind].deny)
    form = DenialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, life.deny, "Denied. Nothing was done to the data.",
                         request_id=row.id, denial_reason=form.cleaned_data["denial_reason"])  # fmt: skip
    return ask(
        request, row, form, title=f"Deny {row}", submit="Deny the request", is_dangerous=True,
        sentences=["The request is closed and nothing is done to the data.", *ends_with(row),
                   "The person must be told why, and that they may complain to the authority (GDPR art. 12(4))."],
    )  # fmt: skip


def ends_with(row: RightsRequest) -> list[str]:
    return [ENDS[row.kind]] if row.kind in ENDS and row.is_open else []


@on_request
def cancel(request: HttpRequest, row: RightsRequest) -> HttpResponse:
    """Withdraws the request; what is done stays done, and the page says what that is."""
    check_permission(request, MAY[row.kind].cancel)
    if request.method == "POST":
        return carry_out(
            request, row, life.cancel, "Cancelled: work that runs stops before its next step.", request_id=row.id
        )
    gone = [step for step in row.steps.all() if step.state in (StepState.DONE, StepState.STARTED) or step.units_done]
    sentences = ["The request is closed; work that is being done stops before its next step.", *ends_with(row)]
    if gone:
        sentences.append("What is done already is not undone: " + ", ".join(str(step) for step in gone) + ".")
    return ask(
        request, row, NoQuestionsForm(), title=f"Cancel {row}", submit="Cancel the request", is_dangerous=True,
        sentences=sentences,
    )  # fmt: skip


@on_request
def retry(request: HttpRequest, row: RightsRequest) -> HttpResponse:
    """Lets the workers try a parked request again."""
    check_permission(request, MAY[row.kind].retry)
    if request.method == "POST":
        return carry_out(request, row, life.unpark, "The workers try again.", request_id=row.id)
    return ask(
        request, row, NoQuestionsForm(), title=f"Try {row} again", submit="Try again",
        sentences=[f"It stopped because: {row.job.parked_because}" if row.is_parked else "It is not parked.",
                   "Finished steps are not done twice; the workers go on where it stopped."],
    )  # fmt: skip


@on_request
def attest(request: HttpRequest, row: RightsRequest, step_id: UUID) -> HttpResponse:
    """Closes a processor's step on a person's word, with the evidence named."""
    check_permission(request, APPROVE)
    step = Step.objects.filter(pk=step_id, job__case=row).first()
    if step is None:
        messages.error(request, "There is no such step; the plan may have been made anew.")
        return redirect(request_page(row))
    form, processor = EvidenceForm(request.POST or None), step_words.processor_name(step.target)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, processors.attest, "Attested; it stands in the receipt.",
                         step_id=step.id, evidence=form.cleaned_data["evidence"])  # fmt: skip
    return ask(
        request, row, form, title=f"Attest what {processor} did", submit="Attest",
        sentences=[f"You state that {processor} has erased this person, and name what proves it.",
                   "Your name, the evidence and the time go into the audit trail and the receipt."],
    )  # fmt: skip


@on_request
def approve(request: HttpRequest, row: RightsRequest) -> HttpResponse:
    """One erasure, from its own page."""
    return approve_many(request, [row.id], expected=str(row.id)[:8])


def approve_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action: the same page for many."""
    ids = list(queryset.order_by("due_on", "received_at").values_list("pk", flat=True)[: MAX_PEOPLE + 1])
    if len(ids) > MAX_PEOPLE:
        messages.error(request, f"At most {MAX_PEOPLE:,} approvals at once. Narrow the list by its filters.")
        return None
    return confirm_approvals(request, ids)


approve_selected.short_description = "Approve erasures…"


def approve_view(request: HttpRequest) -> HttpResponse:
    """The confirmation's target for many."""
    ids = RequestIds(request.POST)
    if request.method != "POST" or not ids.is_valid():
        messages.error(request, "The selection could not be read. Select again.")
        return redirect("admin:privacy_rightsrequest_changelist")
    return approve_many(request, ids.cleaned_data["requests"])


def approve_many(request: HttpRequest, request_ids: Sequence[UUID], expected: str | None = None) -> HttpResponse:
    """Shows the plan and asks for a typed word; on a good answer approves those that may be approved."""
    check_permission(request, APPROVE)
    if request.method != "POST":
        return confirm_approvals(request, request_ids)
    if again := sign_in_again(request):
        return again
    form = TypedForm(request.POST, expected=expected or word_for(request_ids))
    if not form.is_valid():
        return confirm_approvals(request, request_ids, form)
    free, refused = approval.sort_out(request_ids, request.user)
    try:
        approved = erasure.approve_many(request_ids=[row.id for row in free], actor=request.user)
    except (NotAllowed, PermissionDenied):
        messages.warning(request, "A colleague was quicker with some of these, so nothing was approved. Look again.")
        return redirect(back_from(request_ids))
    tell(request, len(approved), refused)
    return redirect(back_from(request_ids))


def tell(request: HttpRequest, approved: int, refused: dict[RightsRequest, list[str]]) -> None:
    if approved:
        messages.success(request, f"Approved: {requests(approved)}. The erasure starts by itself.")
    if refused:
        left = f"{requests(len(refused))} left alone" if approved else "Nothing was approved"
        messages.warning(request, f"{left}. {next(iter(refused.values()))[0]}")


def confirm_approvals(request: HttpRequest, request_ids: Sequence[UUID], form: TypedForm | None = None) -> HttpResponse:
    """The plan of what would be erased, and what stands in the way, before anybody approves."""
    check_permission(request, APPROVE)
    if again := sign_in_again(request):
        return again
    free, refused = approval.sort_out(request_ids, request.user)
    plan = plans.erasure_plan([row.subject_id for row in free]) if free else None
    known = [*free, *refused]
    one = known[0] if len(known) == 1 == len(request_ids) else None
    context = {
        **admin.site.each_context(request),
        "title": f"Approve {one}" if one else f"Approve {requests(len(request_ids))}",
        "opts": RightsRequest._meta,
        "original": one,
        "row": one,
        "form": form or TypedForm(expected=word_for(request_ids)),
        "form_url": reverse("admin:privacy_rightsrequest_approve_many") if not one else page("approve", one),
        "request_ids": " ".join(str(request_id) for request_id in request_ids),
        "cancel_url": back_from(request_ids),
        "submit": "Approve and erase",
        "is_dangerous": True,
        "is_pointless": not free,
        "plan": plan,
        "sections": erasure_sections(plan) if plan else [],
        "recipients": recipients(plan) if plan else [],
        "rows": free[:PEOPLE_SHOWN],
        "rows_more": max(len(free) - PEOPLE_SHOWN, 0),
        "free_count": len(free),
        "refused": list(refused.items())[:PEOPLE_SHOWN],
        "refused_count": len(refused),
        "refused_more": max(len(refused) - PEOPLE_SHOWN, 0),
    }
    return TemplateResponse(request, "admin/privacy/confirm_approval.html", context)


def word_for(request_ids: Sequence[UUID]) -> str:
    """What must be typed: the request's short id, or for many a word that nobody types by accident."""
    return str(request_ids[0])[:8] if len(request_ids) == 1 else f"erase {len(request_ids)}"


def back_from(request_ids: Sequence[UUID]) -> str:
    if len(request_ids) == 1:
        return reverse("admin:privacy_rightsrequest_change", args=request_ids)
    return reverse("admin:privacy_rightsrequest_changelist")


def sign_in_again(request: HttpRequest) -> HttpResponse | None:
    """The way to prove again who one is, when the site asks for it before an approval and it was long ago."""
    ask_again = getattr(admin.site, "ask_again", None)
    return ask_again(request) if ask_again else None
