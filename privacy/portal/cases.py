"""The page of a case, for the person: where it stands in words, and what they can do. Its signed link is all it takes;
whatever is wrong with one, the answer is the same page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from privacy.cases import following as verbs
from privacy.catalogue import NotAllowed, Words, case_kinds
from privacy.fulfilment.case_links import case_of, token_for
from privacy.models import Case
from privacy.portal import gpc
from privacy.portal.asking import not_ours, onwards
from privacy.portal.forms import Said
from privacy.portal.languages import reading
from privacy.portal.pages import page, private
from privacy.selectors import following

WHY = Words("Why do you disagree?", "Somebody who had nothing to do with the decision reads it.")


def by_link(view: Callable[[HttpRequest, Case, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Gives the view the case of the link, in the language of whoever reads it."""

    def with_case(request: HttpRequest, token: str) -> HttpResponse:
        found = following.case_for(case_of(token))
        if found is None:
            return private(not_ours(request))
        is_theirs = not case_kinds[found.kind].is_report
        if is_theirs:
            gpc.heed(request, found.subject_id)
        with reading(request, found.subject_id if is_theirs else None):
            return private(view(request, found, token))

    return with_case


@never_cache
@require_safe
@by_link
def case(request: HttpRequest, found: Case, token: str) -> HttpResponse:
    kind = case_kinds[found.kind]
    appeal = following.appeal_against(found)
    context = {
        "case": found,
        "name": gettext(kind.plainly.name) if kind.plainly else kind.label,
        "standing": following.standing_of(found),
        "begins_at": following.begins_at(found),
        "token": token,
        "told": following.told(found),
        "is_owing": following.is_owing(found),
        "has_package": bool(kind.steps) and any(step.name == "access.package" for step in kind.steps),
        "can_withdraw": following.can_withdraw(found),
        "can_appeal": following.can_appeal(found),
        "appeal": token_for(appeal.pk) if appeal else "",
        "is_report": kind.is_report,
    }
    return page(request, "case", context)


@csrf_exempt  # the signed link is the whole right
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def withdraw(request: HttpRequest, found: Case, token: str) -> HttpResponse:
    """GET asks, POST takes it back; one that has begun meanwhile says so."""
    if not following.can_withdraw(found):
        return page(request, "too_late", {"token": token}, status=409) if found.is_open else onwards("case", token)
    if request.method != "POST":
        kind = case_kinds[found.kind]
        return page(request, "withdraw", {"token": token, "name": gettext(kind.plainly.name) if kind.plainly else ""})
    try:
        verbs.withdraw_by_the_person(case_id=found.pk)
    except NotAllowed:
        return page(request, "too_late", {"token": token}, status=409)
    return onwards("case", token)


@csrf_exempt  # the same
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def appeal(request: HttpRequest, found: Case, token: str) -> HttpResponse:
    if there := following.appeal_against(found):
        return onwards("case", token_for(there.pk))
    if not following.can_appeal(found):
        return onwards("case", token)
    form = Said(WHY, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return page(request, "appeal", {"token": token, "form": form}, status=400 if form.is_bound else 200)
    try:
        opened = verbs.appeal_by_the_person(case_id=found.pk, words=form.cleaned_data["reason"])
    except NotAllowed:
        return onwards("case", token)
    return onwards("case", token_for(opened.pk))
