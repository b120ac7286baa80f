"""Work of no request that has stopped, above the requests that have: why, what to try, and to try it again."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin.actions import check_permission
from privacy.admin.badges import short_date
from privacy.admin.forms import NoQuestionsForm
from privacy.admin.requests import steps
from privacy.admin.requests.what_to_try import to_try
from privacy.catalogue import NotAllowed, job_kinds
from privacy.fulfilment.parked import MAY_RETRY, try_again
from privacy.models import Job, RightsRequest, Staff
from privacy.selectors import parked
from privacy.selectors.parked import ParkedWork

SHOWN = 50


def on_list(viewer: Staff) -> dict[str, Any]:
    """What stands above the list of parked requests."""
    found = parked.of_no_case(SHOWN + 1)
    return {
        "rows": [line_of(work) for work in found[:SHOWN]], "is_cut": len(found) > SHOWN,
        "may_retry": viewer.has_perm(MAY_RETRY),
    }  # fmt: skip


def line_of(work: ParkedWork) -> dict[str, Any]:
    because = work.job.parked_because
    return {"job": work.job, "what": what(work), "because": because, "to_try": to_try(because)}


def what(work: ParkedWork) -> str:
    """`Send the mail: digest to mara, of 1 Dec 2026`."""
    about = f": {work.mail.template} to {work.mail.member}, of {short_date(work.mail.day)}" if work.mail else ""
    return f"{name_of(work.job)}{about}"


def name_of(job: Job) -> str:
    """By the step at which it stands; the kind alone of one that this version does not have."""
    kind = job_kinds.get(job.kind)
    first = kind.steps[0].name if kind and kind.steps else ""
    return steps.named(job.at_step or first or job.kind, "")


def retry_work(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Lets the workers try it again."""
    check_permission(request, MAY_RETRY)
    back = f"{reverse('admin:privacy_rightsrequest_changelist')}?queue=parked"
    if request.method == "POST":
        return carry_out(request, job_id, back)
    job = parked.jobs_of_no_case().filter(pk=job_id).first()
    if job is None:
        messages.warning(request, "This work is not parked any more.")
        return redirect(back)
    because = job.parked_because
    context = {
        **admin.site.each_context(request), "opts": RightsRequest._meta, "title": f"Try again: {name_of(job).lower()}",
        "form": NoQuestionsForm(), "form_url": request.path, "cancel_url": back, "submit": "Try again",
        "sentences": [
            f"It stopped because: {because}", f"What to try: {to_try(because)}",
            "The workers go on where it stopped; what is done is not done twice.",
        ],
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)


def carry_out(request: HttpRequest, job_id: UUID, back: str) -> HttpResponse:
    try:
        try_again(job_id=job_id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "The workers try again.")
    return redirect(back)
