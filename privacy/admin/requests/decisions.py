"""What staff decide about a case: answer, cancel, retry, assign, attest. The same four steps as every
action."""

from datetime import datetime, time
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from privacy import regimes
from privacy.admin.actions import check_permission
from privacy.admin.forms import NoQuestionsForm
from privacy.admin.names import processor_name
from privacy.admin.requests.base import ask, carry_out, check_permit, on_request, request_page, sealed
from privacy.admin.requests.forms import AnswerForm, EvidenceForm, OwnerForm, SetAsideForm
from privacy.admin.requests.page import page_of
from privacy.admin.requests.what_to_try import to_try
from privacy.cases import processors, requests
from privacy.catalogue import case_kinds
from privacy.fulfilment.reveal import NotRevealed, reveal_names
from privacy.models import Case, Step, StepState


@on_request
def set_aside(request: HttpRequest, row: Case) -> HttpResponse:
    """Closes what is not to be decided."""
    check_permit(request, case_kinds[row.kind].may.deny)
    form = SetAsideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, requests.set_aside, "Closed.",
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
            request, row, requests.cancel, "Cancelled: work that runs stops before its next step.", request_id=row.id
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
        return carry_out(request, row, requests.unpark, "The workers try again.", request_id=row.id)
    return ask(
        request, row, NoQuestionsForm(), title=f"Try {row} again", submit="Try again",
        sentences=[*why_it_stopped(row),
                   "Finished steps are not done twice; the workers go on where it stopped."],
    )  # fmt: skip


def why_it_stopped(row: Case) -> list[str]:
    if not row.is_parked:
        return ["It is not parked."]
    because = row.job.parked_because
    return [f"It stopped because: {because}", f"What to try: {to_try(because)}"]


@on_request
def answer(request: HttpRequest, row: Case) -> HttpResponse:
    """Says how and when the person was answered."""
    check_permit(request, case_kinds[row.kind].may.answer)
    kind = case_kinds[row.kind]
    form = AnswerForm(request.POST or None, kind=kind)
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        moment = datetime.combine(on, time.min, regimes.CONTROLLER_ZONE) if on and on < regimes.today() else None
        return carry_out(request, row, requests.answer, "Answered, and closed.",
                         request_id=row.id, how=form.cleaned_data["how"], on=moment,
                         words=form.cleaned_data.get("words", ""))  # fmt: skip
    owed = ["The work goes on, and a second answer is owed when it is done."] if row.is_working else []
    return ask(
        request, row, form, title=f"Say how {row} was answered", submit="It was answered",
        sentences=["You state that the person was answered: nothing is sent from here.", "The case is closed.", *owed],
        **sealed(case_kinds[row.kind], row),
    )  # fmt: skip


@on_request
def assign(request: HttpRequest, row: Case) -> HttpResponse:
    """Gives the case to a member of staff."""
    check_permit(request, case_kinds[row.kind].may.ask)
    form = OwnerForm(request.POST or None, initial={"owner": row.owner_id})
    if request.method == "POST" and form.is_valid():
        owner = form.cleaned_data["owner"]
        return carry_out(request, row, requests.assign, f"{owner} sees it to its end.", request_id=row.id, owner=owner)
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
    form, processor = EvidenceForm(request.POST or None), processor_name(step.target)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, processors.attest, "Attested; it stands in the receipt.",
                         step_id=step.id, evidence=form.cleaned_data["evidence"])  # fmt: skip
    return ask(
        request, row, form, title=f"Attest what {processor} did", submit="Attest",
        sentences=[f"You state that {processor} has done what it was asked about this person, and name what proves it.",
                   "Your name, the evidence and the time go into the audit trail and the receipt."],
    )  # fmt: skip


@never_cache
@on_request
def reveal(request: HttpRequest, row: Case, step_id: UUID) -> HttpResponse:
    """The case's page once more, with what the processor calls the person on the open step. By POST, and logged."""
    check_permission(request, "privacy.reveal_content")
    if request.method != "POST":
        return redirect(request_page(row))
    try:
        if not Step.objects.filter(pk=step_id, job__case=row).exists():
            raise NotRevealed("There is no such step; the plan may have been made anew.")
        names = reveal_names(step_ids=[step_id], actor=request.user)
    except NotRevealed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request_page(row))
    return TemplateResponse(request, "admin/privacy/request.html", page_of(request, row, names))
