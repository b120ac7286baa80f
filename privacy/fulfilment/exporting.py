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
from privacy.selectors.selections import free_rows, people_for, selections


class ExportReason(models.TextChoices):
    """Why a list leaves the back office that tells of people."""

    REPORT = "report", "To report on dates and work"
    REQUESTS = "requests", "To work on requests outside the back office"
    NOTICE = "notice", "To tell these people something they must know"
    REVIEW = "review", "For an audit or a review of the records"
    AUTHORITY = "authority", "By order of a court or authority"
    MOVE = "move", "To bring it into another system of ours"
    # Of these the list holds only whom the selection of that name holds (selectors.selections).
    NEWS_BY_EMAIL = "news_by_email", "To send them news by e-mail"
    PRODUCT_NEWS = "product_news", "To send them product news"
    MEASURE = "measure", "To understand how features perform"

    @classmethod
    def of_cases(cls) -> list[tuple[str, str]]:
        """The choices for a list of cases, which is none of people to write to or to measure."""
        return [(reason, label) for reason, label in cls.choices if reason not in selections]


def leaving[R: models.QuerySet[Any, Any]](rows: R, reason: str) -> R:
    """Of the rows of a list, those that may leave for this reason: nobody who is limited for it. Without a reason a
    table that serves more than the service leaves without the rows of people who are limited for that."""
    if reason in selections and rows.model is DataSubject:
        return rows.filter(pk__in=people_for(reason).values("pk"))
    return rows if reason else free_rows(rows)


def record_table(*, model: type[models.Model], rows: int, actor: Staff) -> None:
    """Writes down that a table without masked content was handed out. Raises PermissionDenied."""
    _record(model, rows, actor)


def record_list(
    *,
    model: type[models.Model],
    rows: int,
    people: models.QuerySet[DataSubject],
    actor: Staff,
    reason: str,
    reference: str = "",
) -> None:
    """The same of a list of people or of cases about them, with why; of these people the reference may name none.
    Raises NotRevealed for a reason or reference that is none, and PermissionDenied."""
    if reason not in ExportReason.values:
        raise NotRevealed("Choose the reason.")
    check_reference(reference, people)
    _record(model, rows, actor, why=reason, reference=reference)


def _record(model: type[models.Model], rows: int, actor: Staff, **why: str) -> None:
    must_have(actor, f"{model._meta.app_label}.view_{model._meta.model_name}")
    with transaction.atomic():
        audit.append(uuid4(), Event.TABLE_EXPORTED, actor=actor, model=model._meta.label, rows=rows, **why)


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
