"""Takes closed requests up again, one or many: who they are is read, and why is said."""

from django.http import HttpRequest, HttpResponse

from privacy.admin.requests.base import ask, carry_out, check_permit, on_request
from privacy.admin.requests.forms import ManyReopeningsForm, ReopenForm
from privacy.admin.requests.many import Deed
from privacy.cases import reopening
from privacy.catalogue import case_kinds
from privacy.models import Case
from privacy.selectors import cases

EACH = "Each is decided anew: what takes one decision is carried out at once, the others await a second person."
VOID = "What was decided is void: who approved, why it was refused, and the dossier behind a refusal."
DATES = "Deadlines stay what they were."


@on_request
def reopen(request: HttpRequest, row: Case) -> HttpResponse:
    """Takes a closed case up again."""
    kind = case_kinds[row.kind]
    check_permit(request, kind.may.decide)
    form = ReopenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return carry_out(request, row, reopening.reopen, "Taken up again.", request_id=row.id, **form.cleaned_data)
    next_ = "It is carried out anew." if kind.deciders == 1 else f"{kind.decision.waits}."
    return ask(
        request, row, form, title=f"Take {row} up again", submit="Take it up again",
        sentences=[f"The case is open again. {next_}", VOID, DATES],
    )  # fmt: skip


def reopen_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action."""
    return MANY.from_list(request, queryset, "reopenings")


reopen_selected.short_description = "Take up again…"

MANY = Deed(
    url="admin:privacy_rightsrequest_reopen_many", title="Take up {} again", submit="Take up {} again",
    done="Taken up again: {}.", left="{} left alone: not closed, or not yours to reopen.",
    may=cases.reopens, sort=cases.reopenable, verb=reopening.reopen_all,
    form=lambda data, initial, free: ManyReopeningsForm(data, initial=initial),
    page=lambda free: {"sentences": [EACH, VOID, DATES], "done": "taken up again"},
)  # fmt: skip
