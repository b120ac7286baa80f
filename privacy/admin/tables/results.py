"""What an import's preview tells: of each row what becomes of it, of the file what is wrong with it."""

import logging

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.html import format_html
from import_export.results import Error, Result, RowResult

from privacy.datamap import triggers
from privacy.fulfilment.importing.arrivals import Arrival, Outcome
from privacy.fulfilment.importing.reading import Unreadable

log = logging.getLogger(__name__)
SHOWN_ROWS = 200  # of a preview; the rest is counted
SHOWN_CHARACTERS = 200  # of a cell in a preview
IMPORT_TYPES = {
    Outcome.CREATED: RowResult.IMPORT_TYPE_NEW,
    Outcome.UPDATED: RowResult.IMPORT_TYPE_UPDATE,
    Outcome.UNCHANGED: RowResult.IMPORT_TYPE_SKIP,
    Outcome.SKIPPED: RowResult.IMPORT_TYPE_SKIP,
    Outcome.REFUSED: RowResult.IMPORT_TYPE_INVALID,
}


class Refusal(Error):
    """An error in words. import-export would print whatever the database or Python said, values and all."""

    def __init__(self, error, row=None, number=None):
        if not isinstance(error, Unreadable | ValidationError):
            log.error("an import failed", extra={"error": type(error).__name__})
            is_rule = isinstance(error, IntegrityError)
            refused = triggers.in_words(error) or "The database refused it."
            error = Unreadable(refused if is_rule else "It cannot be read.")
        super().__init__(error, row, number)


class SheetRow(RowResult):
    number: int = 0
    outcome: Outcome = Outcome.REFUSED  # until something better is known
    reason: str = ""


class SheetResult(Result):
    """A result that can tell its story: problems by row, what is left out and why."""

    about: str = ""  # what the file was taken for
    notes: tuple[str, ...] = ()  # what was recognised in the file, and what is to be looked at

    def amend(self, row: SheetRow, cells: dict, arrival: Arrival) -> None:
        """Corrects what import-export took the row for by what became of it."""
        self.totals[row.import_type] -= 1
        row.outcome, row.import_type, row.reason = arrival.outcome, IMPORT_TYPES[arrival.outcome], arrival.reason
        self.totals[row.import_type] += 1
        if arrival.outcome == Outcome.REFUSED:
            self.append_invalid_row(row.number, cells, ValidationError(arrival.reason))

    def append_invalid_row(self, number, row, validation_error) -> None:
        super().append_invalid_row(number, {}, validation_error)  # whoever uploaded the file has its values

    def left_out(self) -> list[SheetRow]:
        return [row for row in self.rows if row.outcome == Outcome.SKIPPED]

    def remarked(self) -> list[SheetRow]:
        """Rows that come in, but not as they stood."""
        return [row for row in self.rows if row.reason and row.outcome not in (Outcome.SKIPPED, Outcome.REFUSED)]

    def unchanged(self) -> int:
        return self.totals[RowResult.IMPORT_TYPE_SKIP] - len(self.left_out())

    def summary(self) -> str:
        new, changed = self.totals[RowResult.IMPORT_TYPE_NEW], self.totals[RowResult.IMPORT_TYPE_UPDATE]
        return f"{new:,} new, {changed:,} changed, {self.unchanged():,} unchanged, {len(self.left_out()):,} left out"

    def problems(self) -> list[str]:
        """One sentence a fault: of the file, then of its rows in order."""
        found = [str(error.error) for error in self.base_errors]
        found += [f"Row {number}: {e.error}" for number, errors in self.row_errors() for e in errors]
        for row in sorted(self.invalid_rows, key=lambda row: row.number):
            found += [
                f"Row {row.number}, {column}: {' '.join(texts)}" for column, texts in row.field_specific_errors.items()
            ]
            found += [f"Row {row.number}: {text}" for text in row.non_field_specific_errors]
        return found

    def arrivals(self) -> list[Arrival]:
        """What became of each row, in order."""
        refused = {number: " ".join(str(e.error) for e in errors) for number, errors in self.row_errors()}
        for row in self.invalid_rows:
            named = [f"{column}: {' '.join(texts)}" for column, texts in row.field_specific_errors.items()]
            refused[row.number] = "; ".join([*named, *row.non_field_specific_errors])
        return [
            Arrival(row.outcome, reason=refused.get(number, row.reason))
            for number, row in enumerate(self.rows, start=1)
        ]

    def shown_problems(self) -> list[str]:
        return self.problems()[:SHOWN_ROWS]

    def more_problems(self) -> int:
        return max(0, len(self.problems()) - SHOWN_ROWS)

    def shown_rows(self) -> list[SheetRow]:
        return self.valid_rows()[:SHOWN_ROWS]

    def more_rows(self) -> int:
        return max(0, len(self.valid_rows()) - SHOWN_ROWS)


def shown(before: str, now: str, *, is_new: bool, masked: bool) -> str:
    """A cell of the preview: old and new side by side. What stands in a masked column now is told by its length."""
    old = f"{len(before):,} characters" if masked else short(before)
    if before == now and not is_new:
        return format_html("{}", old)
    if is_new or not before:
        return format_html("<ins>{}</ins>", short(now))
    return format_html("<del>{}</del> <ins>{}</ins>", old, short(now))


def short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}… ({len(text):,} characters)"
