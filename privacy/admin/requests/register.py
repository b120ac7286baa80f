"""The register: figures of a year as charts with their tables, for managers and auditors, and the tables to take along,
for a reason that the audit trail keeps."""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminSelectWidget

from privacy.admin.actions import check_permission
from privacy.admin.dashboard import BOTTOM, GAP, HEIGHT, LEFT, TOP, WIDTH, Bar, Chart, ceiling
from privacy.admin.forms import ReferenceField
from privacy.datamap import spreadsheet
from privacy.fulfilment.exporting import ExportReason
from privacy.fulfilment.importing.reading import MAX_ROWS
from privacy.fulfilment.register import BESIDE, FIGURES, MAY, METRICS, RECORDS, Table, fewer, hand_out, tables_of
from privacy.fulfilment.reveal import NotRevealed
from privacy.models import RightsRequest
from privacy.selectors import open_work, register
from privacy.selectors.open_work import Bucket

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RegisterForm(forms.Form):
    what = forms.ChoiceField(
        label="What", widget=UnfoldAdminSelectWidget,
        choices=[
            (FIGURES, "All figures of the year"), (METRICS, "Metrics of the year (11 CCR 7102)"),
            (RECORDS, "Record of each request (11 CCR 7101)"),
        ],
    )  # fmt: skip
    file_format = forms.ChoiceField(
        label="As", choices=[("csv", "CSV"), ("xlsx", "Excel workbook")], widget=UnfoldAdminSelectWidget
    )
    reason = forms.ChoiceField(
        label="Why does it leave this site?", widget=UnfoldAdminSelectWidget,
        choices=[("", "Choose…"), *ExportReason.of_cases()],
        error_messages={"required": "Choose the reason: it stands in the audit trail."},
    )  # fmt: skip
    reference = ReferenceField(required=False, label="Ticket or request number")


def year_of(request: HttpRequest, offered: Sequence[int]) -> int | None:
    """The year asked for, or this one; None for one that is not offered."""
    asked = request.GET.get("year", "")
    if not asked:
        return offered[0]
    return next((year for year in offered if str(year) == asked), None)


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    check_permission(request, MAY)
    years = register.years()
    if (year := year_of(request, years)) is None:
        return redirect("admin:privacy_rightsrequest_register")
    found, now = register.of_year(year), open_work.open_now()
    tables = tables_of(found)
    months = next(table for table in tables if table.key == "months")
    context = {
        **admin.site.each_context(request),
        "title": f"Register {year}", "opts": RightsRequest._meta, "year": year, "years": years,
        "k": settings.SMALLEST_FIGURE, "tables": [drawn(table) for table in tables if table is not months],
        "months": months, "chart": columns([(str(name)[:3], number) for name, number in months.rows]),
        "ages": bars([(bucket.name, worded(bucket)) for bucket in now.ages]),
        "weeks": bars([(bucket.name, worded(bucket)) for bucket in now.weeks]),
        "open": worded(now.total),
        "export_url": reverse("admin:privacy_rightsrequest_register_export") + f"?year={year}",
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/register.html", context)


def worded(bucket: Bucket) -> Any:
    if bucket.number is not None:
        return bucket.number
    return fewer() if bucket.is_small else BESIDE


def drawn(table: Table) -> dict[str, Any]:
    """A table with a bar for each of its first numbers."""
    lengths = [share for _, _, share in bars([(row[0], row[1]) for row in table.rows if row[0] != "All"])]
    lengths += [None] * (len(table.rows) - len(lengths))
    return {"table": table, "rows": list(zip(table.rows, lengths, strict=True))}


def bars(rows: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any, float | None]]:
    """Each with the length of its bar in percent of the longest that is shown; None of what is hidden."""
    widest = max((number for _, number in rows if isinstance(number, int)), default=0) or 1
    return [(name, told, 100 * told / widest if isinstance(told, int) else None) for name, told in rows]


def columns(rows: Sequence[tuple[str, Any]]) -> Chart:
    """A column for each that is shown."""
    top = ceiling(max((number for _, number in rows if isinstance(number, int)), default=0))
    step, floor, room = (WIDTH - LEFT) / max(len(rows), 1), HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    shown = [(place, name, number) for place, (name, number) in enumerate(rows) if isinstance(number, int)]
    return Chart(
        WIDTH, HEIGHT,
        [Bar(LEFT + step * place, floor - room * number / top, step - GAP, room * number / top, f"{name}: {number:,}")
         for place, name, number in shown],
        [(floor - room * part / 2, top * part // 2) for part in range(3)],
        [(LEFT + step * (place + 0.5), name) for place, (name, _) in enumerate(rows)],
    )  # fmt: skip


@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """Asks what and why, then hands the file out."""
    check_permission(request, MAY)
    if (year := year_of(request, register.years())) is None:
        return redirect("admin:privacy_rightsrequest_register")
    form = RegisterForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return ask(request, form, year)
    given = dict(form.cleaned_data)
    is_csv = given.pop("file_format") == "csv"
    if given["what"] == RECORDS and register.received_in(year)[: MAX_ROWS + 1].count() > MAX_ROWS:
        form.add_error("what", f"More than {MAX_ROWS:,} requests: that is too long for one file.")
        return ask(request, form, year)
    try:
        tables = hand_out(year=year, actor=request.user, **given)
    except NotRevealed as refusal:
        form.add_error("reference", str(refusal))
        return ask(request, form, year)
    name = f"register-{given['what']}-{year}.{'csv' if is_csv else 'xlsx'}"
    return HttpResponse(
        as_csv(tables) if is_csv else as_workbook(tables), content_type=CSV if is_csv else XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )  # fmt: skip


def as_csv(tables: Sequence[Table]) -> bytes:
    """One table with its own columns; several one beneath the other, each line with the name of its table."""
    if len(tables) == 1:
        return spreadsheet.table(tables[0].headings, tables[0].rows)
    lines = ([t.name, row[0], heading, value] for t in tables for row in t.rows
             for heading, value in zip(t.headings[1:], row[1:], strict=True))  # fmt: skip
    return spreadsheet.table(("Table", "Of", "Figure", "Value"), lines)


def as_workbook(tables: Sequence[Table]) -> bytes:
    """A sheet for each."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for table in tables:
            sheet = book.add_worksheet(table.name.replace("/", " ")[:31])
            for column, heading in enumerate(table.headings):
                sheet.write_string(0, column, heading, bold)
            for place, row in enumerate(table.rows, start=1):
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(place, column, spreadsheet.neutral(value))
                    else:
                        sheet.write_number(place, column, value)
            sheet.autofit()
    return out.getvalue()


def ask(request: HttpRequest, form: RegisterForm, year: int) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": f"Take the register of {year} along", "opts": RightsRequest._meta, "form": form,
        "form_url": request.get_full_path(), "submit": "Export",
        "cancel_url": reverse("admin:privacy_rightsrequest_register") + f"?year={year}",
        "sentences": [
            f"Figures: no number in them is about fewer than {settings.SMALLEST_FIGURE} people.",
            "The record of each request has a line for each: it is for authorities and auditors, and not for "
            "publication. It tells dates, kinds and outcomes, and no person.",
            "Your name, the number of lines and the reason go into the audit trail.",
        ],
    }  # fmt: skip
    return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)


def urls(view) -> list:
    return [
        path("register/", view(page), name="privacy_rightsrequest_register"),
        path("register/export/", view(export), name="privacy_rightsrequest_register_export"),
    ]
