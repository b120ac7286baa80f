"""Other people in the texts of a package: what was found, in its context, and the ticks that say what is left out."""

from contextlib import suppress
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from privacy.admin import badges
from privacy.admin.names import many, model_name
from privacy.admin.requests.base import check_permit, on_request, person_of, request_page
from privacy.cases import redactions
from privacy.cases.redactions import Place
from privacy.catalogue import NotAllowed, case_kinds
from privacy.models import Case, Redaction, RightsRequest
from privacy.selectors.redactions import undecided_of

NOTHING = "Nothing waits here: somebody may have been quicker."
TONES = {
    Redaction.Ground.KNOWN: "run",
    Redaction.Ground.PATTERN: "plain",
    Redaction.Ground.SUGGESTED: "warn",
    Redaction.Ground.LAW: "stop",
}


@never_cache
@on_request
def others(request: HttpRequest, row: Case) -> HttpResponse:
    """The places for all who may see requests; the texts around them, which is written down, for who decides."""
    if request.method == "POST":
        check_permit(request, case_kinds[row.kind].may.confirm)
        return decide(request, row)
    places = redactions.read(request_id=row.id, actor=request.user)
    if not places:
        messages.info(request, NOTHING)
        return redirect(request_page(row))
    return TemplateResponse(request, "admin/privacy/others.html", page_of(request, row, places))


def decide(request: HttpRequest, row: Case) -> HttpResponse:
    """What was ticked is left out; what was on the page and is not ticked is shown."""
    try:
        left = redactions.confirm(
            request_id=row.id, actor=request.user,
            shown=ids(request, "shown"), redact=ids(request, "redact"),
        )  # fmt: skip
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect(request.path)
    if left:
        messages.info(request, f"Saved. {many(left, 'place')} more to look through.")
        return redirect(request.path)
    messages.success(request, "Saved. The package is built now, without what you ticked.")
    return redirect(request_page(row))


def ids(request: HttpRequest, name: str) -> set[UUID]:
    """Those that are ids."""
    found = set()
    for value in request.POST.getlist(name):
        with suppress(ValueError):
            found.add(UUID(value))
    return found


def page_of(request: HttpRequest, row: Case, places: list[Place]) -> dict:
    total = undecided_of(row).count()
    return {
        **admin.site.each_context(request),
        "title": f"Look for other people: {row}",
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "who": person_of(request, row),
        "due": badges.due(row),
        "back": request_page(row),
        "may_confirm": redactions.may_confirm(row, request.user),
        "more": total - len(places),
        "lines": [
            {
                "place": place,
                "id": place.found.id,
                "where": where(place.found),
                "kind": place.found.get_kind_display(),
                "ground": badges.badge(place.found.get_ground_display(), TONES[place.found.ground]),
                "is_ticked": place.found.ground != Redaction.Ground.SUGGESTED,
                "is_law": place.found.ground == Redaction.Ground.LAW,
                "dots": "•" * min(place.found.length, 24),
            }
            for place in places
        ],
    }


def where(found: Redaction) -> str:
    """`Support messages, body`."""
    return f"{model_name(found.label)}, {found.field.replace('_', ' ')}"
