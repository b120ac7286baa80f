"""The page of a case's abuse dossier: both sides, a form for one more factor, and the second person's word."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from privacy.admin.requests.approvals import sign_in_again
from privacy.admin.requests.base import carry_out, check_permit, context_of, has, on_request, page, request_page
from privacy.admin.requests.forms import FactorForm
from privacy.cases import dossiers, refusals
from privacy.catalogue import case_kinds
from privacy.models import Case, Factor, Refusal, Side, State
from privacy.selectors.beside import Weighed, Weighing

NO_SECOND = "You wrote in it; another person has to confirm it."
ONE_SIDED = "Nothing is noted {side} the refusal yet. Both sides have to be weighed before anybody can confirm it."


@on_request
def dossier(request: HttpRequest, row: Case) -> HttpResponse:
    """Both sides, and one more factor by POST."""
    check_permit(request, case_kinds[row.kind].may.ask)
    form = FactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        carry_out(request, row, dossiers.note, "Noted.", request_id=row.id, **form.cleaned_data)
        return redirect(page("dossier", row))
    found = of_dossier(row)
    known = found["dossier"]
    context = (
        context_of(request, row, title=f"Dossier of {row}")
        | found
        | {
            "form": form,
            "is_open": row.state in (State.VERIFYING, State.DECIDING) and not (known and known.confirmed_at),
            "reasons": [reason.with_law for reason in provable(row)],
            "may_confirm": has(request.user, case_kinds[row.kind].may.deny),
            "not_because": why_not_confirmed(request, found),
            "cancel_url": request_page(row),
        }
    )
    return TemplateResponse(request, "admin/privacy/dossier.html", context)


@on_request
def confirm_dossier(request: HttpRequest, row: Case) -> HttpResponse:
    """The second person has read both sides, on the dossier's own page."""
    check_permit(request, case_kinds[row.kind].may.deny)
    if again := sign_in_again(request):
        return again
    if request.method == "POST":
        done = "Confirmed. A refusal may rest on it now."
        carry_out(request, row, dossiers.confirm, done, request_id=row.id)
    return redirect(page("dossier", row))


def of_dossier(row: Case) -> dict:
    """What the pages that show it need; an erasure leaves who and when."""
    known = dossiers.in_force(row)
    factors = list(known.factors.select_related("noted_by")) if known else []
    return {
        "dossier": known, "sides": sides_of(factors), "dossier_url": page("dossier", row),
        "on_a_dossier": [reason.label for reason in provable(row)],
    }  # fmt: skip


def on_case(row: Case, known: Weighing | None) -> dict:
    """For the case's page."""
    return {"dossier": known, "sides": sides_of(known.factors if known else []), "dossier_url": page("dossier", row)}


def sides_of(factors: Sequence[Factor | Weighed]) -> list[tuple]:
    """Both, each with what was noted; none while nothing was."""
    found = [(side, side.label, [factor for factor in factors if factor.side == side]) for side in Side]
    return found if factors else []


def provable(row: Case) -> list[Refusal]:
    """The reasons that are ours to prove, of those that fit."""
    return [reason for reason in refusals.reasons_for(case_kinds[row.kind]) if reason.ground.takes_dossier]


def why_not_confirmed(request: HttpRequest, found: dict) -> str:
    """Why this member may not confirm it now; empty when they may."""
    missing = [side for side, _, factors in found["sides"] if not factors]
    if missing or not found["sides"]:
        return ONE_SIDED.format(side=missing[0] if missing else Side.AGAINST)
    by = {found["dossier"].prepared_by_id, *(f.noted_by_id for _, _, factors in found["sides"] for f in factors)}
    return NO_SECOND if request.user.pk in by else ""
