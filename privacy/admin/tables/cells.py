"""What a cell of a table must be, and how it is written: texts, whole numbers, moments, yes or no, links."""

import re
from datetime import UTC, datetime

from django.db import models
from import_export import widgets
from import_export.fields import Field


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


def linked(column: str, key: str = "pk") -> Field:
    return Link(column, column, Linked(key))
