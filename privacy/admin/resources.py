"""People and content as tables: which columns, what a cell must be, and what becomes of a row.

A row with an id changes that row; a row without one is new. An empty cell of an identifier and a column that is not
in the file say nothing. The rows are judged and written by privacy.fulfilment.intake: a preview only judges them, and
locks nobody out.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import batched

import tablib
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import OuterRef, Subquery
from django.utils.html import format_html
from import_export import widgets
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Error, Result, RowResult

from privacy.datamap import triggers
from privacy.fulfilment import clerk_users, intake
from privacy.fulfilment.intake import CHUNK, ERASED, Arrival, Outcome, Person
from privacy.fulfilment.reading import Unreadable, as_named
from privacy.fulfilment.reveal import CONTENT
from privacy.jobs.slices import is_busy
from privacy.models import DataSubject, Feedback, Identifier, Note, Prompt, Script, Shot, ShotList
from privacy.selectors.suppression import suppressed

log = logging.getLogger(__name__)
Kind = Identifier.Kind
CLERKS_LIST = (
    "This is Clerk's list of users: id becomes clerk_id, the first and last name become full_name, the primary address "
    "becomes email, and the verified addresses beside it are added."
)
SHOWN_ROWS = 200  # of a preview; the rest is counted
DIGITS = re.compile(r"[1-9][0-9]{0,14}")
AS_TEXT = "Spreadsheets drop zeros in front of a number (0007 becomes 7): see that none is lost, or format it as text."
SHOWN_CHARACTERS = 200  # of a cell in a preview
IMPORT_TYPES = {
    Outcome.CREATED: RowResult.IMPORT_TYPE_NEW,
    Outcome.UPDATED: RowResult.IMPORT_TYPE_UPDATE,
    Outcome.UNCHANGED: RowResult.IMPORT_TYPE_SKIP,
    Outcome.SKIPPED: RowResult.IMPORT_TYPE_SKIP,
    Outcome.REFUSED: RowResult.IMPORT_TYPE_INVALID,
}


class Text(widgets.Widget):
    def clean(self, value, row=None, **kwargs) -> str:
        return "" if value is None else str(value)


class Whole(widgets.Widget):
    """A whole number; an empty cell is none."""

    def clean(self, value, row=None, **kwargs) -> int | None:
        if value is None or value == "":
            return None
        text = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise ValueError("This is not a whole number.")
        return int(text)

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else value


class Moment(widgets.Widget):
    """A time in ISO 8601 with its offset, such as 2026-01-31T12:00:00Z; exported in UTC."""

    def clean(self, value, row=None, **kwargs) -> datetime | None:
        if value is None or value == "":
            return None
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ValueError("This is not a time with its offset, such as 2026-01-31T12:00:00Z.")
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("This time is out of reach.") from error

    def render(self, value, obj=None, **kwargs) -> str:
        return "" if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Flag(widgets.Widget):
    def clean(self, value, row=None, **kwargs) -> bool:
        text = str(value).strip().lower()
        if text not in ("true", "false", "1", "0"):
            raise ValueError("This is neither true nor false.")
        return text in ("true", "1")

    def render(self, value, obj=None, **kwargs) -> str:
        return "true" if value else "false"


class Linked(widgets.Widget):
    """A row of another model by one of its keys. Before a row is read, its cell is replaced by what it names."""

    def __init__(self, key: str = "pk"):
        super().__init__()
        self.key = key

    def clean(self, value, row=None, **kwargs):
        return value or None

    def render(self, value, obj=None, **kwargs) -> str:
        return str(getattr(value, self.key) if isinstance(value, models.Model) else value or "")


class Link(Field):
    """A column that points at another row. By primary key it is read without loading that row."""

    def get_value(self, instance):
        return getattr(instance, f"{self.attribute}_id") if self.widget.key == "pk" else super().get_value(instance)


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


class Sheet(ModelResource):
    """A model as a table. A subclass names the columns, and says with `judge` and `write` what becomes of the rows."""

    key: str = "id"  # the column that tells which row it is
    masked: tuple[str, ...] = ()  # columns that leave the house for a reason only
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

    # --- out

    def get_export_fields(self, selected_fields=None):
        fields = super().get_export_fields(selected_fields)
        return [field for field in fields if self.reveals or field.column_name not in self.masked]

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
            column: self.find(model.objects.defer(*CONTENT.get(model._meta.label, ())), key, texts(rows, column))
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
                shown(before, now, is_new=row_result.is_new(), masked=field.column_name in self.masked)
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


def owners(values: set[str]) -> tuple[dict[str, DataSubject], set[str]]:
    """People by id or e-mail address: ({text: person}, texts that are erased people's addresses)."""
    addresses = {value: address for value in values if "@" in value and (address := normalised(Kind.EMAIL, value))}
    by_address, barred = {}, set()
    for some in batched(set(addresses.values()), CHUNK):
        found = Identifier.objects.filter(kind=Kind.EMAIL, value__in=some).select_related("subject")
        by_address |= {identifier.value: identifier.subject for identifier in found}
        barred |= suppressed(Kind.EMAIL, some)
    ids = {v: as_key(DataSubject, "id", v) for v in values if "@" not in v}
    by_id = {}
    for some in batched({k for k in ids.values() if k}, CHUNK):
        by_id |= DataSubject.objects.in_bulk(some)
    people = {v: by_address[a] for v, a in addresses.items() if a in by_address}
    people |= {v: by_id[k] for v, k in ids.items() if k in by_id}
    return people, {v for v, a in addresses.items() if a in barred}


def normalised(kind: str, value: str) -> str:
    """The stored spelling of an identifier; empty for what can be none."""
    try:
        return Identifier.normalise(kind, value)
    except ValidationError:
        return ""


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
            raise ValidationError({self.person_column: "No person has this id or e-mail address."})
        row[self.person_column] = self.people.get(text)


class SubjectSheet(Sheet):
    full_name = Field("full_name", "full_name", Text())
    country = Field("country", "country", Text())
    email = Field("email", "email", Text())
    clerk_id = Field("clerk_id", "clerk_id", Text())
    id = Field("id", "id", Text())
    created_at = Field("created_at", "created_at", Moment())
    only_out = ("created_at",)
    kinds = {"email": Kind.EMAIL, "clerk_id": Kind.CLERK}

    class Meta:
        model = DataSubject
        name = "People"
        fields = ("id", "full_name", "country", "email", "clerk_id", "created_at")

    def get_queryset(self):
        return self.filter_export(super().get_queryset())

    def filter_export(self, queryset, **kwargs):
        """With the primary e-mail address and Clerk id, in the same query."""
        known = Identifier.objects.filter(subject=OuterRef("pk")).order_by("-is_primary", "created_at", "id")
        return queryset.annotate(
            **{column: Subquery(known.filter(kind=kind).values("value")[:1]) for column, kind in self.kinds.items()}
        )

    def before_import(self, dataset, **kwargs):
        self.users: dict[tuple[str, str], Person] = {}
        self.about = ""
        if clerk_users.is_clerks(dataset.headers or []):
            self.translate(dataset)
        super().before_import(dataset, **kwargs)

    def translate(self, dataset: tablib.Dataset) -> None:
        """Puts our columns in the place of Clerk's. Who is known by the Clerk id is that person."""
        users = [dict(zip(dataset.headers, cells, strict=True)) for cells in dataset]
        people = [clerk_users.person_of(user) for user in users]
        known = Identifier.objects.filter(kind=Kind.CLERK).select_related("subject")
        ids = {clerk_users.clerk_id_of(user) for user in users}
        subjects = {i.value: i.subject for some in batched(ids, CHUNK) for i in known.filter(value__in=some)}
        self.about = CLERKS_LIST + (
            f" Nothing is stored of {', '.join(others)}."
            if (others := clerk_users.passed_over(dataset.headers))
            else ""
        )
        dataset.wipe()
        dataset.headers = ["id", "full_name", "email", "clerk_id"]
        for user, person in zip(users, people, strict=True):
            clerk_id, email = clerk_users.clerk_id_of(user), next(iter(clerk_users.emails_of(user)), "")
            subject = subjects.get(clerk_id)
            self.users[clerk_id, email] = person
            name = person.full_name or (subject.full_name if subject else "")
            dataset.append([str(subject.pk) if subject else "", name, email, clerk_id])

    def after_import(self, dataset, result, **kwargs):
        result.about = self.about
        super().after_import(dataset, result, **kwargs)

    def prepare(self, rows):
        self.first_row: dict[tuple[str, str], int] = {}
        self.owner: dict[tuple[str, str], DataSubject] = {}
        for column, kind in self.kinds.items():
            values = {v for text in texts(rows, column) if (v := normalised(kind, text))}
            for some in batched(values, CHUNK):
                found = Identifier.objects.filter(kind=kind, value__in=some).select_related("subject")
                self.owner |= {(kind, i.value): i.subject for i in found}
        self.limited = intake.closed_to(Identifier, {subject.pk for subject in self.owner.values()})

    def look_at(self, row, number):
        if self.users:
            return  # Clerk's word on who they are; what cannot be stored is left out by the verb
        me = self.known.get(text_of(row, "id"))
        for column, kind in self.kinds.items():
            if text := text_of(row, column):
                try:
                    value = Identifier.normalise(kind, text)
                except ValidationError as error:
                    if kind == Kind.EMAIL and (me or text_of(row, "clerk_id")):
                        continue  # the row comes in without it, and says so
                    raise ValidationError({column: error.messages}) from error
                self.must_be_free(row, number, column, (kind, value), me)

    def must_be_free(self, row, number: int, column: str, pair: tuple[str, str], me: DataSubject | None) -> None:
        first = self.first_row.setdefault(pair, number)
        if first != number:
            raise ValidationError({column: f"Row {first} has the same. Two people cannot share it."})
        owner = self.owner.get(pair)
        if owner is None or (me and owner.pk == me.pk):
            return
        if reason := intake.why_not(owner, self.limited):
            self.set_aside[number] = reason
            return
        raise ValidationError({column: f"{owner} has this already. To change that person, give their id."})

    def judge(self, rows):
        return intake.judge_people(people=[self.person(instance, row) for instance, row in rows])

    def write(self, rows):
        return intake.bring_in(people=[self.person(instance, row) for instance, row in rows], actor=self.actor)

    def person(self, instance: DataSubject, row: dict) -> Person:
        subject_id = None if instance._state.adding else instance.pk
        if self.users:
            return replace(self.users[text_of(row, "clerk_id"), text_of(row, "email")], subject_id=subject_id)
        said = {column: getattr(instance, column) for column in ("full_name", "country") if column in row}
        pairs = tuple((kind, text) for column, kind in self.kinds.items() if (text := text_of(row, column)))
        return Person(**said, identifiers=pairs, subject_id=subject_id)


class ContentSheet(OfAPerson):
    """A model of content whose rows point at their person."""

    def judge(self, rows):
        return intake.judge_rows(rows=[instance for instance, _ in rows])

    def write(self, rows):
        return intake.take_in(rows=[instance for instance, _ in rows], actor=self.actor)


def linked(column: str, key: str = "pk") -> Field:
    return Link(column, column, Linked(key))


class ScriptSheet(ContentSheet):
    id = Field("id", "id", Text())
    owner = linked("owner")
    title = Field("title", "title", Text())
    format = Field("format", "format", Text())
    body = Field("body", "body", Text())
    person_column = "owner"
    masked = CONTENT["privacy.Script"]

    class Meta:
        model = Script
        name = "Scripts"
        fields = ("id", "owner", "title", "format", "body")


class NoteSheet(ContentSheet):
    id = Field("id", "id", Text())
    author = linked("author")
    script = linked("script")
    body = Field("body", "body", Text())
    person_column = "author"
    links = {"script": (Script, "pk")}
    masked = CONTENT["privacy.Note"]

    class Meta:
        model = Note
        name = "Notes"
        fields = ("id", "author", "script", "body")


class PromptSheet(ContentSheet):
    id = Field("id", "id", Text())
    author = linked("author")
    script = linked("script")
    provider = Field("provider", "provider", Text())
    response_id = Field("response_id", "response_id", Text())
    text = Field("text", "text", Text())
    person_column = "author"
    links = {"script": (Script, "pk")}
    masked = CONTENT["privacy.Prompt"]

    class Meta:
        model = Prompt
        name = "Prompts"
        fields = ("id", "author", "script", "provider", "response_id", "text")


class FeedbackSheet(ContentSheet):
    id = Field("id", "id", Text())
    author = linked("author")
    rating = Field("rating", "rating", Whole())
    body = Field("body", "body", Text())
    person_column = "author"
    masked = CONTENT["privacy.Feedback"]

    class Meta:
        model = Feedback
        name = "Feedback"
        fields = ("id", "author", "rating", "body")

    def look_at(self, row, number):
        super().look_at(row, number)
        if (rating := text_of(row, "rating")) and rating not in ("1", "2", "3", "4", "5"):
            raise ValidationError({"rating": "A rating is 1 to 5."})


class ShotListSheet(ContentSheet):
    id = Field("id", "id", Text())
    owner = linked("owner")
    script = linked("script")
    title = Field("title", "title", Text())
    person_column = "owner"
    links = {"script": (Script, "pk")}
    masked = CONTENT["privacy.ShotList"]

    class Meta:
        model = ShotList
        name = "Shot lists"
        fields = ("id", "owner", "script", "title")


class ShotSheet(Sheet):
    id = Field("id", "id", Text())
    shot_list = linked("shot_list")
    number = Field("number", "number", Whole())
    description = Field("description", "description", Text())
    camera = Field("camera", "camera", Text())
    links = {"shot_list": (ShotList, "pk")}
    masked = CONTENT["privacy.Shot"]

    class Meta:
        model = Shot
        name = "Shots"
        fields = ("id", "shot_list", "number", "description", "camera")

    def with_person(self, model, rows):
        return rows.select_related("shot_list") if model is Shot else rows

    def look_at(self, row, number):
        if not text_of(row, "shot_list") and not text_of(row, "id"):
            raise ValidationError({"shot_list": "A new shot needs the shot list it belongs to."})

    def judge(self, rows):
        return intake.judge_rows(rows=[instance for instance, _ in rows])

    def write(self, rows):
        return intake.take_in(rows=[instance for instance, _ in rows], actor=self.actor)
