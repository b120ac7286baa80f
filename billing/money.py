"""Money in words."""

from privacy.models.currencies import digits_of


def money(minor: int | None, currency: str) -> str:
    """`1,299.00 EUR` of 129900 minor units."""
    if minor is None:
        return "–"
    digits = digits_of(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    sign = "−" if minor < 0 else ""
    return f"{sign}{whole:,}{f'.{rest:0{digits}}' if digits else ''} {currency.upper()}"
