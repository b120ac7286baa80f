"""One press of a button for many people: their requests, and the batch under which staff watch them."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import transaction

from privacy.models import Batch, RightsRequest, Staff

Verb = Callable[..., list[RightsRequest]]


def run_as_batch(verb: Verb, *, kind: str, subject_ids: Sequence[UUID], actor: Staff, **given) -> list[RightsRequest]:
    """Calls `verb` (such as `holds.place`) for these people under a batch of its own, all or nothing.

    No batch is left behind when nobody's request could be opened.
    """
    with transaction.atomic():
        batch = Batch.objects.create(kind=kind, actor=actor)
        opened = verb(subject_ids=subject_ids, actor=actor, batch=batch, **given)
        if not opened:
            batch.delete()
    return opened
