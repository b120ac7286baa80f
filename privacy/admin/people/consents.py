"""What a person has consented to, on their page and as a receipt."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from privacy.admin.actions import check_permission
from privacy.fulfilment import consent_receipts
from privacy.models import DataSubject
from privacy.selectors.consents import Consent


def on_page(request: HttpRequest, person: UUID, said: Sequence[Consent]) -> dict[str, Any]:
    """What the person's page says of consents."""
    may_take = request.user.has_perm(consent_receipts.MAY)
    may_read = request.user.has_perm("privacy.view_consentevent")
    return {
        "consents": [{"consent": one, "sentence": sentence(one)} for one in said] if may_read else [],
        "consent_receipt_url": reverse("admin:privacy_datasubject_consents", args=[person])
        if said and may_take
        else "",
    }


def sentence(consent: Consent) -> str:
    """`On 3 May 2026, in the studio.` and, where it was taken back, what stopped since when."""
    last = consent.last
    when = f"On {last.at:%-d %B %Y}, {last.get_method_display()[0].lower()}{last.get_method_display()[1:]}."
    if consent.is_given:
        return f"{when} Not acted upon while it is limited." if consent.stopped else when
    stopped = dict.fromkeys(limit.of_what for limit in consent.stopped)
    if not stopped:
        return f"{when} Nothing goes by this channel since then."
    return f"{when} Stopped on {consent.stopped_at:%-d %B %Y}: {'; '.join(stopped)}."


@never_cache
def receipt(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The receipt as a file, by POST: the audit trail says who got it."""
    check_permission(request, consent_receipts.MAY)
    page = reverse("admin:privacy_datasubject_change", args=[subject_id])
    if request.method != "POST" or not DataSubject.objects.filter(pk=subject_id).exists():
        messages.error(request, "Open the person’s page, and fetch the receipt from there.")
        return redirect(page)
    body = consent_receipts.issue(subject_id, actor=request.user)
    response = HttpResponse(json.dumps(body, indent=2, ensure_ascii=False), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="consents-{str(subject_id)[:8]}.json"'
    return response
