"""What the address of a page may ask for: what the page declares, once each, and nothing else.

Django lets every column of a list be asked about with every lookup, so that a masked text can be read letter by letter
and a pattern can keep the database busy. Here the pages say which keys they take and which values they understand.
"""

import re
from collections.abc import Callable, Mapping

from django.core.exceptions import BadRequest
from django.http import HttpRequest

PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)


class Refused(BadRequest):
    """The address asks for something that the page does not offer: answered with 400 and this sentence.

    It quotes nothing of the address, which may hold somebody's name and would be logged.
    """

    def __init__(self):
        super().__init__(
            "The address asks this page for something that it does not offer: another filter, order or page than its "
            "own links have. Nothing was shown and nothing was changed. Open the page from the menu and choose there."
        )


def only(request: HttpRequest, declared: Mapping[str, Callable[[str], bool]]) -> None:
    """Refuses keys that are not declared, that come twice, or whose value the declared check does not take."""
    for key, values in request.GET.lists():
        if key not in declared or len(values) > 1 or not declared[key](values[0]):
            raise Refused


def is_page_number(text: str) -> bool:
    return bool(PAGE_NUMBER.fullmatch(text))


def anything(text: str) -> bool:
    """For a value that its own reader checks, or that nothing is looked up by."""
    return True
