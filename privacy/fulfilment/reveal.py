"""Shows masked content to one member of staff, once, and writes down that it was shown.

The audit entry names the model, the row, the fields and a reason of a fixed list. There is no free text: audit
entries are never erased, so a sentence about a person would outlive them there. What is to be told stands in the
rights request or the support ticket, whose number the entry carries.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, transaction

from privacy.datamap import registry
from privacy.evidence import audit, sealing
from privacy.evidence.events import Event
from privacy.evidence.keys import MissingKey
from privacy.fulfilment import reference_number
from privacy.fulfilment.reference_number import NotAReference
from privacy.models import DataSubject, Staff, Step
from privacy.roles import must_have
from privacy.selectors import holds


class RevealReason(models.TextChoices):
    """Why content is looked at."""

    RIGHTS_REQUEST = "rights_request", "To answer a rights request"
    SUPPORT = "support", "To help the person with their support request"
    OTHER_PEOPLE = "other_people", "To look for other people's data before a release"
    CHILD = "child", "To decide whether the account is a child's"
    SECURITY = "security", "To look into abuse or a security incident"
    AUTHORITY = "authority", "By order of a court or authority"


class NotRevealed(Exception):
    """Nothing was shown; the text can be shown to staff as it is."""


@dataclass(frozen=True)
class Revealed:
    """The values of one row, for the one response that shows them."""

    subject_id: UUID
    values: dict[str, Any]


def reveal(*, model: str, pk: Any, fields: Sequence[str], actor: Staff, reason: str, reference: str = "") -> Revealed:
    """The masked `fields` of a row, after an audit entry on the chain of the person they are about.

    `model` is a label. Raises NotRevealed, and the model's DoesNotExist when the row is gone, and PermissionDenied.
    """
    must_have(actor, "privacy.reveal_content")
    table: Any = next((known for known in registry.declarations if known._meta.label == model), None)
    if table is None or not fields or not set(fields) <= set(registry.masked(table)):
        raise NotRevealed("These fields are not among those that can be revealed.")
    path = registry.declarations[table].subject
    with transaction.atomic():
        row = table.objects.values(path, *fields).get(pk=pk)
        subject_id = row[path]
        check_why(reason, reference, DataSubject.objects.filter(pk=subject_id))
        audit.append(
            audit.subject_chain(subject_id), Event.CONTENT_REVEALED, actor=actor,
            model=model, pk=str(pk), fields=list(fields), reason=reason, reference=reference,
        )  # fmt: skip
    return Revealed(subject_id, {name: row[name] for name in fields})


def reveal_names(*, step_ids: Collection[UUID], actor: Staff) -> dict[UUID, dict[str, list[str]]]:
    """{step: what the processor calls the person, by kind}, of open steps at processors, after an audit entry on the
    chain of each case. Why it is looked at, the step says itself.

    Raises NotRevealed where a step is finished, nothing may be asked of the processor, or a key is missing, and
    PermissionDenied.
    """
    must_have(actor, "privacy.reveal_content")
    with transaction.atomic():
        steps = Step.objects.select_related("job").filter(pk__in=step_ids).exclude(sealed="").order_by("id")
        known = {step: unsealed(step) for step in steps}
        people = {step.job.subject_id for step in known if step.job.subject_id}
        is_stale = any(step.job.stopped_at or not step.job.is_open for step in known)
        if is_stale or {step.id for step in known} != set(step_ids):
            raise NotRevealed("Somebody has finished a step, or something has stopped it. Look again.")
        if holds.covering(people):
            raise NotRevealed("A legal hold is in force: ask nothing of the processor.")
        links = [(step.job.chain, {"job": str(step.job_id), "step": str(step)}) for step in known]
        audit.append_many(links, Event.STEP_REVEALED, actor=actor)
    return {step.id: names for step, names in known.items()}


def unsealed(step: Step) -> dict[str, list[str]]:
    try:
        return sealing.unseal(step.sealed)
    except MissingKey as error:
        raise NotRevealed(
            "What the processor calls them cannot be opened, because a key is missing. Who runs this finds out which "
            "with manage.py rotate_keys."
        ) from error


def check_why(reason: str, reference: str, people: models.QuerySet[DataSubject]) -> None:
    """Raises NotRevealed for a reason that is not of the list, or a reference that is none or names the people."""
    if reason not in RevealReason.values:
        raise NotRevealed("Choose the reason.")
    check_reference(reference, people)


def check_reference(reference: str, people: models.QuerySet[DataSubject]) -> None:
    """Raises NotRevealed for one that is none or names the people."""
    if not reference:
        return
    try:
        reference_number.check(reference, words=reference_number.words_of(people))
    except NotAReference as refusal:
        raise NotRevealed(str(refusal)) from refusal
