"""What people ask for by themselves, and whose address it is from which they do."""

from collections.abc import Iterator
from uuid import UUID

from django.core.exceptions import ValidationError

from privacy.catalogue import CaseKind, case_kinds
from privacy.models import Identifier
from privacy.models.addresses import normalise_email
from privacy.selectors.people import person_of


def offered() -> Iterator[type[CaseKind]]:
    """The kinds with which the portal begins."""
    return (kind for kind in case_kinds.values() if kind.plainly and kind.plainly.group)


def people_at(address: str) -> list[UUID]:
    """Who can be reached at this address, each once with however many accounts. Nobody for what is no address."""
    try:
        value = normalise_email(address)
    except ValidationError:
        return []
    found = Identifier.objects.filter(kind=Identifier.Kind.EMAIL, value=value, subject__erased_at=None)
    return sorted(set(person_of(list(found.values_list("subject", flat=True))).values()))
