"""Denies requests, one or many: who they are is read, a reason that fits is chosen, and each of them is told it."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from privacy import regimes
from privacy.admin.requests.base import ask, carry_out, check_permit, on_request
from privacy.admin.requests.dossiers import of_dossier
from privacy.admin.requests.forms import DenialForm, ManyDenialsForm
from privacy.admin.requests.many import Deed
from privacy.cases import refusals
from privacy.catalogue import Right, case_kinds
from privacy.models import Case
from privacy.selectors import cases

NO_RULE = (
    "Reasons that say what a law asks are not offered: no rule for this residence has been verified, and one that "
    "nobody has read is no ground for a refusal."
)
NOT_ONE = "No one reason fits all of these. Select requests of one right, or deny them one by one."


@on_request
def deny(request: HttpRequest, row: Case) -> HttpResponse:
    """Refuses it with a reason that the person is told."""
    kind = case_kinds[row.kind]
    check_permit(request, kind.may.deny)
    form = DenialForm(request.POST or None, reasons=refusals.offered(row))
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, refusals.deny, "Denied. Nothing was done to the data.",
                         request_id=row.id, denial_reason=form.cleaned_data["denial_reason"])  # fmt: skip
    is_right = issubclass(kind, Right)
    return ask(
        request, row, form, title=f"Deny {row}", submit="Deny the request", is_dangerous=True,
        sentences=["Nothing is done to the data.", kind.to_tell if is_right else "It is closed.",
                   *([NO_RULE] if is_right and row.regime == regimes.NONE_VERIFIED else [])],
        **(of_dossier(row) if is_right else {}),
    )  # fmt: skip


def deny_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action."""
    return MANY.from_list(request, queryset, "denials")


deny_selected.short_description = "Deny…"


def of_many(free: list[Case]) -> dict[str, Any]:
    reasons = refusals.offered_to_all(free)
    of_rights = any(issubclass(case_kinds[row.kind], Right) for row in free)
    return {
        "sentences": [
            "Nothing is done to the data of these people.", Right.to_tell if of_rights else "They are closed.",
        ],
        "is_dangerous": True, "is_pointless": not reasons, "done": "denied",
        "not_one": NOT_ONE if free and not reasons else "",
    }  # fmt: skip


MANY = Deed(
    url="admin:privacy_rightsrequest_deny_many", title="Deny {}", submit="Deny {}",
    done="Denied: {}. Nothing was done to the data.", left="{} left alone: it cannot be denied, or not by you.",
    may=cases.denies, sort=cases.deniable, verb=refusals.deny_all, page=of_many,
    form=lambda data, initial, free: ManyDenialsForm(data, initial=initial, reasons=refusals.offered_to_all(free)),
)  # fmt: skip
