"""The inventory of processors: who keeps it, and who says that it is right."""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime

from django.db import transaction

from privacy.catalogue import NotAllowed
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.models import Processor, Staff
from privacy.roles import must_have

# A processor has no UUID; its chain is named after its key, so that it is the same everywhere.
NAMESPACE = uuid.UUID("6f1a3c0e-0d53-5c0e-9f3b-0f3c2b1f7a55")


def chain_of(key: str) -> uuid.UUID:
    """The audit chain of what staff say about the processor with this key."""
    return uuid.uuid5(NAMESPACE, key)


def save(*, processor: Processor, changed: Collection[str], actor: Staff) -> None:
    """Saves what a manager entered. `changed` names the fields; a review of other facts no longer counts. Raises
    PermissionDenied."""
    is_new = processor._state.adding
    must_have(actor, "privacy.add_processor" if is_new else "privacy.change_processor")
    if changed:
        processor.reviewed_at = processor.reviewed_by = None
    with transaction.atomic():
        processor.save()
        event = Event.PROCESSOR_ADDED if is_new else Event.PROCESSOR_CHANGED
        audit.append(chain_of(processor.key), event, actor=actor, processor=processor.key, fields=sorted(changed))


def mark_reviewed(*, key: str, actor: Staff) -> Processor:
    """Records that `actor` read the source and found the facts right. Raises NotAllowed without a source, and
    PermissionDenied."""
    must_have(actor, "privacy.change_processor")
    with transaction.atomic():
        processor = Processor.objects.select_for_update().get(pk=key)
        if not (processor.source and processor.read_on):
            raise NotAllowed("Name the source and the day it was read first: a review is of something.")
        processor.reviewed_at, processor.reviewed_by = datetime.now(UTC), actor
        processor.save(update_fields=["reviewed_at", "reviewed_by"])
        audit.append(
            chain_of(processor.key), Event.PROCESSOR_REVIEWED, actor=actor,
            processor=key, source=processor.source, read_on=processor.read_on,
        )  # fmt: skip
    return processor
