"""Places and lifts limits on processing; from then on the database refuses what they are about."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.models import DataSubject, DeviceIdentifier, Limit, Staff
from privacy.models.accounts import accounts_of


def lock_accounts(subject_id: UUID) -> list[UUID]:
    """All accounts of the person, locked until the transaction ends."""
    people = DataSubject.objects.select_for_update().filter(pk__in=accounts_of([subject_id])).order_by("id")
    return list(people.values_list("pk", flat=True))


def place(
    accounts: Collection[UUID], purposes: Iterable[str], ground: Limit.Ground, actor: Staff | None
) -> list[Limit]:
    """Limits each of these locked accounts for each purpose of which it is not limited on this ground; the new rows,
    of each of which the account's own chain tells."""
    in_force = Limit.objects.filter(subject__in=accounts, ground=ground, lifted_at=None)
    there = set(in_force.values_list("subject", "purpose"))
    wanted = [(account, str(purpose)) for account in accounts for purpose in purposes]
    placed = Limit.objects.bulk_create(
        Limit(subject_id=account, purpose=purpose, ground=ground)
        for account, purpose in wanted
        if (account, purpose) not in there
    )
    _tell(placed, Event.LIMIT_PLACED, actor)
    return placed


def lift(
    accounts: Collection[UUID],
    purposes: Iterable[str],
    grounds: Iterable[Limit.Ground],
    actor: Staff | None,
    **told: Any,
) -> list[Limit]:
    """Ends the limits that these grounds have placed for these purposes. `told`: when and how the person was told of it
    before, where a limit asks for that."""
    placed = Limit.objects.filter(subject__in=accounts, purpose__in=list(purposes), ground__in=list(grounds))
    lifted = list(placed.filter(lifted_at=None).order_by("pk"))
    Limit.objects.filter(pk__in=[limit.pk for limit in lifted]).update(lifted_at=Now(), **told)
    _tell(lifted, Event.LIMIT_LIFTED, actor)
    return lifted


def _tell(limits: Iterable[Limit], event: Event, actor: Staff | None) -> None:
    links = [
        (
            audit.subject_chain(limit.subject_id),
            {"limit": str(limit.pk), "purpose": limit.purpose, "ground": limit.ground},
        )
        for limit in limits
    ]
    if links:
        audit.append_many(links, event, actor=actor)


def mark_devices(accounts: Collection[UUID], **which: Any) -> int:
    """Marks the devices of the accounts, all or `which`, as opted out, so that it counts where nobody is signed in; how
    many that were."""
    unmarked = DeviceIdentifier.objects.filter(subject__in=accounts, opted_out_at=None, **which)
    return unmarked.update(opted_out_at=Now())
