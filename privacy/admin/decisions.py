"""What staff decide about a case: prove, approve, deny, answer, cancel, retry, attest. The same four steps as every
action."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import wraps
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy import regimes
from privacy.admin import step_words
from privacy.admin.actions import PEOPLE_SHOWN, check_permission, requests
from privacy.admin.forms import (
    MAX_PEOPLE,
    AnswerForm,
    DenialForm,
    EvidenceForm,
    NoQuestionsForm,
    OwnerForm,
    ProofForm,
    RequestIds,
    SetAsideForm,
    TypedForm,
)
from privacy.admin.plan_sections import recipients, sections_of
from privacy.cases import processors
from privacy.cases import requests as life
from privacy.catalogue import CaseKind, NotAllowed, Permit, Right, case_kinds
from privacy.models import Case, Job, RightsRequest, Staff, State, Step, StepState
from privacy.selectors import cases as selectors
from privacy.selectors import plan as plans


@dataclass(frozen=True)
class Button:
    """A decision that the page offers; `not_because` disables it and says why."""

    label: str
    icon: str
    url: str
    is_dangerous: bool = False
    is_main: bool = False
    not_because: str = ""


def buttons_for(user: Staff, row: Case, job: Job | None, steps: Sequence[Step]) -> list[Button]:
    """The decisions that the state allows and the role permits, the main one first."""
    return [*_to_decide(user, row), *_to_answer(user, row), *_to_go_on(user, row, job), *_to_end(user, row, steps)]


def has(user: Staff, permit: Permit | None) -> bool:
    return permit is not None and user.has_perm(permit.name)


def _to_decide(user: Staff, row: Case) -> Iterator[Button]:
    kind = case_kinds[row.kind]
    if row.state == State.VERIFYING and has(user, kind.may.ask):
        yield Button("It is sure who asks…", "badge", page("prove", row), is_main=True)
    if row.state == State.DECIDING and kind.decision and has(user, kind.may.decide):
        not_because = selectors.not_by(row, user)
        yield Button(
            kind.decision.button, "verified", page("approve", row), is_dangerous=kind.decision.is_dangerous,
            is_main=True, not_because=not_because,
        )  # fmt: skip
    if row.state in (State.VERIFYING, State.DECIDING) and has(user, kind.may.deny):
        yield Button("Deny…", "block", page("deny", row))
    if row.state in (State.RECEIVED, State.VERIFYING) and has(user, kind.may.deny):
        yield Button("Set aside…", "folder_off", page("set_aside", row))


def _to_answer(user: Staff, row: Case) -> Iterator[Button]:
    kind = case_kinds[row.kind]
    if row.state == State.ANSWERING and has(user, kind.may.answer):
        yield Button("Say how it was answered…", "outgoing_mail", page("answer", row), is_main=True)
    if row.state == State.CLOSED and issubclass(kind, Right) and has(user, kind.may.decide) and not row.is_working:
        yield Button("Take up again…", "history", page("reopen", row))


def _to_go_on(user: Staff, row: Case, job: Job | None) -> Iterator[Button]:
    may = case_kinds[row.kind].may
    if job and job.is_open and job.parked_because:
        if life.since_approved(job):
            if has(user, may.decide):
                own = selectors.not_by(row, user)
                yield Button("Approve again…", "verified", page("approve_again", row), is_main=True, not_because=own)
        elif has(user, may.retry):
            yield Button("Try again…", "replay", page("retry", row), is_main=True)


def _to_end(user: Staff, row: Case, steps: Sequence[Step]) -> Iterator[Button]:
    may = case_kinds[row.kind].may
    if row.is_open and not row.is_stopping and has(user, may.cancel):
        yield Button("Cancel…", "cancel", page("cancel", row), not_because=life.bound_to(row, steps))
    if row.is_open and has(user, may.ask):
        yield Button("Assign…", "person_add", page("assign", row))


def check_permit(request: HttpRequest, permit: Permit | None) -> None:
    if not has(request.user, permit):
        raise PermissionDenied("Your role does not allow this.")


def page(name: str, row: Case) -> str:
    return reverse(f"admin:privacy_rightsrequest_{name}", args=[row.id])


def on_request(view: Callable) -> Callable:
    """Gives the view its request row; an unknown id leads to the list, with a message and not an error page."""

    @wraps(view)
    def with_row(request: HttpRequest, request_id: UUID, **kwargs) -> HttpResponse:
        check_permission(request, "privacy.view_rightsrequest")
        found = Case.objects.select_related("requested_by", "approved_by", "batch", "owner").filter(pk=request_id)
        row = selectors.with_work(found).first()
        if row is None:
            messages.error(request, "There is no such request; it may be an old link.")
            return redirect("admin:privacy_rightsrequest_changelist")
        return view(request, row, **kwargs)

    return with_row


def ask(request: HttpRequest, row: Case, form, *, title: str, submit: str, **more) -> HttpResponse:
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


def carry_out(request: HttpRequest, row: Case, verb: Callable, done: str, **given) -> HttpResponse:
    """Calls the verb and goes back to the request; a refusal, such as on a stale page, becomes a message."""
    try:
        verb(actor=request.user, **given)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(request_page(row))


def request_page(row: Case) -> str:
    return reverse("admin:privacy_rightsrequest_change", args=[row.id])


@on_request
def prove(request: HttpRequest, row: Case) -> HttpResponse:
    """It is made sure who asks; what needs nobody else starts."""
    kind = case_kinds[row.kind]
    check_permit(request, kind.may.ask)
    form = ProofForm(request.POST or None, kind=kind)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, life.prove, "Saved: it is sure who asks.",
                         request_id=row.id, verification=form.cleaned_data["verification"])  # fmt: skip
    waits = "Then the work starts." if kind.deciders == 1 else f"{kind.decision.waits} after that."
    return ask(
        request, row, form, title=f"Say that it is sure who asks: {row}", submit="It is sure",
        sentences=["You state that the request comes from the person, and how you know.", waits],
    )  # fmt: skip


@on_request
def deny(request: HttpRequest, row: Case) -> HttpResponse:
    """Refuses it with a reason that the person is told."""
    check_permit(request, case_kinds[row.kind].may.deny)
    form = DenialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, life.deny, "Denied. Nothing was done to the data.",
                         request_id=row.id, denial_reason=form.cleaned_data["denial_reason"])  # fmt: skip
    told = "The person must be told why, and that they may complain to the authority (GDPR art. 12(4))."
    is_right = issubclass(case_kinds[row.kind], Right)
    return ask(
        request, row, form, title=f"Deny {row}", submit="Deny the request", is_dangerous=True,
        sentences=["Nothing is done to the data.", *([told] if is_right else ["It is closed."])],
    )  # fmt: skip


@on_request
def set_aside(request: HttpRequest, row: Case) -> HttpResponse:
    """Closes what is not to be decided."""
    check_permit(request, case_kinds[row.kind].may.deny)
    form = SetAsideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, life.set_aside, "Closed.",
                         request_id=row.id, event=form.cleaned_data["event"])  # fmt: skip
    return ask(
        request, row, form, title=f"Set {row} aside", submit="Close it",
        sentences=["The case is closed, and nothing is done to the data. It stays on record."],
    )  # fmt: skip


@on_request
def cancel(request: HttpRequest, row: Case) -> HttpResponse:
    """Withdraws the case; what is done stays done, and the page says what that is."""
    check_permit(request, case_kinds[row.kind].may.cancel)
    if request.method == "POST":
        return carry_out(
            request, row, life.cancel, "Cancelled: work that runs stops before its next step.", request_id=row.id
        )
    gone = [step for step in row.steps.all() if step.state in (StepState.DONE, StepState.STARTED) or step.units_done]
    sentences = ["The request is closed; work that is being done stops before its next step."]
    if gone:
        sentences.append("What is done already is not undone: " + ", ".join(str(step) for step in gone) + ".")
    return ask(
        request, row, NoQuestionsForm(), title=f"Cancel {row}", submit="Cancel the request", is_dangerous=True,
        sentences=sentences,
    )  # fmt: skip


@on_request
def retry(request: HttpRequest, row: Case) -> HttpResponse:
    """Lets the workers try parked work again."""
    check_permit(request, case_kinds[row.kind].may.retry)
    if request.method == "POST":
        return carry_out(request, row, life.unpark, "The workers try again.", request_id=row.id)
    return ask(
        request, row, NoQuestionsForm(), title=f"Try {row} again", submit="Try again",
        sentences=[f"It stopped because: {row.job.parked_because}" if row.is_parked else "It is not parked.",
                   "Finished steps are not done twice; the workers go on where it stopped."],
    )  # fmt: skip


@on_request
def approve_again(request: HttpRequest, row: Case) -> HttpResponse:
    """Approves a plan that has got more since it was approved."""
    check_permit(request, case_kinds[row.kind].may.decide)
    if again := sign_in_again(request):
        return again
    if request.method == "POST":
        return carry_out(request, row, life.approve_again, "Approved as it is now. It goes on.", request_id=row.id)
    job = row.job
    new = plans.in_words(life.since_approved(job)) if job else ""
    return ask(
        request, row, NoQuestionsForm(), title=f"Approve {row} again", submit="Approve the plan as it is now",
        is_dangerous=True, is_pointless=not new,
        sentences=[f"New in the plan since it was approved: {new}." if new else "The plan has not changed.",
                   "Nothing of it was carried out. What you approve is what the plan says now."],
    )  # fmt: skip


@on_request
def answer(request: HttpRequest, row: Case) -> HttpResponse:
    """Says how and when the person was answered."""
    check_permit(request, case_kinds[row.kind].may.answer)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        moment = datetime.combine(on, time.min, regimes.CONTROLLER_ZONE) if on and on < regimes.today() else None
        return carry_out(request, row, life.answer, "Answered, and closed.",
                         request_id=row.id, how=form.cleaned_data["how"], on=moment)  # fmt: skip
    owed = ["The work goes on, and a second answer is owed when it is done."] if row.is_working else []
    return ask(
        request, row, form, title=f"Say how {row} was answered", submit="It was answered",
        sentences=["You state that the person was answered: nothing is sent from here.", "The case is closed.", *owed],
    )  # fmt: skip


@on_request
def reopen(request: HttpRequest, row: Case) -> HttpResponse:
    """Takes a closed case up again."""
    kind = case_kinds[row.kind]
    check_permit(request, kind.may.decide)
    if request.method == "POST":
        return carry_out(request, row, life.reopen, "Taken up again.", request_id=row.id)
    next_ = "It is carried out anew." if kind.deciders == 1 else f"{kind.decision.waits}."
    return ask(
        request, row, NoQuestionsForm(), title=f"Take {row} up again", submit="Take it up again",
        sentences=[f"The case is open again. {next_}", "Its deadline stays what it was."],
    )  # fmt: skip


@on_request
def assign(request: HttpRequest, row: Case) -> HttpResponse:
    """Gives the case to a member of staff."""
    check_permit(request, case_kinds[row.kind].may.ask)
    form = OwnerForm(request.POST or None, initial={"owner": row.owner_id})
    if request.method == "POST" and form.is_valid():
        owner = form.cleaned_data["owner"]
        return carry_out(request, row, life.assign, f"{owner} sees it to its end.", request_id=row.id, owner=owner)
    return ask(
        request, row, form, title=f"Assign {row}", submit="Assign",
        sentences=["It stands among the open cases of whom you choose, or of their deputy while they are away."],
    )  # fmt: skip


@on_request
def attest(request: HttpRequest, row: Case, step_id: UUID) -> HttpResponse:
    """Closes a processor's step on a person's word, with the evidence named."""
    check_permit(request, case_kinds[row.kind].may.attest)
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
def approve(request: HttpRequest, row: Case) -> HttpResponse:
    """One decision, from its own page."""
    return approve_many(request, [row.id], expected=str(row.id)[:8])


def approve_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action: the same page for many."""
    ids = list(queryset.order_by("due_on", "received_at").values_list("pk", flat=True)[: MAX_PEOPLE + 1])
    if len(ids) > MAX_PEOPLE:
        messages.error(request, f"At most {MAX_PEOPLE:,} approvals at once. Narrow the list by its filters.")
        return None
    return confirm_approvals(request, ids)


approve_selected.short_description = "Approve…"


def approve_view(request: HttpRequest) -> HttpResponse:
    """The confirmation's target for many."""
    ids = RequestIds(request.POST)
    if request.method != "POST" or not ids.is_valid():
        messages.error(request, "The selection could not be read. Select again.")
        return redirect("admin:privacy_rightsrequest_changelist")
    return approve_many(request, ids.cleaned_data["requests"])


def approve_many(request: HttpRequest, request_ids: Sequence[UUID], expected: str | None = None) -> HttpResponse:
    """Shows the plan and asks for a typed word; on a good answer decides those that may be decided."""
    if request.method != "POST":
        return confirm_approvals(request, request_ids)
    if again := sign_in_again(request):
        return again
    free, refused = selectors.sort_out(request_ids, request.user)
    kind = one_kind(request, [*free, *refused])
    if kind is None:
        return redirect(back_from(request_ids))
    form = TypedForm(request.POST, expected=expected or word_for(kind, request_ids))
    if not form.is_valid():
        return confirm_approvals(request, request_ids, form)
    shown = form.cleaned_data["shown"].splitlines() if kind.parts else None  # browsers send CRLF
    try:
        approved = life.grant_all(request_ids=[row.id for row in free], actor=request.user, shown=shown)
    except life.PlanChanged as refusal:
        messages.warning(request, str(refusal))
        return confirm_approvals(request, request_ids)
    except (NotAllowed, PermissionDenied):
        messages.warning(request, "A colleague was quicker with some of these, so nothing was approved. Look again.")
        return redirect(back_from(request_ids))
    tell(request, kind, len(approved), refused)
    return redirect(back_from(request_ids))


def one_kind(request: HttpRequest, rows: Sequence[Case]) -> type[CaseKind] | None:
    """What these are, if they are of one kind that the member decides about; else a message says why not."""
    kinds = {row.kind for row in rows}
    if len(kinds) != 1:
        messages.error(request, "Select requests of one kind: their plans are read apart.")
        return None
    kind = case_kinds[kinds.pop()]
    check_permit(request, kind.may.decide)
    if kind.decision is None:
        messages.error(request, "Asking for it decides it: nobody has to approve.")
        return None
    return kind


def tell(request: HttpRequest, kind: type[CaseKind], approved: int, refused: dict[Case, list[str]]) -> None:
    if approved:
        messages.success(request, kind.decision.done.format(cases=requests(approved)))
    if refused:
        left = f"{requests(len(refused))} left alone" if approved else "Nothing was approved"
        messages.warning(request, f"{left}. {next(iter(refused.values()))[0]}")


def confirm_approvals(request: HttpRequest, request_ids: Sequence[UUID], form: TypedForm | None = None) -> HttpResponse:
    """The plan of what would be done, and what stands in the way, before anybody decides."""
    if again := sign_in_again(request):
        return again
    free, refused = selectors.sort_out(request_ids, request.user)
    known = [*free, *refused]
    kind = one_kind(request, known)
    if kind is None:
        return redirect(back_from(request_ids))
    subject_ids = [row.subject_id for row in free]
    plan = kind.dry_run(subject_ids) if free and kind.dry_run else None
    one = known[0] if len(known) == 1 == len(request_ids) else None
    context = {
        **admin.site.each_context(request),
        "title": f"Approve {one}" if one else f"Approve {requests(len(request_ids))}",
        "opts": RightsRequest._meta,
        "original": one,
        "row": one,
        "kind": kind,
        "form": form or TypedForm(
            expected=word_for(kind, request_ids), initial={"shown": "\n".join(sorted(plan.parts)) if plan else ""}
        ),
        "form_url": reverse("admin:privacy_rightsrequest_approve_many") if not one else page("approve", one),
        "request_ids": " ".join(str(request_id) for request_id in request_ids),
        "cancel_url": back_from(request_ids),
        "submit": kind.decision.submit,
        "is_dangerous": kind.decision.is_dangerous,
        "is_pointless": not free,
        "plan": plan,
        "sections": sections_of(plan) if plan else [],
        "recipients": recipients(plan) if plan else [],
        "warnings": list(kind.warns(subject_ids)) if kind.warns and free else [],
        "rows": free[:PEOPLE_SHOWN],
        "rows_more": max(len(free) - PEOPLE_SHOWN, 0),
        "free_count": len(free),
        "refused": list(refused.items())[:PEOPLE_SHOWN],
        "refused_count": len(refused),
        "refused_more": max(len(refused) - PEOPLE_SHOWN, 0),
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/confirm_approval.html", context)


def word_for(kind: type[CaseKind], request_ids: Sequence[UUID]) -> str:
    """What must be typed: the request's short id, or for many a word that nobody types by accident."""
    return str(request_ids[0])[:8] if len(request_ids) == 1 else f"{kind.decision.word} {len(request_ids)}"


def back_from(request_ids: Sequence[UUID]) -> str:
    if len(request_ids) == 1:
        return reverse("admin:privacy_rightsrequest_change", args=request_ids)
    return reverse("admin:privacy_rightsrequest_changelist")


def sign_in_again(request: HttpRequest) -> HttpResponse | None:
    """The way to prove again who one is, when the site asks for it before an approval and it was long ago."""
    ask_again = getattr(admin.site, "ask_again", None)
    return ask_again(request) if ask_again else None
