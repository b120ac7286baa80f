"""Holds who is merged into whom against what the entries of the cases tell that merged and split them."""

from collections.abc import Iterator
from uuid import UUID

from privacy.evidence.commitments import pseudonyms
from privacy.evidence.events import Event
from privacy.models import AuditEntry, Case, DataSubject


def differences() -> Iterator[tuple[UUID, str]]:
    """(account, what is wrong with it)."""
    cases = Case.objects.filter(kind__in=("merge", "split")).order_by()
    accounts = {name: pk for pk in cases.values_list("subject", flat=True).distinct() for name in pseudonyms(pk)}
    told = _told(list(cases.values_list("pk", flat=True)))
    last = {accounts[name]: into for name, into in told.items() if name in accounts}
    merged = dict(DataSubject.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into"))
    for account, into in merged.items():
        if into and last.get(account) not in pseudonyms(into):
            yield account, "it is merged into another person, and no request says so"
    for account, name in last.items():
        if name and account not in merged:
            yield account, "a request has merged it into another person, and it is not"


def _told(chains: list[UUID]) -> dict[str, str]:
    """{pseudonym of an account: that of the person whom it was merged into last; empty where it was split off}."""
    found: dict[str, str] = {}
    decided = AuditEntry.objects.filter(chain__in=chains, event=Event.CASE_GRANTED).order_by("id")
    for data in decided.values_list("data", flat=True):
        found |= dict.fromkeys(data.get("merged", ()), data.get("into", ""))
        if "split" in data:
            found[data["split"]] = ""
    return found
