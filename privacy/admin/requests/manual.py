"""What people do by hand at processors: all that waits at one of them on one page, attested together by one ticket."""

from collections.abc import Sequence

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from privacy.admin import badges
from privacy.admin.actions import check_permission, people_count
from privacy.admin.base import person_cell
from privacy.admin.requests.base import has
from privacy.admin.requests.forms import EvidenceForm
from privacy.admin.requests.page import OWN, Names
from privacy.cases.processors import attest_all
from privacy.catalogue import NotAllowed, case_kinds
from privacy.fulfilment.reveal import NotRevealed, reveal_names
from privacy.models import RightsRequest, Staff, Step
from privacy.selectors import processors
from privacy.selectors.who import who

STEPS_SHOWN = 100
STALE = "Somebody has finished some of these meanwhile, so nothing was done. Look again."


@never_cache
def manual(request: HttpRequest, processor: str = "") -> HttpResponse:
    """Whom to ask for at the processor, and the ticket that says it is done; without a processor, at the first."""
    check_permission(request, "privacy.reveal_content")
    counts = processors.manual_counts()
    key = processor or next(iter(counts), "")
    steps = list(processors.at(key)[:STEPS_SHOWN])
    form, names = EvidenceForm(), {}
    if request.method == "POST" and (ticked := ticked_of(request, steps)):
        if "reveal" in request.POST:
            names = revealed(request, ticked)
        else:
            form = EvidenceForm(request.POST)
            if form.is_valid() and is_attested(request, ticked, form.cleaned_data["evidence"]):
                return redirect(request.path)
    return TemplateResponse(request, "admin/privacy/manual.html", page_of(request, key, counts, steps, form, names))


def ticked_of(request: HttpRequest, steps: Sequence[Step]) -> list[Step]:
    """Those that are ticked; none, and a message, where one is not there any more."""
    wanted = set(request.POST.getlist("steps"))
    ticked = [step for step in steps if str(step.id) in wanted]
    if len(ticked) == len(wanted) > 0:
        return ticked
    messages.warning(request, STALE if wanted else "Tick at least one person.")
    return []


def revealed(request: HttpRequest, steps: Sequence[Step]) -> Names:
    try:
        return reveal_names(step_ids=[step.id for step in steps], actor=request.user)
    except NotRevealed as refusal:
        messages.warning(request, str(refusal))
        return {}


def is_attested(request: HttpRequest, steps: Sequence[Step], evidence: str) -> bool:
    try:
        attest_all(step_ids=[step.id for step in steps], actor=request.user, evidence=evidence)
    except (NotAllowed, PermissionDenied) as refusal:
        messages.warning(request, str(refusal))
        return False
    messages.success(request, f"Attested for {people_count(len(steps))}. The cases go on by themselves.")
    return True


def page_of(
    request: HttpRequest, key: str, counts: dict[str, int], steps: Sequence[Step], form: EvidenceForm, names: Names
) -> dict:
    known = who((step.job.case.subject_id for step in steps), request.user)
    consoles = processors.consoles({*counts, *([key] if key else [])})
    ticked = {*request.POST.getlist("steps")} or {str(s.id) for s in steps if not not_because(request.user, s)}
    return {
        **admin.site.each_context(request),
        "title": "Manual steps",
        "opts": RightsRequest._meta,
        "console": consoles.get(key),
        "tabs": [
            {
                "label": consoles[one].name, "number": number, "is_current": one == key,
                "url": reverse("admin:privacy_rightsrequest_manual", args=[one]),
            }
            for one, number in counts.items()
        ],
        "form": form,
        "may_attest": any(may_attest(request.user, step) for step in steps),
        "all_ids": "\n".join(one for step in steps for one in processors.ids_in(names.get(step.id, {}))),
        "more": counts.get(key, 0) - len(steps),
        "lines": [
            {
                "step": step,
                "row": step.job.case,
                "what": processors.words_for(step),
                "person": person_cell(known[step.job.case.subject_id]),
                "due": badges.due(step.job.case),
                "ids": processors.ids_in(names.get(step.id, {})),
                "not_because": not_because(request.user, step),
                "is_ticked": str(step.id) in ticked,
            }
            for step in steps
        ],
    }  # fmt: skip


def may_attest(user: Staff, step: Step) -> bool:
    return has(user, case_kinds[step.job.case.kind].may.attest)


def not_because(user: Staff, step: Step) -> str:
    """Why this member cannot attest it together with the others; whoever attests nothing may look all the same."""
    return OWN if may_attest(user, step) and step.job.case.requested_by_id == user.pk else ""
