"""The one way in for billing: Stripe's objects become rows, from a file or a webhook alike.

Stripe tells the same thing twice, late and out of order, so: a row is known by its Stripe id and written only when
something differs; an older version never overwrites a newer; what is referred to and not known yet gets a row that
the object itself fills in later. Erased people get nothing but facts that tax law wants kept, and these without the
person; frozen ones no new rows but these. Of people under a legal hold nothing goes. Only the columns of the models are
read from an object: of a card the brand, the last four digits and the expiry.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import batched, groupby
from uuid import UUID

from django.db import IntegrityError, models, transaction

from billing import facts, guests
from billing.gathering import ORDER, gather, ids_of, opened, strange
from billing.guests import by_metadata, owners
from billing.mapping import TABLES, Context
from billing.models import Customer, InvoiceLine, PaymentMethod, Price, Product
from billing.objects import Found
from billing.outcomes import NOBODY, OLDER, Refused, Synced
from billing.rows import breaks_a_rule, record, subject_id_of, write
from privacy.fulfilment.importing import subjects
from privacy.fulfilment.importing.arrivals import CHUNK, ERASED, FROZEN, HELD, Outcome, lock_people, what_is_wrong
from privacy.fulfilment.importing.subjects import Person
from privacy.jobs.slices import in_slices
from privacy.models import DataSubject, Identifier, Staff
from privacy.selectors import holds

Kind = Identifier.Kind


def sync(
    *,
    objects: Iterable[Mapping],
    as_of: datetime | None = None,
    actor: Staff | None = None,
    payers: Mapping[str, UUID] | None = None,
) -> list[Synced]:
    """Stores these Stripe objects and those nested in them (plain dicts, as `to_dict()` gives), in committed slices.

    `as_of` is the moment of this version: an event's `created`, or when the object was fetched. Without it (a file of
    unknown age) nothing is overwritten that came with one. Objects of other types are left out of the answer. Events
    are unpacked, with their own moment, and so are lists, pages of them and search results. `payers` says whose a
    customer is that is known by nothing else: {its id: subject}; so does a Clerk id in the customer's metadata, which
    is the studio's own word. An address is nobody's word: who pays under one that somebody has comes in as a guest, a
    person of their own, and staff are asked whether the two are one.

    A customer that has come in gives its id to its person, so that an erasure knows it; one that was refused or
    skipped gives nothing.
    """
    things = list(opened(objects))
    found = gather(things, as_of)
    slices = in_slices(found.values(), lambda some: store_some(some, found, actor=actor, payers=payers or {}))
    return [synced for done in slices for synced in done] + strange(things)


# All that a batch holds, by model and Stripe id, of which one slice is stored at a time.
Batch = Mapping[tuple[type, str], Found]


def store_some(
    items: Sequence[Found], found: Batch, *, actor: Staff | None, payers: Mapping[str, UUID]
) -> list[Synced]:
    """Stores a slice of what was gathered, in one transaction; `payers` as `sync` has them."""
    try:
        return _store_at_once(items, found, actor, payers)
    except IntegrityError:
        # Another worker made the same row at the same time. Now it is there, and there is one to update.
        return _store_at_once(items, found, actor, payers)


def _store_at_once(items: Sequence[Found], found: Batch, actor: Staff | None, payers: Mapping[str, UUID]):
    """One transaction: these items, in their order. Whose they are is asked of their customers among `found`."""
    slice_of = {(item.model, item.stripe_id): item for item in items}
    customers = {key: found[key] for s in ids_of(slice_of, Customer) if (key := (Customer, s)) in found}
    done = []
    with transaction.atomic():
        writer = Writer(slice_of | customers, payers)
        for model, group in groupby(items, key=lambda item: item.model):
            done += writer.take(list(group), model, actor)
        writer.introduce(actor)
        record(done, actor)
    return done


class Writer:
    """The rows known so far, and what may be done for whom, while a batch is stored."""

    def __init__(self, found: Mapping[tuple[type, str], Found], payers: Mapping[str, UUID]):
        self.found = found
        self.rows = {model: _known(model, ids_of(found, model)) for model in ORDER}
        customers = self.rows[Customer]
        new = sorted(ids_of(found, Customer) - set(customers))
        self.by_id = dict(owners(Kind.STRIPE, new))
        self.nameless = set(new) - set(self.by_id)  # customers that are nobody's identifier yet
        self.by_word = by_metadata(found, self.nameless) | {s: payers[s] for s in self.nameless if s in payers}
        self.barred, self.guests = guests.who_come(found, self.nameless - set(self.by_word), new)
        theirs = {subject_id_of(row) for rows in self.rows.values() for row in rows.values()}
        self.people = lock_people(theirs.union(self.by_id.values(), self.by_word.values()))
        self.closed = facts.closed(self.people)
        self.held = holds.covering(self.people)

    def take(self, items: Sequence[Found], model: type[models.Model], actor: Staff | None) -> list[Synced]:
        done = [self.judge(item) for item in items]
        created = [s.row for s in done if s.outcome == Outcome.CREATED]
        if model is Customer:
            guests.welcome(created, self.guests, actor)
        for row in created:
            self.rows[model][row.stripe_id] = row
        write(created, create=True)
        changed = [s.row for s in done if s.outcome in (Outcome.UPDATED, Outcome.UNCHANGED) and s.row]
        write(changed, create=False)
        gone = [item.stripe_id for item, s in zip(items, done, strict=True) if item.thing.get("deleted") and s.row]
        cards = PaymentMethod.objects.exclude(customer__subject__in=self.held)
        if model is Customer:
            # Stripe drops the cards of a customer it deletes, and so do we.
            cards.filter(customer__stripe_id__in=gone).delete()
        elif model is PaymentMethod:
            cards.filter(stripe_id__in=gone).delete()
        return done

    def judge(self, item: Found) -> Synced:
        try:
            outcome, row, reason = self.merge(item)
        except Refused as refused:
            outcome, row, reason = refused.outcome, None, str(refused)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            outcome, row = Outcome.REFUSED, None
            missing = f": it has no {error}" if isinstance(error, KeyError) else ""
            reason = f"It is not shaped like Stripe's “{item.thing['object']}”{missing}."
        return Synced(outcome, row, reason, item.stripe_id, item.model)

    def merge(self, item: Found) -> tuple[Outcome, models.Model | None, str]:
        """What to do with the object: (outcome, row to write or None, reason)."""
        row = self.rows[item.model].get(item.stripe_id)
        if row and row.as_of and (item.as_of is None or item.as_of < row.as_of):
            return Outcome.UNCHANGED, None, OLDER
        if row:
            self.may_write(row)
        context = Context(self, item)
        values = TABLES[item.thing["object"]].values(item.thing, context)
        if facts.is_fact(item.model) and self.is_closed(row or item.model(**values)):
            values |= facts.without_the_person(item.model, row)
            context.remarks[:] = [facts.WITHOUT]
        if row:
            self.leave_what_is_held(row, values, context)
        remark = " ".join(context.remarks)
        if not row:
            row = item.model(stripe_id=item.stripe_id, **values)
            self.may_create(row)
            outcome = Outcome.CREATED
        elif all(getattr(row, name) == value for name, value in values.items()):
            if row.as_of == item.as_of:
                return Outcome.UNCHANGED, None, remark
            outcome = Outcome.UNCHANGED
        else:
            for name, value in values.items():
                setattr(row, name, value)
            outcome = Outcome.UPDATED
        row.as_of = item.as_of
        if problem := what_is_wrong(row) or breaks_a_rule(row):
            raise Refused(problem, Outcome.REFUSED)
        return outcome, row, remark

    def is_closed(self, row: models.Model) -> bool:
        """Whether its person is erased or limited, so that it comes in without them or not at all."""
        return subject_id_of(row) in self.closed

    def leave_what_is_held(self, row: models.Model, values: dict, context: Context) -> None:
        """Takes out of the values what a legal hold keeps as it is. Raises Refused where nothing else would change."""
        if subject_id_of(row) not in self.held or not (kept := holds.kept(row, values)):
            return
        for name in kept:
            del values[name]
        if all(getattr(row, name) == value for name, value in values.items()):
            raise Refused(HELD)
        context.remarks.append(HELD)

    def may_write(self, row: models.Model) -> None:
        subject = self.people.get(subject_id_of(row))
        if subject and subject.erased_at and not facts.is_fact(type(row)):
            raise Refused(ERASED)

    def may_create(self, row: models.Model) -> None:
        self.may_write(row)
        if self.is_closed(row) and not facts.is_fact(type(row)):
            raise Refused(FROZEN)

    def customer(self, stripe_id: str) -> Customer:
        """The customer of that id; one that is not known yet gets a row if the person is. Raises Refused."""
        if stripe_id in self.rows[Customer]:
            return self.rows[Customer][stripe_id]
        return self.add(Customer(stripe_id=stripe_id, subject=self.subject(stripe_id)))

    def subject(self, customer_id: str, *, itself: bool = False) -> DataSubject:
        """Whose a customer without a row is. What refers to one that came `itself` and was not accepted goes by
        nothing but its id. Raises Refused."""
        if customer_id in self.barred:
            raise Refused(ERASED)
        by_word = self.by_word if itself or (Customer, customer_id) not in self.found else {}
        for known in (self.by_id, by_word):
            if customer_id in known:
                return self.people[known[customer_id]]
        if itself and customer_id in self.guests:
            return DataSubject()  # until it is known that the customer comes in
        raise Refused(NOBODY)

    def introduce(self, actor: Staff | None) -> None:
        """Gives the ids of the customers that came in to their people."""
        accepted = [row for stripe_id, row in self.rows[Customer].items() if stripe_id in self.nameless]
        people = [Person(subject_id=c.subject_id, identifiers=((Kind.STRIPE, c.stripe_id),)) for c in accepted]
        if people:
            subjects.bring_in(people=people, actor=actor)

    def add(self, row: models.Model) -> models.Model:
        """Makes room for an object that is referred to and has not come itself."""
        if not isinstance(row.stripe_id, str) or what_is_wrong(row) or breaks_a_rule(row):
            raise ValueError
        if row.stripe_id not in self.rows[type(row)]:
            self.may_create(row)
            row.save(force_insert=True)
            self.rows[type(row)][row.stripe_id] = row
        return self.rows[type(row)][row.stripe_id]


def _known(model: type[models.Model], stripe_ids: set[str]) -> dict[str, models.Model]:
    found = {}
    related = {Customer: ("subject",), InvoiceLine: ("invoice__customer",)}.get(model, ("customer",))
    if model in (Product, Price):
        related = ()
    for some in batched(sorted(stripe_ids), CHUNK):
        rows = model.objects.select_for_update(of=("self",)).select_related(*related).order_by("stripe_id")
        found |= {row.stripe_id: row for row in rows.filter(stripe_id__in=some)}
    return found
