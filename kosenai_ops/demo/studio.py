"""A believable studio. All people are invented; the same seed makes the same studio."""

import hashlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.core.files.base import ContentFile
from django.db import transaction

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
from billing.sync import sync
from privacy.fulfilment import consents, names
from privacy.fulfilment.importing.subjects import Person, bring_in
from privacy.models import (
    ConsentEvent,
    DataSubject,
    DeviceIdentifier,
    DiagnosticEvent,
    Feedback,
    Identifier,
    MarketingPreference,
    Membership,
    Note,
    ProfilePreference,
    Prompt,
    Script,
    ScriptCoAuthor,
    Session,
    Shot,
    ShotList,
    Staff,
    SupportConversation,
    SupportMessage,
    Team,
    Topic,
    Upload,
    UsageEvent,
)

PEOPLE = """Amara Okafor NG|Björn Lindqvist SE|Chiara Fontana IT|Dmitri Sokolov LV|Elena Petrova BG|Farid Haddad FR
Greta Hoffmann DE|Hiroshi Tanaka JP|Inés Navarro ES|Jonas Weber DE|Kavita Rao IN|Liam Murphy IE|Mei Chen US
Noah Williams US|Olga Nowak PL|Priya Sharma GB|Quentin Dubois FR|Rosa Almeida PT|Samuel Osei GH|Tomás Silva BR
Ursula Keller CH|Viktor Horváth HU|Wanjiru Kamau KE|Xenia Papadaki GR|Yusuf Demir TR|Zofia Zielińska PL
Aiko Yamamoto JP|Benjamin Clarke GB|Camille Laurent BE|Daniel Novák CZ|Emily Johnson US|Freya Nielsen DK
Gabriel Santos BR|Hannah Schmidt AT|Isla MacLeod GB|Jakub Kowal PL|Katarina Jovanović HR|Lucas van Dijk NL
Maria Georgiou CY|Nils Andersen NO"""
TITLES = """The Lantern Keeper|Second Unit|A Quiet Frequency|Paper Tigers|Low Tide|The Understudy|Night Bus to Porto
Static|Seven Takes|The Colour of Rain|Off Book|Last Reel|Ghost Light|Cold Open|The Long Lens|Borrowed Light"""
EVENTS = ["script.opened", "script.saved", "shotlist.exported", "prompt.sent", "upload.added", "review.shared"]
AGENTS = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
]
ASKED = {
    Topic.MARKETING: "Yes, send me news about the studio. I can take this back at any time, in every letter.",
    Topic.COOKIES: "Yes, measure how I use the studio with cookies, to understand how features perform.",
    Topic.AI: "Yes, send what I ask an AI for to OpenAI or Google, to get the reply.",
}
SCENE = """Title: {title}
Author: {author}

INT. {place} - NIGHT

The light fails for a breath, and comes back warmer.

{hero}
You said one take.

PRODUCER
I said one good take.

CUT TO:
"""
PLACES = ["PROJECTION BOOTH", "EDIT SUITE", "HOTEL LOBBY", "SOUND STAGE FOUR", "FERRY DECK", "PROP STORE"]
PROMPTS = [
    "Give me three visual motifs for a story about a lighthouse keeper who is afraid of the dark.",
    "Rewrite this exchange so that neither of them says what they want.",
    "List twelve shots that tell a farewell without a face in frame.",
    "What would the room smell of? Five lines, no adjectives.",
]


def ensure_studio() -> Sequence[DataSubject]:
    """The studio's people; made on the first call, found on the later ones."""
    if not DataSubject.objects.exists():
        with transaction.atomic():
            _make(random.Random(7))  # noqa: S311  (the same studio every time)
    return DataSubject.objects.filter(erased_at__isnull=True)


def add_person(name: str, country: str, rng: random.Random) -> DataSubject:
    """One person with an account, content, billing, usage and a file."""
    now = datetime.now(UTC)
    subject = DataSubject.objects.create(
        full_name=name, country=country, created_at=now - timedelta(days=rng.randint(20, 700))
    )
    handle = hashlib.sha256(str(subject.id).encode()).hexdigest()[:24]
    email = f"{_ascii(name)}.{handle[:4]}@example.com"
    Identifier.objects.create(subject=subject, kind=Identifier.Kind.EMAIL, value=email, is_primary=True)
    Identifier.objects.create(subject=subject, kind=Identifier.Kind.CLERK, value=f"user_{handle}", is_primary=True)
    ProfilePreference.objects.create(subject=subject, display_name=name.split()[0], theme=rng.choice(["dark", "light"]))
    for channel in MarketingPreference.Channel.values:
        MarketingPreference.objects.create(subject=subject, channel=channel, opted_in=rng.random() < 0.6)
    _consents(subject)
    _content(subject, rng)
    _usage(subject, rng, now)
    _billing(subject, email, handle, rng, now)
    _support(subject, rng)
    names.index([subject.id])
    return subject


def _make(rng: random.Random) -> None:
    people = []
    for entry in PEOPLE.replace("\n", "|").split("|"):
        name, country = entry.rsplit(" ", 1)
        people.append(add_person(name, country, rng))
    _with_one_address(people[0])
    for number in range(8):
        members = rng.sample(people, rng.randint(2, 6))
        team = Team.objects.create(owner=members[0], name=f"{members[0].full_name.split()[0]}'s room {number + 1}")
        for member in members:
            role = Membership.Role.OWNER if member is members[0] else Membership.Role.EDITOR
            Membership.objects.create(team=team, subject=member, role=role)
    for script in rng.sample(list(Script.objects.all()), 12):
        writer = rng.choice([p for p in people if p.id != script.owner_id])
        ScriptCoAuthor.objects.create(script=script, subject=writer)
        Note.objects.create(author=writer, script=script, body="Could we lose the first line? The look says it.")
    add_person("Jonas Weber", "AT", rng)  # a namesake


def _with_one_address(person: DataSubject) -> None:
    """An account made anew with the person's address, and a guest's payment under it."""
    address = person.identifiers.get(kind=Identifier.Kind.EMAIL).value
    again = ((Identifier.Kind.CLERK, "user_made_anew"), (Identifier.Kind.EMAIL, address))
    bring_in(people=[Person(full_name=person.full_name, country=person.country, identifiers=again)], actor=None)
    guest = {"object": "customer", "id": "cus_guest", "name": "", "email": address, "created": 1_790_000_000}
    sync(objects=[guest])


def _consents(subject: DataSubject) -> None:
    """To what they said yes when they joined; to news those who want them."""
    for topic, text in ASKED.items():
        wording = consents.publish(topic=topic, version="2026-05", text=text)
        wanted = subject.marketing_preferences.filter(opted_in=True).values_list("channel", flat=True)
        for channel in wanted if topic == Topic.MARKETING else [""]:
            consents.give(
                subject.id, wording=wording, how=ConsentEvent.Method.STUDIO, channel=channel, at=subject.created_at
            )


def _content(subject: DataSubject, rng: random.Random) -> None:
    titles = TITLES.replace("\n", "|").split("|")
    for title in rng.sample(titles, rng.randint(1, 3)):
        hero = rng.choice(["MIRA", "JO", "THE KEEPER", "ANSELM"])
        body = SCENE.format(title=title, author=subject.full_name, place=rng.choice(PLACES), hero=hero)
        script = Script.objects.create(owner=subject, title=title, body=body * rng.randint(1, 6))
        shots = ShotList.objects.create(owner=subject, script=script, title=f"{title}, day one")
        Shot.objects.bulk_create(
            Shot(shot_list=shots, number=n, description=f"Slow push on {hero.title()}", camera=f"{35 + 15 * n} mm")
            for n in range(1, rng.randint(3, 9))
        )
        Note.objects.create(author=subject, script=script, body="Hold on the empty chair for two beats more.")
        for text in rng.sample(PROMPTS, 2):
            Prompt.objects.create(author=subject, script=script, text=text, provider=rng.choice(Prompt.Provider.values))
        content = body.encode() * 3
        upload = Upload(
            owner=subject, script=script, name=f"{title.lower().replace(' ', '-')}-storyboard.txt",
            media_type="text/plain", size=len(content), sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
        upload.file.save(upload.name, ContentFile(content), save=True)
    Feedback.objects.create(author=subject, rating=rng.randint(2, 5), body="The shot list export saves my mornings.")


def _usage(subject: DataSubject, rng: random.Random, now: datetime) -> None:
    address, agent = f"203.0.113.{rng.randint(1, 254)}", rng.choice(AGENTS)
    sessions = Session.objects.bulk_create(
        Session(
            subject=subject, clerk_session_id=f"sess_{rng.getrandbits(64):016x}", ip_address=address, user_agent=agent,
            started_at=now - timedelta(days=day),
        )
        for day in rng.sample(range(1, 90), rng.randint(3, 10))
    )  # fmt: skip
    UsageEvent.objects.bulk_create(
        UsageEvent(
            subject=subject, session_key=session.id, name=rng.choice(EVENTS), ip_address=address,
            properties={"panel": rng.choice(["script", "shots", "notes"]), "seconds": rng.randint(1, 900)},
            occurred_at=session.started_at + timedelta(minutes=minute),
        )
        for session in sessions
        for minute in range(rng.randint(3, 20))
    )  # fmt: skip
    DiagnosticEvent.objects.create(
        subject=subject, level="warning", message="Preview took 2.4 s", context={"agent": agent, "ip": address}
    )
    DeviceIdentifier.objects.create(
        subject=subject, kind=DeviceIdentifier.Kind.ANALYTICS_COOKIE, user_agent=agent,
        value=f"GA1.1.{rng.getrandbits(31)}.{rng.getrandbits(31)}",
    )  # fmt: skip


def _billing(subject: DataSubject, email: str, handle: str, rng: random.Random, now: datetime) -> None:
    if rng.random() < 0.3:
        return
    Identifier.objects.create(subject=subject, kind=Identifier.Kind.STRIPE, value=f"cus_{handle[:14]}", is_primary=True)
    customer = Customer.objects.create(
        subject=subject, stripe_id=f"cus_{handle[:14]}", name=subject.full_name, email=email,
        created_at=subject.created_at,
    )  # fmt: skip
    price = _price()
    subscription = Subscription.objects.create(
        stripe_id=f"sub_{handle[:14]}", customer=customer, price=price, status="active", started_at=subject.created_at
    )
    PaymentMethod.objects.create(
        stripe_id=f"pm_{handle[:14]}", customer=customer, brand=rng.choice(["visa", "mastercard"]),
        last_four=f"{rng.randint(0, 9999):04d}", expires_month=rng.randint(1, 12), expires_year=now.year + 2,
    )  # fmt: skip
    for month in range(rng.randint(1, 8)):
        key = f"{handle[:12]}{month:02d}"
        invoice = Invoice.objects.create(
            stripe_id=f"in_{key}", customer=customer, subscription=subscription, number=f"KOS-{key[:8].upper()}",
            status="paid", customer_name=subject.full_name, customer_email=email, currency="eur", total=2400,
            amount_paid=2400, issued_at=now - timedelta(days=30 * month),
        )  # fmt: skip
        InvoiceLine.objects.create(
            stripe_id=f"il_{key}", invoice=invoice, price=price, description="Studio Pro, monthly", amount=2400,
            currency="eur",
        )  # fmt: skip
    if rng.random() < 0.15:
        Refund.objects.create(
            stripe_id=f"re_{handle[:14]}", customer=customer, invoice=invoice, amount=2400, currency="eur",
            reason="requested_by_customer", status="succeeded", refunded_at=now,
        )  # fmt: skip
        CreditNote.objects.create(
            stripe_id=f"cn_{handle[:14]}", customer=customer, invoice=invoice, number=f"{invoice.number}-CN-01",
            status="issued", amount=2400, currency="eur", reason="order_change", issued_at=now,
        )  # fmt: skip


def _price() -> Price:
    product, _ = Product.objects.get_or_create(stripe_id="prod_studio_pro", defaults={"name": "Studio Pro"})
    price, _ = Price.objects.get_or_create(
        stripe_id="price_studio_pro_eur",
        defaults={"product": product, "unit_amount": 2400, "currency": "eur", "interval": "month"},
    )
    return price


def _support(subject: DataSubject, rng: random.Random) -> None:
    if rng.random() < 0.5:
        conversation = SupportConversation.objects.create(subject=subject, topic="Export to PDF is blank")
        SupportMessage.objects.create(
            conversation=conversation, body=f"Hello, {subject.full_name} here. Page two comes out empty. Any idea?"
        )


def add_words_of_support(subject: DataSubject, member: Staff, colleague: str) -> None:
    """An answer by staff that names somebody else, as answers do."""
    conversation = SupportConversation.objects.create(subject=subject, topic="A colleague sees another version")
    SupportMessage.objects.create(
        conversation=conversation, staff=member,
        body=f"Dear {subject.full_name}, {colleague} has opened your script on another account. Please write to "
        "studio.desk@example.net or call +44 20 7946 0018; Ms Petra van Holt there knows the case.",
    )  # fmt: skip


def _ascii(name: str) -> str:
    plain = "".join(c for c in name.lower() if c.isascii() and (c.isalpha() or c == " "))
    return plain.replace(" ", ".")
