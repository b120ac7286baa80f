"""A model as a table: which columns, and what becomes of a row.

A row with an id changes that row; a row without one is new. An empty cell of an identifier and a column that is not
in the file say nothing. The rows are judged and written by privacy.fulfilment.importing: a preview only judges them,
and locks nobody out.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import batched

import tablib
from django.core.exceptions import ValidationError
from django.db import models
from import_export.resources import ModelResource

from privacy.admin.tables.cells import Link, Text
from privacy.admin.tables.results import SHOWN_ROWS, Refusal, SheetResult, SheetRow, short, shown
from privacy.datamap import registry
from privacy.fulfilment.importing.arrivals import CHUNK, ERASED, Arrival, Outcome
from privacy.fulfilment.importing.reading import Unreadable, as_named
from privacy.jobs.slices import is_busy
from privacy.models import DataSubject, Identifier
from privacy.selectors.suppression import suppressed

Kind = Identifier.Kind
DIGITS = re.compile(r"[1-9][0-9]{0,14}")
NO_ONE_PERSON = "No person has this id or e-mail address, or several have the address: then give the id."
AS_TEXT = "Spreadsheets drop zeros in front of a number (0007 becomes 7): see that none is lost, or format it as text."


class Sheet(ModelResource):
    """A model as a table. A subclass names the columns, and says with `judge` and `write` what becomes of the rows."""

    key: str = "id"  # the column that tells which row it is
    links: dict[str, tuple[type[models.Model], str]] = {}  # {column: (model, its key)}
    only_out: tuple[str, ...] = ()  # columns of the export that the import passes over

    class Meta:
        store_instance = True
        use_bulk = True  # no savepoint a row: rows are only read here, and written by their verb in one go
        skip_diff = True  # import-export copies every row for its diff; ours is made for the rows that are shown

    def __init__(self, reveals: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.reveals = reveals
        self.arriving: list[tuple[SheetRow, dict]] = []
        self.set_aside: dict[int, str] = {}  # numbers of rows that must not come in, and why

    @classmethod
    def get_result_class(cls):
        return SheetResult

    @classmethod
    def get_row_result_class(cls):
        return SheetRow

    @classmethod
    def get_error_result_class(cls):
        return Refusal

    @classmethod
    def masked(cls) -> tuple[str, ...]:
        """Columns that leave the house for a reason only."""
        return registry.masked(cls._meta.model)

    # --- out

    def get_export_fields(self, selected_fields=None):
        fields = super().get_export_fields(selected_fields)
        return [field for field in fields if self.reveals or field.column_name not in self.masked()]

    def filter_export(self, queryset, **kwargs):
        """With the rows whose own key is exported, in the same query."""
        joined = [f.attribute for f in self.fields.values() if isinstance(f, Link) and f.widget.key != "pk"]
        return queryset.select_related(*joined) if joined else queryset

    # --- in

    def import_data(self, dataset, dry_run=False, **kwargs):
        """import-export's dry run is a real one, rolled back: on SQLite it locked everybody out for its whole length.
        Ours reads. The verb that writes has its own transaction."""
        self.only_judges = dry_run
        return super().import_data(dataset, dry_run=False, use_transactions=False, **kwargs)

    def handle_import_error(self, result, error, raise_errors=False):
        """A busy database is no fault of the file."""
        if is_busy(error):
            raise error
        super().handle_import_error(result, error, raise_errors)

    def get_import_fields(self):
        return [field for field in super().get_import_fields() if field.column_name not in self.only_out]

    def before_import(self, dataset: tablib.Dataset, **kwargs):
        """Looks up, in a few queries, whatever the rows refer to. Raises Unreadable for columns that are not ours."""
        self.actor = kwargs["user"]
        try:
            dataset.headers = as_named(dataset.headers or [], [field.column_name for field in self.fields.values()])
            self.check_columns(dataset.headers)
        except Unreadable:
            dataset.wipe()  # or every row would be said to be wrong as well
            raise
        rows = [dict(zip(dataset.headers, cells, strict=True)) for cells in dataset]
        self.known = self.find(self.get_queryset(), self.key, texts(rows, self.key))
        self.linked = {
            column: self.find(model.objects.defer(*registry.masked(model)), key, texts(rows, column))
            for column, (model, key) in self.links.items()
        }
        self.prepare(rows)

    def check_columns(self, columns: Sequence[str]) -> None:
        mine = [field.column_name for field in self.fields.values()]
        if strange := [column for column in columns if column not in mine]:
            raise Unreadable(f"No such column: {short(', '.join(strange))}. The columns are {', '.join(mine)}.")

    def find(self, rows, key: str, values: set[str]) -> dict[str, models.Model]:
        """{text in the file: row}, of those that exist."""
        keys = {v: as_key(rows.model, key, v) for v in values}
        found = {}
        for some in batched({k for k in keys.values() if k is not None}, CHUNK):
            found |= {
                getattr(row, key): row for row in self.with_person(rows.model, rows.filter(**{f"{key}__in": some}))
            }
        return {v: found[k] for v, k in keys.items() if k in found}

    def with_person(self, model: type[models.Model], rows):
        """The rows with those joined that lead to the person."""
        return rows

    def prepare(self, rows: Sequence[dict]) -> None:
        """For a subclass: what else is to be looked up."""

    def get_instance(self, instance_loader, row):
        return self.known.get(text_of(row, self.key))

    def before_import_row(self, row, **kwargs):
        self.number = kwargs["row_number"]
        self.must_be_known(row)
        self.must_keep_zeros(row)
        for column, (model, _) in self.links.items():
            if text := text_of(row, column):
                if text not in self.linked[column]:
                    raise ValidationError({column: f"There is no {model._meta.verbose_name} with this id."})
                row[column] = self.linked[column][text]
        self.look_at(row, self.number)

    def must_be_known(self, row: dict) -> None:
        text = text_of(row, self.key)
        if text and text not in self.known:
            name = self._meta.model._meta.verbose_name
            raise ValidationError({self.key: f"There is no {name} with this id. Leave the cell empty for a new one."})

    def must_keep_zeros(self, row: dict) -> None:
        """A spreadsheet makes 7 of 0007 without a word. Only against what we hold can that be known."""
        held = self.known.get(text_of(row, self.key))
        for column in self.text_columns():
            text = text_of(row, column)
            if not held or not DIGITS.fullmatch(text):
                continue
            known = str(getattr(held, column, ""))
            if known != text and known.lstrip("0") == text:
                raise ValidationError({column: f"It differs from what we hold by zeros in front alone. {AS_TEXT}"})

    def text_columns(self) -> list[str]:
        return [field.column_name for field in self.get_import_fields() if isinstance(field.widget, Text)]

    def digits_told(self, dataset: tablib.Dataset) -> list[str]:
        """A note a column of texts in which numbers stand: whether they had zeros in front, nobody can see any more."""
        found = []
        for column in set(self.text_columns()) & set(dataset.headers or []):
            if count := sum(bool(DIGITS.fullmatch(str(cell).strip())) for cell in dataset[column]):
                found.append(f"Column {column} holds {count:,} plain number{'s' * (count > 1)}. {AS_TEXT}")
        return sorted(found)

    def look_at(self, row: dict, number: int) -> None:
        """For a subclass: refuses a row by ValidationError, or puts it into `set_aside`."""

    def import_field(self, field, instance, row, is_m2m=False, **kwargs):
        # The key's own text would replace the UUID of a row that was found by it.
        if field.column_name != "id":
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def skip_row(self, instance, original, row, import_validation_errors=None) -> bool:
        return self.number in self.set_aside

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        """The cells' own faults; the rest is judged by the verb, for all rows at once."""
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def save_instance(self, instance, is_create, row, **kwargs):
        """Nothing yet: see after_import."""

    def save_m2m(self, instance, row, **kwargs):
        """Tables have no such columns."""

    def after_init_instance(self, instance, new, row, **kwargs):
        self.before = self.as_text(instance) if self.only_judges and self.number <= SHOWN_ROWS else []

    def after_import_row(self, row, row_result, **kwargs):
        row_result.number = self.number
        if self.before:
            cells = zip(self.before, self.as_text(row_result.instance), self.get_import_fields(), strict=True)
            row_result.diff = [
                shown(before, now, is_new=row_result.is_new(), masked=field.column_name in self.masked())
                for before, now, field in cells
            ]
        row_result.reason = self.set_aside.get(self.number, "")
        if row_result.reason:
            row_result.outcome = Outcome.SKIPPED
        else:
            self.arriving.append((row_result, row))

    def after_import(self, dataset, result, **kwargs):
        """Hands the rows to their verb, or in a preview to its twin that only reads."""
        if self.only_judges:
            result.notes = (*getattr(dataset, "notes", ()), *self.digits_told(dataset))
        verb = self.judge if self.only_judges else self.write
        arrivals = verb([(row_result.instance, row) for row_result, row in self.arriving])
        for (row_result, row), arrival in zip(self.arriving, arrivals, strict=True):
            result.amend(row_result, row, arrival)

    def as_text(self, instance: models.Model) -> list[str]:
        """The cells of the preview. A new row's id is made when it is written."""
        made_later = "id" if instance._state.adding else None
        fields = self.get_import_fields()
        return ["" if field.column_name == made_later else str(field.export(instance)) for field in fields]

    def judge(self, rows: Sequence[tuple[models.Model, dict]]) -> Sequence[Arrival]:
        """What `write` would answer now. It only reads."""
        raise NotImplementedError

    def write(self, rows: Sequence[tuple[models.Model, dict]]) -> Sequence[Arrival]:
        """What becomes of the rows: (instance as the cells say, the cells)."""
        raise NotImplementedError


def texts(rows: Sequence[dict], column: str) -> set[str]:
    return {text for row in rows if (text := text_of(row, column))}


def text_of(row: dict, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value).strip()


def as_key(model: type[models.Model], key: str, value: str) -> object:
    """The value as the column compares it; None for one that cannot be a key."""
    field = model._meta.pk if key in ("pk", "id") else model._meta.get_field(key)
    try:
        return field.to_python(value)
    except ValidationError:
        return None


class OfAPerson(Sheet):
    """Rows with a column that names their person, by id or e-mail address."""

    person_column: str

    def prepare(self, rows):
        super().prepare(rows)
        self.people, self.erased = owners(texts(rows, self.person_column))

    def look_at(self, row, number):
        super().look_at(row, number)
        if self.person_column not in row:
            if not text_of(row, self.key):
                raise ValidationError({self.person_column: "A new row needs the person it belongs to."})
            return
        text = text_of(row, self.person_column)
        if text in self.erased:
            self.set_aside[number] = ERASED
        elif text not in self.people:
            raise ValidationError({self.person_column: NO_ONE_PERSON})
        row[self.person_column] = self.people.get(text)


def owners(values: set[str]) -> tuple[dict[str, DataSubject], set[str]]:
    """People by id or by an e-mail address that is one person's: ({text: person}, texts that are erased people's
    addresses)."""
    addresses = {value: address for value in values if "@" in value and (address := normalised(Kind.EMAIL, value))}
    by_address, barred = defaultdict(list), set()
    for some in batched(set(addresses.values()), CHUNK):
        found = Identifier.objects.filter(kind=Kind.EMAIL, value__in=some).select_related("subject")
        for identifier in found:
            by_address[identifier.value].append(identifier.subject)
        barred |= suppressed(Kind.EMAIL, some)
    ids = {v: as_key(DataSubject, "id", v) for v in values if "@" not in v}
    by_id = {}
    for some in batched({k for k in ids.values() if k}, CHUNK):
        by_id |= DataSubject.objects.in_bulk(some)
    people = {v: by_address[a][0] for v, a in addresses.items() if len(by_address[a]) == 1}
    people |= {v: by_id[k] for v, k in ids.items() if k in by_id}
    return people, {v for v, a in addresses.items() if a in barred}


def normalised(kind: str, value: str) -> str:
    """The stored spelling of an identifier; empty for what can be none."""
    try:
        return Identifier.normalise(kind, value)
    except ValidationError:
        return ""
