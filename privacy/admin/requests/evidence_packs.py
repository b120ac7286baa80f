"""The evidence pack of a case, for managers and auditors: what leaves is shown first, and that it left is logged."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from privacy.admin.actions import check_permission
from privacy.admin.evidence.events import sentence
from privacy.admin.forms import NoQuestionsForm
from privacy.admin.requests.base import ask, on_request
from privacy.cases import evidence_packs
from privacy.models import Case


@never_cache
@on_request
def evidence_pack(request: HttpRequest, row: Case) -> HttpResponse:
    """Asks, then hands the zip out."""
    check_permission(request, evidence_packs.MAY)
    if request.method != "POST":
        return ask(
            request, row, NoQuestionsForm(), title=f"Evidence pack of {row}", submit="Make the evidence pack",
            sentences=[
                "A zip leaves this site: what happened in sentences, the rules, asks and answers, letters, receipts "
                "and the audit chain, with a program that verifies them without this site.",
                "It names the person and staff by numbers. Nothing of what they were given is in it, and of what "
                "anybody wrote only a digest.",
                "Your name goes into the audit trail of the case.",
            ],
        )  # fmt: skip
    pack = evidence_packs.hand_out(request_id=row.id, actor=request.user, sentence=sentence)
    return HttpResponse(
        pack.content, content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{pack.name}"', "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )  # fmt: skip
