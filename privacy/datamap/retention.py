"""How long rows stay, counted from which moment, and why."""

from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta


@dataclass(frozen=True)
class Retention:
    """A period from a date field of the row, or, with neither years nor days, as long as the account is open.

    With `from_year_end` it begins at the end of that date's calendar year, as tax law counts. `because` is printed in
    the record of processing, in the access package and on the receipt.
    """

    because: str
    years: int = 0
    days: int = 0
    after: str = ""
    from_year_end: bool = False

    @property
    def text(self) -> str:
        if not (self.years or self.days):
            return "While the account is open"
        period = f"{self.years} years" if self.years else f"{self.days} days"
        start = f"the end of the calendar year ({self.after})" if self.from_year_end else self.after
        return f"{period} after {start.replace('_', ' ')}"

    def ends_on(self, start: date) -> date:
        """The last day of the period that the row's date `start` sets going."""
        begins = date(start.year, 12, 31) if self.from_year_end else start
        return begins + relativedelta(years=self.years, days=self.days)


def while_account_open(because: str = "Needed to provide the service (policy section 7)") -> Retention:
    return Retention(because)
