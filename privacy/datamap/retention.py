"""How long rows stay, counted from which moment, and why."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from dateutil.relativedelta import relativedelta


@dataclass(frozen=True)
class Retention:
    """A period from a date, or, with neither years nor days, as long as the account is open.

    `after` is the path of a date field, from the row and through foreign keys, such as `invoice__issued_at`; a system
    check follows it. With `from_year_end` the period begins at the end of that date's calendar year, as tax law counts.
    Where `is_yet_to_begin` is set a row without that date counts from now, as the earliest that it can be.
    `because` is printed in the record of processing, in the access package and on the receipt.
    """

    because: str
    years: int = 0
    days: int = 0
    after: str = ""
    from_year_end: bool = False
    is_yet_to_begin: bool = False

    @property
    def text(self) -> str:
        if not self.has_end:
            return "While the account is open"
        period = _counted(self.years, "year") if self.years else _counted(self.days, "day")
        start = f"the end of the calendar year ({self._start})" if self.from_year_end else self._start
        return f"{period} after {start}"

    @property
    def has_end(self) -> bool:
        return bool(self.years or self.days)

    @property
    def _start(self) -> str:
        """`issued at of its invoice`."""
        *links, name = (part.replace("_", " ") for part in self.after.split("__"))
        return " of its ".join([name, *reversed(links)])

    @lru_cache(1_000)  # noqa: B019  (the periods are as few as the declarations)
    def ends_on(self, start: date) -> date:
        """The last day of the period that the row's date `start` sets going."""
        begins = date(start.year, 12, 31) if self.from_year_end else start
        return begins + relativedelta(years=self.years, days=self.days)


def while_account_open(because: str = "Needed to provide the service (policy section 7)") -> Retention:
    return Retention(because)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
