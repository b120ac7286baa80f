"""The one way in for billing: Stripe's objects become rows, from a file or a webhook alike.

Stripe tells the same thing twice, late and out of order, so: a row is known by its Stripe id and written only when
something differs; an older version never overwrites a newer; what is referred to and not known yet gets a row that
the object itself fills in later. Erased people get nothing but facts that tax law wants kept, and these without the
person; frozen ones no new rows but these. Of people under a legal hold nothing goes. Only the columns of the models are
read from an object: of a card the brand, the last four digits and the expiry.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched, groupby
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from billing import facts, order
from billing.models import (
    CreditNote,
    Customer,
    Invoice,
    InvoiceLine,
    PaymentMethod,
    Price,
    Product,
    Refund,
    Subscription,
)
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment import intake
from privacy.fulfilment.intake import CHUNK, ERASED, FROZEN, HELD, Arrival, Outcome, Person, what_is_wrong
from privacy.fulfilment.reading import why_not_storable
from privacy.jobs.slices import in_slices
from privacy.models import DataSubject, Identifier, Staff
from privacy.models.addresses import MAX_LENGTH
from privacy.selectors import holds
from privacy.selectors.suppression import perhaps_suppressed, suppressed

Kind = Identifier.Kind
NO_CUSTOMER = "It names no customer."
NOBODY = "No person is known by this Stripe customer; bring the person in first."
OLDER = "A newer version is stored already."
NO_ID = "It has no id, and cannot be known again."
NEVER_KNOWN = "It was deleted at Stripe, and never known here."
NO_TYPE = "It does not say which of Stripe's objects it is."
EMAIL_ODD = "Its e-mail address is none, and is kept as Stripe has it."
EMAIL_EMPTIED = "Its e-mail address cannot be stored, and was left empty."
PAGES = ("list", "search_result")
# Above everything that refers to it.
ORDER = (Product, Price, Customer, Subscription, PaymentMethod, Invoice, InvoiceLine, Refund, CreditNote)


@dataclass
class Synced(Arrival):
    """What became of an object; `stripe_id` and `model` tell which."""

    stripe_id: str = ""
    model: type[models.Model] | None = None


class Refused(Exception):
    """The object does not come in. `outcome` is SKIPPED or REFUSED; the text is for staff and quotes no value."""

    def __init__(self, reason: str, outcome: Outcome = Outcome.SKIPPED):
        super().__init__(reason)
        self.outcome = outcome


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
    customer is that is known by nothing else: {its id: subject}.

    A customer that has come in gives its id to its person, so that an erasure knows it; one that was refused or
    skipped gives nothing.
    """
    things = list(opened(objects))
    found = gather(things, as_of)
    slices = in_slices(found.values(), lambda some: store_some(some, found, actor=actor, payers=payers or {}))
    return [synced for done in slices for synced in done] + strange(things)


def opened(objects: Iterable[object]) -> Iterator[object]:
    """The objects themselves, in order: lists, Stripe's pages and search results are opened."""
    waiting = [iter(objects)]
    while waiting:
        for thing in waiting[-1]:
            if isinstance(thing, Mapping) and thing.get("object") in PAGES and isinstance(thing.get("data"), list):
                thing = thing["data"]
            if isinstance(thing, list):
                waiting.append(iter(thing))
                break
            yield thing
        else:
            waiting.pop()


def customers_of(objects: Iterable[object]) -> set[str]:
    """The ids of the customers that these objects are or belong to."""
    return _ids(gather(opened(objects), None), Customer)


def store(*, rows: Sequence[models.Model], actor: Staff | None) -> list[Synced]:
    """Stores rows of one billing model as a table has them, in one transaction; a Synced each, in order.

    The caller made the rows, with a known row's primary key where the Stripe id is known.
    """
    with transaction.atomic():
        done = _judged(rows, intake.lock_people)
        _write([s.row for s in done if s.outcome == Outcome.CREATED], create=True)
        _write([s.row for s in done if s.outcome == Outcome.UPDATED], create=False)
        _record(done, actor)
    return done


def judge(*, rows: Sequence[models.Model]) -> list[Synced]:
    """What `store` would answer now. It only reads."""
    return _judged(rows, intake.find_people)


@dataclass
class Found:
    """A Stripe object on its way in. `depth` is 0 for one given by itself, more for one nested in another."""

    model: type[models.Model]
    thing: Mapping
    as_of: datetime | None
    depth: int
    parent: Mapping = field(default_factory=dict)  # the object it was nested in

    @property
    def stripe_id(self) -> str:
        return str(self.thing["id"])

    @property
    def rank(self) -> tuple[float, bool, int]:
        """Of two versions at hand the newer one counts, and of two of one moment the fuller: a price before the plan of
        the same id, top before nested."""
        moment = self.as_of.timestamp() if self.as_of else 0
        return (-moment, self.thing.get("object") == "plan", self.depth)


def gather(objects: Iterable[Mapping], as_of: datetime | None) -> dict[tuple[type, str], Found]:
    """The objects that have a table, with those nested in them, once each, above everything that refers to them."""
    found: dict[tuple[type, str], Found] = {}
    for thing in objects:
        for item in _unpacked(thing, as_of, 0, {}):
            key = (item.model, item.stripe_id)
            if key not in found or item.rank < found[key].rank:
                found[key] = item
    return dict(sorted(found.items(), key=lambda entry: ORDER.index(entry[1].model)))


def _unpacked(thing: object, as_of: datetime | None, depth: int, parent: Mapping) -> Iterator[Found]:
    if not isinstance(thing, Mapping) or not isinstance(thing.get("object"), str):
        return
    if thing["object"] == "event":
        told_of = within(thing, "data", "object")
        gone = {"deleted": True} if order.is_gone(str(thing.get("type"))) else {}
        yield from _unpacked({**told_of, **gone}, order.version_of(thing, told_of), depth, {})
    if thing["object"] in TABLES and isinstance(thing.get("id"), str):
        yield Found(TABLES[thing["object"]].model, thing, as_of, depth, parent)
    if thing.get("deleted"):
        return  # what was in it went with it
    for name in ("product", "price", "plan", "customer", "subscription", "invoice", "charge", "latest_charge"):
        yield from _unpacked(thing.get(name), as_of, depth + 1, thing)
    for name in ("sources", "subscriptions", "items", "lines", "refunds", "charges"):
        for item in listed(thing, name):
            yield from _unpacked(item, as_of, depth + 1, thing)


def strange(things: Iterable[object]) -> list[Synced]:
    """What is told of objects that cannot be looked at."""
    return [synced for thing in things if (synced := _strange(thing))]


def _strange(thing: object) -> Synced | None:
    kind = thing.get("object") if isinstance(thing, Mapping) else None
    if not isinstance(kind, str):
        return Synced(Outcome.REFUSED, reason=NO_TYPE)
    if kind in TABLES and not (isinstance(thing.get("id"), str) and thing["id"]):
        return Synced(Outcome.REFUSED, reason=NO_ID, model=TABLES[kind].model)
    return None


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
    customers = {key: found[key] for s in _ids(slice_of, Customer) if (key := (Customer, s)) in found}
    done = []
    with transaction.atomic():
        ledger = Ledger(slice_of | customers, payers)
        for model, group in groupby(items, key=lambda item: item.model):
            done += ledger.take(list(group), model)
        ledger.introduce(actor)
        _record(done, actor)
    return done


class Ledger:
    """The rows known so far, and what may be done for whom, while a batch is stored."""

    def __init__(self, found: Mapping[tuple[type, str], Found], payers: Mapping[str, UUID]):
        self.found = found
        self.rows = {model: _known(model, _ids(found, model)) for model in ORDER}
        customers = self.rows[Customer]
        new = sorted(_ids(found, Customer) - set(customers))
        self.by_id = _owners(Kind.STRIPE, new)
        self.nameless = set(new) - set(self.by_id)  # customers that are nobody's identifier yet
        self.by_word = {s: payers[s] for s in self.nameless if s in payers}
        self.barred, self.by_address = _by_address(found, new)
        owners = (self.by_id, self.by_word, self.by_address)
        theirs = {_subject_id(row) for rows in self.rows.values() for row in rows.values()}
        self.people = intake.lock_people(theirs.union(*map(dict.values, owners)))
        self.closed = facts.closed(self.people)
        self.held = holds.covering(self.people)

    def take(self, items: Sequence[Found], model: type[models.Model]) -> list[Synced]:
        done = [self.judge(item) for item in items]
        created = [s.row for s in done if s.outcome == Outcome.CREATED]
        for row in created:
            self.rows[model][row.stripe_id] = row
        _write(created, create=True)
        changed = [s.row for s in done if s.outcome in (Outcome.UPDATED, Outcome.UNCHANGED) and s.row]
        _write(changed, create=False)
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
        if problem := what_is_wrong(row) or _breaks_a_rule(row):
            raise Refused(problem, Outcome.REFUSED)
        return outcome, row, remark

    def is_closed(self, row: models.Model) -> bool:
        """Whether its person is erased or limited, so that it comes in without them or not at all."""
        return _subject_id(row) in self.closed

    def leave_what_is_held(self, row: models.Model, values: dict, context: "Context") -> None:
        """Takes out of the values what a legal hold keeps as it is. Raises Refused where nothing else would change."""
        if _subject_id(row) not in self.held or not (kept := holds.kept(row, values)):
            return
        for name in kept:
            del values[name]
        if all(getattr(row, name) == value for name, value in values.items()):
            raise Refused(HELD)
        context.remarks.append(HELD)

    def may_write(self, row: models.Model) -> None:
        subject = self.people.get(_subject_id(row))
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
        for known in (self.by_id, by_word, self.by_address if itself else {}):
            if customer_id in known:
                return self.people[known[customer_id]]
        raise Refused(NOBODY)

    def introduce(self, actor: Staff | None) -> None:
        """Gives the ids of the customers that came in to their people."""
        accepted = [row for stripe_id, row in self.rows[Customer].items() if stripe_id in self.nameless]
        people = [Person(subject_id=c.subject_id, identifiers=((Kind.STRIPE, c.stripe_id),)) for c in accepted]
        if people:
            intake.bring_in(people=people, actor=actor)

    def add(self, row: models.Model) -> models.Model:
        """Makes room for an object that is referred to and has not come itself."""
        if not isinstance(row.stripe_id, str) or what_is_wrong(row) or _breaks_a_rule(row):
            raise ValueError
        if row.stripe_id not in self.rows[type(row)]:
            self.may_create(row)
            row.save(force_insert=True)
            self.rows[type(row)][row.stripe_id] = row
        return self.rows[type(row)][row.stripe_id]


@dataclass
class Context:
    """What a mapper may ask about its surroundings."""

    ledger: Ledger
    item: Found
    remarks: list[str] = field(default_factory=list)  # sentences about what comes in otherwise than it stood

    def email(self, value: object) -> str:
        """An e-mail address as Stripe has it: one that is none must not keep the rest out."""
        if value is None or value == "":
            return ""
        if not isinstance(value, str) or len(value) > MAX_LENGTH or why_not_storable(value):
            self.remarks.append(EMAIL_EMPTIED)
            return ""
        if not _address(value):
            self.remarks.append(EMAIL_ODD)
        return value

    def customer(self) -> Customer:
        """Whose object it is: its own word, or that of the object around it. Raises Refused."""
        for thing in (self.item.thing, self.item.parent, within(self.item.thing, "charge")):
            if stripe_id := id_of(thing.get("customer")):
                return self.ledger.customer(stripe_id)
            if thing.get("object") == "customer":
                return self.ledger.customer(thing["id"])
        raise Refused(NO_CUSTOMER)

    def product(self, stripe_id: str) -> Product:
        return self.ledger.add(Product(stripe_id=stripe_id, name=stripe_id))

    def price(self, thing: Mapping) -> Price | None:
        """The price of a subscription's item or an invoice's line, under any of the names Stripe has had for it."""
        return next((row for stripe_id in price_ids(thing) if (row := self.ledger.rows[Price].get(stripe_id))), None)

    def subscription(self, stripe_id: str | None, customer: Customer, started_at: datetime) -> Subscription | None:
        known = self.ledger.rows[Subscription].get(stripe_id)
        if known or not stripe_id or self.ledger.is_closed(customer):
            return known
        return self.ledger.add(
            Subscription(stripe_id=stripe_id, customer=customer, status="unknown", started_at=started_at)
        )

    def invoice(self) -> Invoice | None:
        """The invoice a line or refund belongs to, if it is known."""
        return next((row for i in self.invoice_ids() if (row := self.ledger.rows[Invoice].get(i))), None)

    def refunded_invoice(self, customer: Customer, currency: str, refunded_at: datetime) -> Invoice | None:
        """As `invoice`; one that is told of and not here yet gets a row, for there is a customer to have it."""
        stripe_id = next(self.invoice_ids(), None)
        return self.invoice() or (
            stripe_id
            and self.ledger.add(
                Invoice(
                    stripe_id=stripe_id, customer=customer, status="unknown", currency=currency, total=0,
                    issued_at=refunded_at,
                )
            )
        )  # fmt: skip

    def invoice_ids(self) -> Iterator[str]:
        around = self.item.parent
        own = around.get("id") if around.get("object") == "invoice" else around.get("invoice")
        for reference in (self.item.thing.get("invoice"), own, within(self.item.thing, "charge").get("invoice")):
            if stripe_id := id_of(reference):
                yield stripe_id


def gone_from_the_list(thing: Mapping, known: Mapping[str, models.Model]) -> dict:
    """Of a product or price that is deleted at Stripe. Raises Refused."""
    if thing["id"] not in known:
        raise Refused(NEVER_KNOWN)
    return {"active": False}


def product(thing: Mapping, context: Context) -> dict:
    if thing.get("deleted"):
        return gone_from_the_list(thing, context.ledger.rows[Product])
    return {"name": cut(thing.get("name") or thing["id"], 300), "active": thing.get("active", True)}


def price(thing: Mapping, context: Context) -> dict:
    """A price, or a plan, which is what Stripe called a price before 2020."""
    if thing.get("deleted"):
        return gone_from_the_list(thing, context.ledger.rows[Price])
    return {
        "product": context.product(id_of(thing["product"])),
        "unit_amount": thing.get("unit_amount", thing.get("amount")),
        "currency": thing["currency"],
        "interval": within(thing, "recurring").get("interval") or thing.get("interval") or "",
        "active": thing.get("active", True),
    }


def customer(thing: Mapping, context: Context) -> dict:
    known = context.ledger.rows[Customer].get(thing["id"])
    if thing.get("deleted"):
        if not known:
            raise Refused(NEVER_KNOWN)
        return {"name": "", "email": ""}
    return {
        "subject": known.subject if known else context.ledger.subject(thing["id"], itself=True),
        "name": cut(thing.get("name") or "", 300),
        "email": context.email(thing.get("email")),
        "created_at": moment(thing["created"]),
    }


def subscription(thing: Mapping, context: Context) -> dict:
    items = listed(thing, "items") or [{}]
    return {
        "customer": context.customer(),
        "price": context.price(items[0]) or context.price(thing),
        "status": thing["status"],
        "started_at": moment(thing.get("start_date") or thing["created"]),
        "canceled_at": moment(thing.get("canceled_at")),
    }


def payment_method(thing: Mapping, context: Context) -> dict:
    """Brand, last four and expiry of a payment method, or of a card as Stripe's older objects have it. Of one that is
    taken away nothing: its row goes (`Ledger.take`)."""
    if thing.get("deleted"):
        if thing["id"] not in context.ledger.rows[PaymentMethod]:
            raise Refused(NEVER_KNOWN)
        return {"brand": "", "last_four": "", "expires_month": None, "expires_year": None}
    kind = thing.get("type") or "card"
    card = thing if thing["object"] == "card" else within(thing, kind)
    last_four = str(card.get("last4") or "")
    return {
        "customer": context.customer(),
        "brand": cut((card.get("brand") or kind).lower(), 30),
        "last_four": last_four if len(last_four) == 4 and last_four.isascii() and last_four.isdigit() else "",
        "expires_month": card.get("exp_month"),
        "expires_year": card.get("exp_year"),
    }


def invoice(thing: Mapping, context: Context) -> dict:
    if thing.get("deleted") and thing["id"] in context.ledger.rows[Invoice]:
        return {"status": "deleted"}  # a draft: Stripe deletes no other
    issued_at = moment(within(thing, "status_transitions").get("finalized_at") or thing["created"])
    subscription_id = next(subscription_ids(thing), None)
    payer = context.customer()
    return {
        "customer": payer,
        "subscription": context.subscription(subscription_id, payer, issued_at),
        "number": cut(thing.get("number") or "", 60),
        "status": thing.get("status") or "",
        "customer_name": cut(thing.get("customer_name") or "", 300),
        "customer_email": context.email(thing.get("customer_email")),
        "currency": thing["currency"],
        "total": thing["total"],
        "amount_paid": thing.get("amount_paid") or 0,
        "issued_at": issued_at,
    }


def line_item(thing: Mapping, context: Context) -> dict:
    belongs_to = context.invoice()
    if not belongs_to:
        raise Refused("It names no invoice that is known.")
    return {
        "invoice": belongs_to,
        "price": context.price(thing),
        "description": cut(thing.get("description") or "", 500),
        "quantity": 1 if thing.get("quantity") is None else thing["quantity"],
        "amount": thing["amount"],
        "currency": thing["currency"],
    }


def refund(thing: Mapping, context: Context) -> dict:
    payer, refunded_at = context.customer(), moment(thing["created"])
    return {
        "customer": payer,
        "invoice": context.refunded_invoice(payer, thing["currency"], refunded_at),
        "amount": thing["amount"],
        "currency": thing["currency"],
        "reason": thing.get("reason") or "",
        "status": thing.get("status") or "",
        "refunded_at": refunded_at,
    }


def credit_note(thing: Mapping, context: Context) -> dict:
    payer, issued_at = context.customer(), moment(thing.get("effective_at") or thing["created"])
    return {
        "customer": payer,
        "invoice": context.refunded_invoice(payer, thing["currency"], issued_at),
        "number": cut(thing.get("number") or "", 60),
        "status": thing.get("status") or "",
        "amount": thing["amount"],
        "currency": thing["currency"],
        "reason": thing.get("reason") or "",
        "issued_at": issued_at,
    }


@dataclass(frozen=True)
class Mapped:
    """How Stripe's objects of one type become rows of `model`."""

    model: type[models.Model]
    values: object  # (object, Context) -> {column: value}; raises Refused


TABLES: dict[str, Mapped] = {
    "product": Mapped(Product, product),
    "price": Mapped(Price, price),
    "plan": Mapped(Price, price),
    "customer": Mapped(Customer, customer),
    "subscription": Mapped(Subscription, subscription),
    "payment_method": Mapped(PaymentMethod, payment_method),
    "card": Mapped(PaymentMethod, payment_method),
    "invoice": Mapped(Invoice, invoice),
    "line_item": Mapped(InvoiceLine, line_item),
    "refund": Mapped(Refund, refund),
    "credit_note": Mapped(CreditNote, credit_note),
}


def moment(seconds: int | None) -> datetime | None:
    """Stripe's times are whole seconds since 1970, UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def id_of(reference: object) -> str | None:
    """The id of what Stripe names by id, or sends whole where it was asked to expand."""
    stripe_id = reference.get("id") if isinstance(reference, Mapping) else reference
    return stripe_id if isinstance(stripe_id, str) and stripe_id else None


def within(thing: Mapping, *path: str) -> Mapping:
    """The object at the end of the path; an empty one where the path ends before."""
    for name in path:
        thing = thing.get(name)
        if not isinstance(thing, Mapping):
            return {}
    return thing


def listed(thing: Mapping, name: str) -> list[Mapping]:
    """The objects of a Stripe list."""
    data = within(thing, name).get("data")
    return [item for item in data if isinstance(item, Mapping)] if isinstance(data, list) else []


def price_ids(thing: Mapping) -> Iterator[str]:
    """Under any of the names Stripe has had for it."""
    for reference in (thing.get("price"), thing.get("plan"), within(thing, "pricing", "price_details").get("price")):
        if stripe_id := id_of(reference):
            yield stripe_id


def subscription_ids(thing: Mapping) -> Iterator[str]:
    """An invoice's own word for its subscription, and the newer one. Examples have a mere word in its place."""
    for reference in (thing.get("subscription"), within(thing, "parent", "subscription_details").get("subscription")):
        if (stripe_id := id_of(reference)) and stripe_id.startswith("sub_"):
            yield stripe_id


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


# The names by which an object refers to rows of a model.
REFERENCES = {Product: ("product",), Customer: ("customer",), Invoice: ("invoice",)}


def _ids(found: Mapping[tuple[type, str], Found], model: type[models.Model]) -> set[str]:
    """The Stripe ids of this model that a batch has or refers to."""
    ids = {stripe_id for kind, stripe_id in found if kind is model}
    for item in found.values():
        for thing in (item.thing, item.parent, within(item.thing, "charge")):
            ids |= {id_of(thing.get(name)) for name in REFERENCES.get(model, ())}
        if model is Price:
            ids |= {i for thing in (item.thing, *listed(item.thing, "items")) for i in price_ids(thing)}
        if model is Subscription:
            ids |= set(subscription_ids(item.thing))
    return {stripe_id for stripe_id in ids if stripe_id and _is_an_id(stripe_id)}


def _is_an_id(text: str) -> bool:
    """Whether it can be an identifier; no row is asked for by anything else (a NUL, a character that nobody sees)."""
    try:
        return Identifier.normalise(Kind.STRIPE, text) == text
    except ValidationError:
        return False


def _address(text: object) -> str:
    """The stored spelling of an e-mail address; empty for what is none."""
    try:
        return Identifier.normalise(Kind.EMAIL, text) if isinstance(text, str) else ""
    except ValidationError:
        return ""


def _known(model: type[models.Model], stripe_ids: set[str]) -> dict[str, models.Model]:
    found = {}
    related = {Customer: ("subject",), InvoiceLine: ("invoice__customer",)}.get(model, ("customer",))
    if model in (Product, Price):
        related = ()
    for some in batched(sorted(stripe_ids), CHUNK):
        rows = model.objects.select_for_update(of=("self",)).select_related(*related).order_by("stripe_id")
        found |= {row.stripe_id: row for row in rows.filter(stripe_id__in=some)}
    return found


def _by_address(found, new: Sequence[str]) -> tuple[set[str], dict[str, UUID]]:
    """(those of these customers that are erased people's, {customer: the person who has the address on it}).

    An address of which the ledger cannot tell whether an erased person had it leads to nobody.
    """
    things = {s: found[Customer, s].thing for s in new if (Customer, s) in found}
    emails = {s: email for s, thing in things.items() if (email := _address(thing.get("email")))}
    addresses = sorted(set(emails.values()))
    barred_ids, barred_addresses = suppressed(Kind.STRIPE, new), suppressed(Kind.EMAIL, addresses)
    barred = barred_ids | {s for s, email in emails.items() if email in barred_addresses}
    owners = _owners(Kind.EMAIL, sorted(set(addresses) - perhaps_suppressed(addresses)))
    return barred, {s: owners[email] for s, email in emails.items() if email in owners}


def _owners(kind: str, values: Sequence[str]) -> dict[str, UUID]:
    found = {}
    for some in batched(values, CHUNK):
        found |= dict(Identifier.objects.filter(kind=kind, value__in=some).values_list("value", "subject_id"))
    return found


def _subject_id(row: models.Model):
    """Whose row it is; None for the price list."""
    match row:
        case Product() | Price():
            return None
        case Customer():
            return row.subject_id
        case InvoiceLine():
            return row.invoice.customer.subject_id
    return row.customer.subject_id


def _judged(rows: Sequence[models.Model], get_people: Callable[..., dict]) -> list[Synced]:
    people = get_people({_subject_id(row) for row in rows})
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
    subject = people.get(_subject_id(row))
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
    if known and _subject_id(known) != _subject_id(row):
        return Synced(
            Outcome.REFUSED,
            None,
            "It belongs to another person, and does not change hands here.",
            row.stripe_id,
            type(row),
        )
    if problem := what_is_wrong(row) or _breaks_a_rule(row):
        return Synced(Outcome.REFUSED, None, problem, row.stripe_id, type(row))
    if known and subject and subject.pk in held and holds.kept(known, {name: getattr(row, name) for name in names}):
        return Synced(Outcome.SKIPPED, None, HELD, row.stripe_id, type(row))
    return Synced(Outcome.UPDATED if known else Outcome.CREATED, row, remark, row.stripe_id, type(row))


RULES = {
    "currency": (lambda v: len(v) == 3 and v.isascii() and v.islower(), "The currency is three small letters (eur)."),
    "last_four": (lambda v: not v or (len(v) == 4 and v.isascii() and v.isdigit()), "The last four are four digits."),
    "expires_month": (lambda v: v is None or 1 <= v <= 12, "The month of expiry is 1 to 12."),
    "unit_amount": (lambda v: v is None or v >= 0, "A price is not negative."),
}


def _breaks_a_rule(row: models.Model) -> str:
    """The table's check constraints in words. Asking the database would cost a query a row; it has the last word."""
    for name, (is_kept, words) in RULES.items():
        if hasattr(row, name) and not is_kept(getattr(row, name)):
            return words
    if isinstance(row, Refund) and row.amount <= 0:
        return "A refund is more than nothing."
    if isinstance(row, CreditNote) and row.amount < 0:
        return "A credit note is not negative."
    return ""


def _write(rows: Sequence[models.Model], *, create: bool) -> None:
    if not rows:
        return
    model = type(rows[0])
    if create:
        model.objects.bulk_create(rows, batch_size=200)
    else:
        model.objects.bulk_update(rows, [f.name for f in model._meta.concrete_fields if not f.primary_key], 50)


def _record(done: Sequence[Synced], actor: Staff | None) -> None:
    counts = Counter(str(s.outcome) for s in done)
    if counts[Outcome.CREATED] or counts[Outcome.UPDATED]:
        audit.append(uuid4(), Event.BILLING_SYNCED, actor=actor, **counts)
