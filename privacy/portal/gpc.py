"""Global Privacy Control (w3.org/TR/gpc): a browser's `Sec-GPC: 1` opts its person out of sale and sharing, where a
page knows whose it is; and /.well-known/gpc.json says that it is heeded."""

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from privacy.cases import opt_outs

HEEDED_SINCE = "2026-11-30"


def heed(request: HttpRequest, subject_id: UUID) -> None:
    """Records the signal of whoever opened their own page. The header has one value; any other is none."""
    if request.headers.get("Sec-GPC") == "1":
        opt_outs.record_gpc(subject_id)


@require_safe
def well_known(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"gpc": True, "lastUpdate": HEEDED_SINCE})
