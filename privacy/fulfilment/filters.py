"""What staff keep of their own: filters of the queue. Whom they looked for is not kept."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from privacy.catalogue import NotAllowed
from privacy.models import SavedFilter, Staff
from privacy.roles import must_have

# A sealed search, one person's cases, and what is a place in the list and not a filter.
NOT_KEPT = ("q", "subject", "p", "o")
MOST = 20


def save(*, actor: Staff, name: str, query: Mapping[str, str]) -> SavedFilter:
    """Keeps the filter under this name; another of the name gives way. Raises NotAllowed, and PermissionDenied."""
    must_have(actor, "privacy.view_rightsrequest")
    if not (filtered := kept(query)):
        raise NotAllowed("There is no filter to save. A search for a person is not saved.")
    if actor.saved_filters.exclude(name=name).count() >= MOST:
        raise NotAllowed(f"You have {MOST} saved filters, which are the most. Take one away first.")
    saved, _ = SavedFilter.objects.update_or_create(member=actor, name=name, defaults={"query": filtered})
    return saved


def kept(query: Mapping[str, str]) -> str:
    """What would be kept of an address of the queue, as one."""
    return urlencode({key: value for key, value in query.items() if value and key not in NOT_KEPT})


def forget(*, actor: Staff, filter_id: UUID) -> None:
    """Takes away one's own."""
    actor.saved_filters.filter(pk=filter_id).delete()
