"""Two with one address, of whom staff say that they are two people. That they are one is a merge: a case of its own."""

from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin.actions import check_permission
from privacy.admin.forms import NoQuestionsForm
from privacy.catalogue import NotAllowed
from privacy.duties import people
from privacy.models import DataSubject, Likeness
from privacy.selectors.people import likenesses_of

STALE = "Nobody asks about these two any more."


def tell_apart(request: HttpRequest, subject_id: UUID, other_id: UUID) -> HttpResponse:
    """Permission, confirmation, the verb, message; `other_id` is the other person's, who may have several accounts."""
    check_permission(request, people.ASK.name)
    here = reverse("admin:privacy_datasubject_change", args=[subject_id])
    pairs = list(likenesses_of([subject_id]).filter(twin=other_id))
    if not pairs:
        messages.warning(request, STALE)
        return redirect(here)
    if request.method != "POST":
        return ask(request, pairs[0], here)
    try:
        for pair in pairs:
            people.tell_apart(subject_id=pair.subject_id, other_id=pair.other_id, actor=request.user)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Told apart: nobody is asked about these two again.")
    return redirect(here)


def ask(request: HttpRequest, pair: Likeness, here: str) -> TemplateResponse:
    context = {
        **admin.site.each_context(request),
        "opts": DataSubject._meta,
        "title": f"Say that Subject {str(pair.person)[:8]} and Subject {str(pair.twin)[:8]} are two people",
        "form": NoQuestionsForm(),
        "form_url": request.path,
        "submit": "They are two people",
        "cancel_url": here,
        "sentences": [
            "They have one address. Nothing of theirs is changed: each stays as they are.",
            "Nobody is asked about the two again. They can still be merged from their pages.",
            "Your name and the time go into the audit trail.",
        ],
    }
    return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)
