"""Rows of billing: whose they are, what none may say, and how they are written. A table's rows come in here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID, uuid4

from django.db import models, transaction

from billing import facts
from billing.models import CreditNote, Customer, InvoiceLine, Price, Product, Refund
from billing.outcomes import Synced
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment import names
from privacy.fulfilment.importing.arrivals import (
    ERASED,
    FROZEN,
    HELD,
    Outcome,
    counted,
    find_people,
    lock_people,
    what_is_wrong,
)
from privacy.models import Staff
from privacy.selectors import holds


def store(*, rows: Sequence[models.Model], actor: Staff | None) -> list[Synced]:
    """Stores rows of one billing model as a table has them, in one transaction; a Synced each, in order.

    The caller made the rows, with a known row's primary key where the Stripe id is known.
    """
    with transaction.atomic():
        done = _judged(rows, lock_people)
        write([s.row for s in done if s.outcome == Outcome.CREATED], create=True)
        write([s.row for s in done if s.outcome == Outcome.UPDATED], create=False)
        record(done, actor)
    return done


def judge(*, rows: Sequence[models.Model]) -> list[Synced]:
    """What `store` would answer now. It only reads."""
    return _judged(rows, find_people)


def _judged(rows: Sequence[models.Model], get_people: Callable[..., dict]) -> list[Synced]:
    people = get_people({subject_id_of(row) for row in rows})
    closed, held = facts.closed(people), holds.covering(people)
    known = type(rows[0]).objects.in_bulk([row.pk for row in rows]) if rows else {}
    return [_stored(row, known.get(row.pk), people, closed, held) for row in rows]


def _stored(
    row: models.Model,
    known: models.Model | None,
    people: Mapping,
    closed: Collection[UUID],
    held: Collection[UUID],
) -> Synced:
    subject = people.get(subject_id_of(row))
    names = [f.attname for f in row._meta.concrete_fields if not f.primary_key and f.name != "as_of"]
    remark = ""
    if subject and subject.pk in closed and facts.is_fact(type(row)):
        remark = facts.WITHOUT
        for name, stays in facts.without_the_person(type(row), known).items():
            setattr(row, name, stays)
    elif subject and subject.erased_at:
        return Synced(Outcome.SKIPPED, None, ERASED, row.stripe_id, type(row))
    elif subject and subject.pk in closed and not known:
        return Synced(Outcome.SKIPPED, None, FROZEN, row.stripe_id, type(row))
    if known and all(getattr(known, name) == getattr(row, name) for name in names):
        return Synced(Outcome.UNCHANGED, known, "", row.stripe_id, type(row))
    if known and subject_id_of(known) != subject_id_of(row):
        return Synced(
            Outcome.REFUSED,
            None,
            "It belongs to another person, and does not change hands here.",
            row.stripe_id,
            type(row),
        )
    if problem := what_is_wrong(row) or breaks_a_rule(row):
        return Synced(Outcome.REFUSED, None, problem, row.stripe_id, type(row))
    if known and subject and subject.pk in held and holds.kept(known, {name: getattr(row, name) for name in names}):
        return Synced(Outcome.SKIPPED, None, HELD, row.stripe_id, type(row))
    return Synced(Outcome.UPDATED if known else Outcome.CREATED, row, remark, row.stripe_id, type(row))


def subject_id_of(row: models.Model):
    """Whose row it is; None for the price list."""
    match row:
        case Product() | Price():
            return None
        case Customer():
            return row.subject_id
        case InvoiceLine():
            return row.invoice.customer.subject_id
    return row.customer.subject_id


RULES = {
    "currency": (lambda v: len(v) == 3 and v.isascii() and v.islower(), "The currency is three small letters (eur)."),
    "last_four": (lambda v: not v or (len(v) == 4 and v.isascii() and v.isdigit()), "The last four are four digits."),
    "expires_month": (lambda v: v is None or 1 <= v <= 12, "The month of expiry is 1 to 12."),
    "unit_amount": (lambda v: v is None or v >= 0, "A price is not negative."),
}


def breaks_a_rule(row: models.Model) -> str:
    """The table's check constraints in words. Asking the database would cost a query a row; it has the last word."""
    for name, (is_kept, words) in RULES.items():
        if hasattr(row, name) and not is_kept(getattr(row, name)):
            return words
    if isinstance(row, Refund) and row.amount <= 0:
        return "A refund is more than nothing."
    if isinstance(row, CreditNote) and row.amount < 0:
        return "A credit note is not negative."
    return ""


def write(rows: Sequence[models.Model], *, create: bool) -> None:
    if not rows:
        return
    model = type(rows[0])
    if create:
        model.objects.bulk_create(rows, batch_size=200)
    else:
        model.objects.bulk_update(rows, [f.name for f in model._meta.concrete_fields if not f.primary_key], 50)
    if model is Customer:
        names.index({row.subject_id for row in rows})


def record(done: Sequence[Synced], actor: Staff | None) -> None:
    if counts := counted(done):
        audit.append(uuid4(), Event.BILLING_SYNCED, actor=actor, **counts)
