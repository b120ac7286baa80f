"""Countries and regions, as ISO 3166 has them (www.iso.org/iso-3166-country-codes.html, by way of pycountry), and time
zones, as the machine has them."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

import pycountry


@cache
def time_zones() -> frozenset[str]:
    """The names of the IANA list; to ask for them walks through a thousand files."""
    return frozenset(available_timezones())


def country_name(code: str) -> str:
    """Of an ISO 3166-1 alpha-2 code, such as DE; empty when there is no such country."""
    found = pycountry.countries.get(alpha_2=code) if code else None
    return getattr(found, "common_name", found.name) if found else ""


def region_name(code: str) -> str:
    """Of an ISO 3166-2 code, such as US-CA; empty when there is no such region."""
    found = region_named(code)
    return str(found.name) if found else ""


def region_named(code: str) -> Any:
    """What ISO 3166-2 says of a code: `name`, `parent_code`; None when there is no such region."""
    return pycountry.subdivisions.get(code=code) if code else None


@cache
def why_not_there(country: str, region: str) -> str:
    """Why nobody can live there, in words for staff and without the values; empty when somebody can, or nothing is
    said."""
    if country and not country_name(country):
        return "There is no such country: it takes a code of two letters, such as DE (ISO 3166-1)."
    if region and not region_name(region):
        return "There is no such region: it takes a code such as US-CA (ISO 3166-2)."
    if region and region.partition("-")[0] != country:
        return "The region is not in that country."
    return ""


def place(country: str, region: str) -> str:
    """`California, United States (US-CA)`; the code alone where the list has no name for it."""
    names = [name for name in (region_name(region), country_name(country)) if name]
    code = region or country
    return f"{', '.join(names)} ({code})" if names else code
