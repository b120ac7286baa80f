"""Tables handed to staff: what left, whose it was, and why, in the audit trail before the first byte goes."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.db import models, transaction

from privacy.datamap import registry
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment.reveal import NotRevealed, check_reference, check_why
from privacy.models import DataSubject, Staff
from privacy.roles import must_have


def record_table(*, model: type[models.Model], rows: int, actor: Staff) -> None:
    """Writes down that a table without masked content was handed out. Raises PermissionDenied."""
    must_have(actor, f"{model._meta.app_label}.view_{model._meta.model_name}")
    with transaction.atomic():
        audit.append(uuid4(), Event.TABLE_EXPORTED, actor=actor, model=model._meta.label, rows=rows)


class WhyExported(models.TextChoices):
    """Why a list of cases leaves the house."""

    REPORT = "report", "To report on dates and work"
    HANDING_OVER = "handing_over", "To hand work over to colleagues"
    AUDIT = "audit", "For an audit"
    AUTHORITY = "authority", "By order of a court or authority"


def record_list(
    *,
    model: type[models.Model],
    rows: int,
    people: models.QuerySet[Any, Any],
    actor: Staff,
    reason: str,
    reference: str,
) -> None:
    """Writes down that a list of cases was handed out, and why; `people` are the rows whose subjects the reference may
    not name. Raises NotRevealed for no reason, or a reference that is none, and PermissionDenied."""
    must_have(actor, "privacy.export_datasubject")
    must_have(actor, "privacy.view_rightsrequest")
    if reason not in WhyExported.values:
        raise NotRevealed("Choose the reason.")
    check_reference(reference, DataSubject.objects.filter(pk__in=people.order_by().values("subject")))
    told = {"model": model._meta.label, "rows": rows, "reason": reason, "reference": reference}
    with transaction.atomic():
        audit.append(uuid4(), Event.LIST_EXPORTED, actor=actor, **told)


def record_content(
    *, rows: models.QuerySet[Any, Any], fields: Sequence[str], actor: Staff, reason: str, reference: str = ""
) -> None:
    """Writes down, on the chain of everybody whose content it is, that it was handed out unmasked.

    For the reasons and references of a reveal, and as strictly. Raises NotRevealed, and PermissionDenied.
    """
    must_have(actor, "privacy.reveal_content")
    label = rows.model._meta.label
    if not fields or not set(fields) <= set(registry.masked(rows.model)):
        raise NotRevealed("These fields are not among those that can be revealed.")
    path = registry.declarations[rows.model].subject
    check_why(reason, reference, DataSubject.objects.filter(pk__in=rows.order_by().values(path)))
    counted = rows.order_by().values_list(path).annotate(models.Count("pk"))
    told = {"model": label, "fields": list(fields), "reason": reason, "reference": reference}
    with transaction.atomic():
        links = [(audit.subject_chain(subject_id), told | {"rows": count}) for subject_id, count in counted]
        if links:
            audit.append_many(links, Event.CONTENT_EXPORTED, actor=actor)
