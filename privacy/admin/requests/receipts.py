"""A receipt as a page to print, and the list of receipts. Of an erasure it says what went, what stays and why, until
when; of another right what its steps did."""

from datetime import date

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from privacy import regimes
from privacy.admin.actions import check_permission
from privacy.admin.badges import short_date
from privacy.admin.names import model_name, processor_name
from privacy.admin.plans import Line, Section, by_name
from privacy.admin.requests.base import EvidenceOfRequest, on_request
from privacy.admin.requests.steps import told, told_of
from privacy.datamap import KeptFor
from privacy.models import Case, LegalHold, Receipt

# Section of the page: key of the receipt's body.
SECTIONS = {"Deleted": "deleted", "Anonymised": "anonymised", "Handed over": "handed_over", "Kept": "kept"}


@on_request
def printable(request: HttpRequest, row: Case) -> HttpResponse:
    """A page of its own, without the admin around it."""
    check_permission(request, "privacy.view_receipt")
    receipt = row.receipt
    if receipt is None:
        messages.warning(request, "There is no receipt yet.")
        return redirect("admin:privacy_rightsrequest_change", row.id)
    facts = {"row": row, "received_on": regimes.day_of(row.received_at), "receipt": receipt, **content(receipt)}
    return TemplateResponse(request, "admin/privacy/receipt.html", facts)


def content(receipt: Receipt) -> dict:
    """The receipt's body with models and processors by name, in the sections of a plan."""
    body = receipt.body
    if "steps" in body:
        return {"steps": [step | {"words": told_of(step["result"])} for step in body["steps"]]}
    return {
        "sections": [Section(title, lines(body, key)) for title, key in SECTIONS.items()],
        "files": body.get("files", {}),
        "processors": [
            p | {"name": processor_name(p["processor"]), "outcome": told(p)} for p in body.get("processors", [])
        ],
        "database": body.get("database", ""),
        "counts_a_silent_hold": LegalHold.objects.filter(subject=receipt.request.subject_id, silent=True).exists(),
    }


def lines(body: dict, key: str) -> list[Line]:
    reasons = body.get(f"{key}_because", {})
    return by_name(
        [
            Line(model_name(label), rows, reasons_in_words(reasons.get(label, [])) + named_in_words(body, key, label))
            for label, rows in body.get(key, {}).items()
        ]
    )


def named_in_words(body: dict, key: str, label: str) -> list[str]:
    """That what others got goes on naming the person."""
    named = body.get(f"{key}_named", {}).get(label, 0)
    return [f"{named:,} of them {'names' if named == 1 else 'name'} the person, as it was approved"] if named else []


def reasons_in_words(reasons: list[dict] | str) -> list[str]:
    """A reason is a sentence, or a rule with the day on which it ends."""
    if isinstance(reasons, str):
        return [reasons]
    return [f"{r['because']} (until {short_date(date.fromisoformat(r['until']))}{exception(r)})" for r in reasons]


def exception(reason: dict) -> str:
    """The exception of the law on erasure, which receipts name since 2026-12."""
    return f"; {', '.join(KeptFor(reason['ground']).cites)}" if "ground" in reason else ""


@admin.register(Receipt)
class ReceiptAdmin(EvidenceOfRequest):
    list_display = ["__str__", "request_link", "issued_at"]
    list_select_related = ["request"]
    ordering = ["-issued_at"]
    empty_text = "No receipt yet. One is issued when an erasure is done."
