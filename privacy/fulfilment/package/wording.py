"""What a person reads on the page of their package where a row has names, codes, minor units and UTC.

What the data map says is translated as it stands: a text that a catalogue lacks is shown in English.
"""

import gettext as catalogues
import json
from datetime import date, datetime
from functools import cache
from typing import Any

import pycountry
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext

from privacy import regimes
from privacy.catalogue import cases
from privacy.datamap import PersonalData, Retention, Use
from privacy.fulfilment.package.tables import Kind, Table
from privacy.models.currencies import digits_of
from privacy.models.places import country_name

LETTERS = 120
# Columns for programs, beside keys: they stay out of the way of who reads.
TECHNICAL = {
    "as_of", "attempts", "currency", "deciders", "is_exact", "key", "not_before", "recipient_key", "seq", "session_key",
    "sha256", "token_issued_at", "units_done", "units_planned",
}  # fmt: skip


def said(text: object) -> str:
    """A text of the data map in the reader's language."""
    return gettext(str(text)) if text else ""


def title(declaration: type[PersonalData]) -> str:
    if declaration.subject == "self":
        return gettext("Your account")
    return capfirst(said(declaration.model._meta.verbose_name_plural))


def column(table: Table, name: str) -> str:
    field = _field(table, name)
    return capfirst(said(field.verbose_name if field else name))


def readable(table: Table) -> list[str]:
    return [name for name, kind in table.columns.items() if not is_technical(table, name, kind)]


def technical(table: Table) -> list[str]:
    return [name for name, kind in table.columns.items() if is_technical(table, name, kind)]


def is_technical(table: Table, name: str, kind: Kind) -> bool:
    is_key = isinstance(_field(table, name), models.AutoField) or name.endswith("_id")
    return kind is Kind.UUID or is_key or name in TECHNICAL


def value(table: Table, name: str, row: dict[str, Any]) -> str:
    """The cell as a person reads it."""
    raw, kind, field = row[name], table.columns[name], _field(table, name)
    if raw is None or raw == "":
        return ""
    if isinstance(raw, bool):
        return gettext("yes") if raw else gettext("no")
    if kind is Kind.WORD:
        return ", ".join(said(word) for word in str(raw).split(", "))
    if kind is Kind.MOMENT:
        return moment(datetime.fromisoformat(raw))
    if isinstance(field, models.DateField):
        return date_format(date.fromisoformat(raw), "DATE_FORMAT")
    if isinstance(field, models.BigIntegerField) and row.get("currency"):
        return money(raw, row["currency"])
    return _short(_word(table, name, field, raw))


def _word(table: Table, name: str, field: Any, raw: Any) -> str:
    """The label of a choice or code; the value itself where it has none."""
    if field is not None and field.choices:
        return said(dict(field.flatchoices).get(raw, raw))
    if name == "country":
        return country(raw)
    if name == "kind":
        return said(cases.label_of(raw))
    if name == "regime":
        return said(regimes.name_of(raw))
    if name == "purpose" and raw in Use:
        return said(Use(raw).text)
    return json.dumps(raw, ensure_ascii=False) if isinstance(raw, dict | list) else str(raw)


def plain(raw: Any) -> str:
    """A cell for programs, as it is stored."""
    if raw is None:
        return ""
    return _short(json.dumps(raw, ensure_ascii=False) if isinstance(raw, dict | list) else str(raw))


def moment(at: datetime) -> str:
    """`3 Nov 2026, 14:06 CET`: a time without its zone is none."""
    local = timezone.localtime(at)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"


def money(minor: int, currency: str) -> str:
    """`1,299.00 EUR` of 129900 minor units, as the reader's language writes numbers."""
    digits = digits_of(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    amount = f"{whole}.{rest:0{digits}}" if digits else str(whole)
    sign = "−" if minor < 0 else ""
    return f"{sign}{number_format(amount, decimal_pos=digits, use_l10n=True, force_grouping=True)} {currency.upper()}"


def period(kept: Retention) -> str:
    """How long a row stays, counted from what."""
    if not kept.has_end:
        return gettext("While the account is open")
    number = kept.years or kept.days
    if kept.from_year_end:
        text = ngettext(
            "%(number)d year from the end of the year of this date: %(start)s",
            "%(number)d years from the end of the year of this date: %(start)s", number,
        )  # fmt: skip
    elif kept.years:
        text = ngettext("%(number)d year from: %(start)s", "%(number)d years from: %(start)s", number)
    else:
        text = ngettext("%(number)d day from: %(start)s", "%(number)d days from: %(start)s", number)
    return text % {"number": number, "start": _start(kept)}


def answered_within(kind: str, country: str, region: str) -> str:
    """`one month`, `45 days`; empty where no rule is verified."""
    rule = regimes.rule_for(kind, country, region, regimes.today())
    if rule is None:
        return ""
    period = regimes.Period.of(rule.respond)
    return gettext("one month") if period.code == "1m" else _days(period.number)


def _days(number: int) -> str:
    return ngettext("%(number)d day", "%(number)d days", number) % {"number": number}


def country(code: str) -> str:
    """In the reader's language, as ISO's own translations have it."""
    name = country_name(code)
    return _countries(get_language() or "en").gettext(name) if name else code


@cache
def _countries(language: str) -> catalogues.NullTranslations:
    return catalogues.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)


def _start(kept: Retention) -> str:
    """`invoice: issued at`."""
    return ": ".join(said(part.replace("_", " ")) for part in kept.after.split("__"))


def _field(table: Table, name: str) -> Any:
    return next((f for f in table.declaration.model._meta.concrete_fields if f.name == name), None)


def _short(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[:LETTERS]}…"
