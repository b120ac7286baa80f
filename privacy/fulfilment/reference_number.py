"""The one notion of a reference: the number of a ticket, a letter or a request, and nothing that is somebody's name.

References stand in the audit trail and in receipts, which are never erased. The form keeps sentences and long names
out; where the person is known, so are the words of their names and addresses. What remains: a short name in capitals
with a number behind it, of somebody else or of a person who is erased already.
"""

import re
import unicodedata
from collections.abc import Iterable

from django.db.models import QuerySet

from privacy.models import DataSubject, Identifier, ProfilePreference

TICKET = r"(?:[A-Z]{1,6}[-_/.]?|#)?[0-9]{1,12}(?:[-_/.][0-9]{1,12}){0,3}"
ROW = r"[0-9a-f]{8}(?:(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?"
FORM = re.compile(f"{TICKET}|{ROW}", re.ASCII)
MAX_LENGTH = 60
EXPLAINED = "A ticket or request number, such as SUP-1204 or CASE-2026-114: at most six capitals before it, no names."
OF_THE_PERSON = "This number holds a part of the person's name or address. Give it without: it is never erased."
# A number in an address is compared from this length on: years and the like stand in ticket numbers, too.
DIGITS_COMPARED = 6


class NotAReference(ValueError):
    """The text is no reference. Its message can be shown to staff as it is."""


def check(text: str, *, words: Iterable[str] = ()) -> None:
    """Raises NotAReference for a `text` of another form, or that contains one of `words` (see `words_of`)."""
    if len(text) > MAX_LENGTH or not FORM.fullmatch(text):
        raise NotAReference(EXPLAINED)
    if re.fullmatch(ROW, text):
        return  # made by us: its letters are digits
    runs = runs_of(text)
    if any(is_within(word, run) for word in words for run in runs):
        raise NotAReference(OF_THE_PERSON)


def is_within(word: str, run: str) -> bool:
    """Whether the run of letters or digits names the word; a word of two letters must be all of it."""
    return word in run if len(word) > 2 else word == run


def words_of(people: QuerySet[DataSubject]) -> set[str]:
    """The words of these people's names and e-mail addresses as we hold them now."""
    names = people.order_by().values_list("full_name", flat=True)
    shown = ProfilePreference.objects.filter(subject__in=people).values_list("display_name", flat=True)
    mailboxes = Identifier.objects.filter(subject__in=people, kind=Identifier.Kind.EMAIL).values_list(
        "value", flat=True
    )
    return words_in([*names.iterator(), *shown.iterator(), *mailboxes.iterator()])


def words_in(texts: Iterable[str]) -> set[str]:
    """The runs of letters, and of enough digits, in names and addresses, folded. `.com` and the like are nobody's."""
    runs = {run for text in texts for run in runs_of(text.rpartition(".")[0] if "@" in text else text)}
    return {run for run in runs if len(run) >= (DIGITS_COMPARED if run.isdigit() else 2)}


def runs_of(text: str) -> list[str]:
    """`["anna", "1985"]` of `Ánna.1985`."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.findall(r"[^\W\d_]+|\d+", bare.casefold())
