"""The record of processing activities (GDPR art. 30), read from the data map and the inventory of processors."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from privacy import regimes
from privacy.datamap import registry
from privacy.datamap.declaration import PersonalData
from privacy.datamap.vocabulary import Category, LawfulBasis, Use
from privacy.models import Processor

REVIEW_LASTS = timedelta(days=365)
# What a category is called on a page; its fideslang key stands beside it.
WORDS = {
    Category.NAME: "Name",
    Category.EMAIL: "E-mail address",
    Category.ACCOUNT: "Account",
    Category.SETTINGS: "Preferences",
    Category.USER_ID: "Account id",
    Category.PSEUDONYM: "Pseudonymous id",
    Category.COUNTRY: "Country",
    Category.CONTENT: "Creator content",
    Category.SUPPORT: "Support messages",
    Category.BEHAVIOUR: "Usage",
    Category.TELEMETRY: "Diagnostics",
    Category.IP_ADDRESS: "IP address",
    Category.COOKIE: "Cookies",
    Category.DEVICE: "Device and browser",
    Category.PAYMENT: "Payment method",
    Category.PURCHASES: "Billing history",
    Category.PRIVACY_CHOICES: "Privacy choices and requests",
    Category.CHILD: "Possible child",
    Category.SOCIAL: "Teams and collaborators",
}


@dataclass(frozen=True)
class Activity:
    """One line of the record: a table, one of its purposes and why we may, who gets it, how long it stays."""

    label: str
    name: str
    use: Use
    basis: str
    categories: list[str]
    recipients: list[str]
    retention: str
    because: str
    source: str

    @property
    def purpose(self) -> str:
        return self.use.text


@dataclass(frozen=True)
class Flow:
    """So many fields of a category are used for a purpose, and go to these processors' keys."""

    category: Category
    use: Use
    recipients: tuple[str, ...]
    fields: int

    @property
    def category_name(self) -> str:
        return WORDS.get(self.category, str(self.category))


def declarations() -> list[type[PersonalData]]:
    return sorted(registry.declarations.values(), key=lambda d: (d.purpose.text, d.label()))


def activities() -> list[Activity]:
    """Every table of the data map; recipients by the inventory's names."""
    names = dict(Processor.objects.values_list("key", "name"))
    return [activity for declaration in declarations() for activity in _activities(declaration, names)]


def _activities(declaration: type[PersonalData], names: dict[str, str]) -> list[Activity]:
    return [_activity(declaration, use, basis, names) for use, basis in declaration.purposes().items()]


def _activity(declaration: type[PersonalData], use: Use, basis: LawfulBasis, names: dict[str, str]) -> Activity:
    categories = dict.fromkeys(personal.category for personal in declaration.fields.values())
    return Activity(
        label=declaration.label(),
        name=str(declaration.model._meta.verbose_name_plural).capitalize(),
        use=use,
        basis=f"{basis} ({basis.article})",
        categories=[WORDS.get(category, str(category)) for category in categories],
        recipients=[names.get(key, key) for key in declaration.recipients],
        retention=declaration.retention.text,
        because=declaration.retention.because,
        source=declaration.source,
    )


def flows() -> list[Flow]:
    """Categories to purposes to processors, counted in fields of the data map."""
    counted: Counter[tuple[Category, Use, tuple[str, ...]]] = Counter()
    for declaration in declarations():
        for personal, use in product(declaration.fields.values(), declaration.purposes()):
            counted[personal.category, use, declaration.recipients] += 1
    return [Flow(category, use, recipients, fields) for (category, use, recipients), fields in counted.items()]


def uses_of(processor_key: str) -> list[Activity]:
    """The record's lines in which this processor is a recipient."""
    names = dict(Processor.objects.values_list("key", "name"))
    return [a for d in declarations() if processor_key in d.recipients for a in _activities(d, names)]


def exempted() -> list[tuple[str, str]]:
    """Tables that hold nothing about a data subject, each with the reason."""
    return sorted((model._meta.label, because) for model, because in registry.exemptions.items())


def erased_where_named() -> list[tuple[str, str]]:
    """Tables of which erasure deletes the rows that name the person, each with the reason."""
    return sorted((model._meta.label, eraser.because) for model, eraser in registry.erasers.items())


def unknown_recipients() -> set[str]:
    """Keys that the data map names and the inventory does not have: a manager has to add them."""
    named = {key for declaration in registry.declarations.values() for key in declaration.recipients}
    return named - set(Processor.objects.values_list("key", flat=True))


def review_due() -> Q:
    """Processors that nobody has reviewed in twelve months, or ever."""
    return Q(reviewed_at__isnull=True) | Q(reviewed_at__lt=timezone.now() - REVIEW_LASTS)


def review_state(processor: Processor) -> tuple[str, date | None]:
    """("unverified" | "overdue" | "reviewed", the date that goes with the word)."""
    if processor.reviewed_at is None:
        return "unverified", processor.read_on
    if processor.reviewed_at < timezone.now() - REVIEW_LASTS:
        return "overdue", regimes.day_of(processor.reviewed_at)
    return "reviewed", regimes.day_of(processor.reviewed_at)


def missing(processor: Processor) -> list[str]:
    """What the inventory does not know about the processor, in words."""
    facts = {
        "country": processor.country,
        "safeguard of the transfer": processor.safeguard != Processor.Safeguard.UNKNOWN,
        "agreement (GDPR art. 28)": processor.agreement_signed_on,
        "source of these facts": processor.source,
        "day the source was read": processor.read_on,
    }
    return [name for name, known in facts.items() if not known]


# Each processor, followed by those that it engages.
IN_ORDER = (Coalesce("parent__name", "name"), Coalesce("parent__key", "key"), "role", "name")


def inventory() -> QuerySet[Processor]:
    return Processor.objects.select_related("parent", "reviewed_by").order_by(*IN_ORDER)


def csv_rows() -> Iterator[list[str]]:
    """The record as a table, header first."""
    yield [
        "Table", "What", "Purpose", "Data use (fideslang)", "Lawful basis", "Categories of personal data",
        "Categories of data subjects", "Recipients", "Countries and safeguards", "Retention", "Why so long", "Source",
    ]  # fmt: skip
    places = {p.name: _place(p) for p in Processor.objects.all()}
    for a in activities():
        where = "; ".join(f"{name}: {places.get(name, 'not in the inventory')}" for name in a.recipients)
        yield [
            a.label, a.name, a.purpose, str(a.use), a.basis, "; ".join(a.categories), "Users of the service",
            "; ".join(a.recipients), where, a.retention, a.because, a.source,
        ]  # fmt: skip


def _place(processor: Processor) -> str:
    return f"{processor.country or 'country not known yet'}, {processor.get_safeguard_display().lower()}"
