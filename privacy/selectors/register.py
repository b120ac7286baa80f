"""The register of requests in figures: what came in, what became of it and how soon, by right, law, outcome and month.

The one place where these figures are computed: the register's page, its tables and the dashboard read them here.
Sources of the forms: 11 CCR 7101 (records), 7102 (metrics), GDPR art. 5(2). Requests are counted by the controller's
day of receipt; days are whole ones from receipt to answer. What is shown of them is up to selectors.small_numbers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Case as Choice
from django.db.models import (
    Count,
    IntegerField,
    Max,
    Q,
    QuerySet,
    Value,
    When,
)

from privacy import regimes
from privacy.catalogue.cases import answered_in_writing
from privacy.evidence.events import Event
from privacy.models import AuditEntry, Case, Outcome
from privacy.selectors.small_numbers import ALL, Cell, Key, Published, Sum
from privacy.selectors.spreads import COMPLIED, DENIED, IS_ANSWERED, TOOK, Spread, took_so_long

# The groups of 11 CCR 7102(a)(1), and by which rights of ours people ask for them. What is none of these is `other`.
GROUPS: dict[str, tuple[str, ...]] = {
    "delete": ("erasure", "erasure_of_one"),
    "correct": ("rectification",),
    "know": ("access", "portability", "parental_review"),
    "opt_out": ("opt_out_sale_sharing", "opt_out_targeted_ads", "opt_out_profiling"),
    "limit": ("limit_sensitive",),
}
OTHER = "other"
GROUP_OF = {right: group for group, rights in GROUPS.items() for right in rights}
STATUSES = ("complied", "denied", "neither")
OPEN, NO_LAW, NO_BASIS = "open", "none", "none"


def group_of(right: str) -> str:
    return GROUP_OF.get(right, OTHER)


def status_of(outcome: str) -> str:
    if outcome in COMPLIED:
        return "complied"
    return "denied" if outcome in DENIED else "neither"


def started(year: int, month: int = 1) -> datetime:
    """The first moment of a month of the controller's."""
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=regimes.CONTROLLER_ZONE).astimezone(UTC)


def received_in(year: int) -> QuerySet[Case]:
    """What somebody asked for in that year, and is answered in writing."""
    between = Q(received_at__gte=started(year), received_at__lt=started(year + 1))
    return Case.objects.filter(between, kind__in=answered_in_writing()).order_by()


def years() -> list[int]:
    """Those in which something came in, the latest first; this one in any case."""
    first = Case.objects.order_by("received_at").values_list("received_at", flat=True).first()
    this = regimes.today().year
    return list(range(this, min(this, regimes.day_of(first).year if first else this) - 1, -1))


# --- The figures of a year --------------------------------------------------------------------------------------------


@dataclass
class Year:
    """All figures of a year. `spreads` are the days until the answer by ("all",), ("group", …), ("right", …) and
    ("law", …)."""

    year: int
    published: Published
    spreads: Mapping[Key, Spread]

    def laws(self) -> list[str]:
        """Those that counted for a request; of few requests they are not told."""
        return self._named("law") if ALL not in self.published.small else []

    def bases(self) -> list[str]:
        """Why something was refused; of few refusals that is not told."""
        return self._named("basis") if ("status", "denied") not in self.published.small else []

    def _named(self, kind: str) -> list[str]:
        return sorted(key[1] for key in self.published.cells if key[0] == kind)

    def shown(self, *key: str) -> int | None:
        """A number, or None of what is hidden; 0 of what never was."""
        return self.published.shown(key) if key in self.published.cells else 0

    def is_small(self, *key: str) -> bool:
        return self.published.is_small(key)

    def spread(self, *key: str) -> Spread | None:
        """None where nobody was answered, or where how many were is hidden."""
        answered = ("answered", *key)
        if answered not in self.published.cells or self.published.is_hidden(answered) or self.published.is_hidden(key):
            return None
        return self.spreads.get(key) if self.published.cells[answered].number else None


type Atom = tuple[str, int, str, str, str]  # right, month, law, outcome (empty: open), basis


def of_year(year: int) -> Year:
    """In six queries, however many cases there are."""
    rows = received_in(year)
    atoms, again = _atoms(rows, year), _reopened(rows)
    numbers = _numbers(atoms, again)
    spreads = _spreads(rows)
    numbers |= _answered(numbers, spreads)
    sums = list(_sums(numbers))
    people = _people(rows, year, numbers)
    cells = {key: Cell(number, people[key]) for key, number in numbers.items()}
    return Year(year, Published(settings.SMALLEST_FIGURE, cells, sums), spreads)


def _atoms(rows: QuerySet[Case], year: int) -> Counter[Atom]:
    """How many there are of each kind of case; every other number of the year is a sum of these."""
    found = rows.annotate(month=_month(year)).values("kind", "month", "regime", "outcome", "denial_reason")
    columns = ("kind", "month", "regime", "outcome", "denial_reason", "number")
    atoms: Counter[Atom] = Counter()
    for right, month, law, outcome, basis, number in found.annotate(number=Count("pk")).values_list(*columns):
        atoms[right, month, law or NO_LAW, outcome, basis] += number
    return atoms


def _month(year: int) -> Choice:
    """By comparison with the first moments of the controller's months: no time zone is reckoned with row by row."""
    ends = [When(received_at__lt=started(year, month + 1), then=Value(month)) for month in range(1, 12)]
    return Choice(*ends, default=Value(12), output_field=IntegerField())


def _reopened(rows: QuerySet[Case]) -> dict[str, int]:
    """{right: cases that were taken up again}."""
    told = AuditEntry.objects.filter(event=Event.CASE_REOPENED).order_by().values("chain")
    return dict(rows.filter(pk__in=told).values("kind").annotate(number=Count("pk")).values_list("kind", "number"))


def _numbers(atoms: Mapping[Atom, int], again: Mapping[str, int]) -> dict[Key, int]:
    """All cells, the empty ones too: which of them are not empty tells nothing."""
    found: Counter[Key] = Counter(dict.fromkeys(_always_there(), 0))
    for (right, month, law, outcome, basis), number in atoms.items():
        group, status = group_of(right), status_of(outcome)
        for key in (
            ALL, ("group", group), ("right", right), ("law", law), ("month", str(month)), ("outcome", outcome or OPEN),
            ("status", status), ("status", status, group),
        ):  # fmt: skip
            found[key] += number
        if outcome in DENIED:
            found["basis", basis or NO_BASIS] += number
    for right, number in again.items():
        found["reopened", group_of(right)] += number
        found["reopened",] += number
    for group in [*GROUPS, OTHER]:
        found["not reopened", group] = found["group", group] - found["reopened", group]
    found["not reopened",] = found[ALL] - found["reopened",]
    return dict(found)


def _always_there() -> Iterator[Key]:
    groups = [*GROUPS, OTHER]
    yield from (ALL, ("reopened",), ("not reopened",))
    yield from (("month", str(month)) for month in range(1, 13))
    yield from (("right", right) for right in answered_in_writing())
    yield from (("outcome", outcome) for outcome in (OPEN, *Outcome.values))
    yield from ((kind, group) for kind in ("group", "reopened", "not reopened") for group in groups)
    yield from (("status", status) for status in STATUSES)
    yield from (("status", status, group) for status in STATUSES for group in groups)


def _sums(numbers: Mapping[Key, int]) -> Iterator[Sum]:
    """What is the sum of what, in all tables of the register at once."""
    keys = list(numbers)

    def some(kind: str, *rest: str) -> tuple[Key, ...]:
        return tuple(key for key in keys if key[0] == kind and len(key) == 2 + len(rest) and key[2:] == rest)

    for kind in ("group", "law", "month", "outcome", "status"):
        yield Sum(ALL, some(kind))
    for group in [*GROUPS, OTHER]:
        if ("group", group) in numbers:
            yield Sum(("group", group), tuple(key for key in some("right") if group_of(key[1]) == group))
            yield Sum(("group", group), tuple(key for key in keys if key[0] == "status" and key[2:] == (group,)))
            yield Sum(("group", group), (("reopened", group), ("not reopened", group)))
    for status in STATUSES:
        if ("status", status) in numbers:
            yield Sum(("status", status), tuple(k for k in keys if k[:2] == ("status", status) and len(k) == 3))
            outcomes = (key for key in some("outcome") if status_of("" if key[1] == OPEN else key[1]) == status)
            yield Sum(("status", status), tuple(outcomes))
    if ("status", "denied") in numbers:
        yield Sum(("status", "denied"), some("basis"))
    for part in ("reopened", "not reopened"):
        yield Sum((part,), tuple(key for key in keys if key[0] == part and len(key) == 2))
    yield Sum(ALL, (("reopened",), ("not reopened",)))
    yield Sum(ALL, (("answered", "all"), ("unanswered",)))
    yield Sum(("answered", "all"), some("soon"))


def _answered(numbers: Mapping[Key, int], spreads: Mapping[Key, Spread]) -> dict[Key, int]:
    """How many were answered, of whom, and how soon of all of them."""
    found = {("answered", *key): spread.number for key, spread in spreads.items()}
    whole = spreads.get(ALL, Spread())
    found["answered", "all"], found["unanswered",] = whole.number, numbers[ALL] - whole.number
    return found | {("soon", str(place)): number for place, number in enumerate(whole.within())}


# --- How many people --------------------------------------------------------------------------------------------------


def _people(rows: QuerySet[Case], year: int, numbers: Mapping[Key, int]) -> dict[Key, int]:
    """At least so many people, of each cell. Nobody asks for more than `most` in the year, so that large cells need no
    counting of people; those that could be of a few who ask often are counted."""
    k = settings.SMALLEST_FIGURE
    per_person = rows.values("subject").annotate(number=Count("pk"))
    most = per_person.aggregate(most=Max("number"))["most"] or 1
    found = {key: -(-number // most) for key, number in numbers.items()}
    unsure = {key: number for key, number in numbers.items() if number >= k > found[key]}
    if unsure and most > 1:
        reopened = _is_reopened() if any("reopened" in key[0] for key in unsure) else Q()
        asked = {f"p{place}": key for place, key in enumerate(unsure)}
        counted = rows.annotate(took=TOOK).aggregate(
            **{
                name: Count("subject", distinct=True, filter=_of(key, year, reopened))
                for name, key in asked.items()
            }
        )  # fmt: skip
        found |= {asked[name]: number for name, number in counted.items()}
    return found


def _is_reopened() -> Q:
    return Q(pk__in=AuditEntry.objects.filter(event=Event.CASE_REOPENED).order_by().values("chain"))


def _of(key: Key, year: int, reopened: Q) -> Q:
    """The cases of a cell."""
    match key:
        case ("answered", *rest):
            return IS_ANSWERED & _of(tuple(rest), year, reopened)
        case ("unanswered",):
            return ~_of(("answered", "all"), year, reopened)
        case ("soon", place):
            return _of(("answered", "all"), year, reopened) & took_so_long(int(place))
        case ("group", group):
            return _in_group(group)
        case ("right", right):
            return Q(kind=right)
        case ("law", law):
            return Q(regime="" if law == NO_LAW else law)
        case ("month", month):
            return Q(received_at__gte=started(year, int(month)), received_at__lt=started(year, int(month) + 1))
        case ("outcome", outcome):
            return Q(outcome="" if outcome == OPEN else outcome)
        case ("status", status):
            return _has_status(status)
        case ("status", status, group):
            return _has_status(status) & _in_group(group)
        case ("basis", basis):
            return Q(outcome__in=DENIED, denial_reason="" if basis == NO_BASIS else basis)
        case ("reopened", *group):
            return reopened & (_in_group(group[0]) if group else Q())
        case ("not reopened", *group):
            return ~reopened & (_in_group(group[0]) if group else Q())
    return Q()


def _in_group(group: str) -> Q:
    return Q(kind__in=GROUPS[group]) if group in GROUPS else ~Q(kind__in=list(GROUP_OF))


def _has_status(status: str) -> Q:
    named = {"complied": COMPLIED, "denied": DENIED}
    return Q(outcome__in=named[status]) if status in named else ~Q(outcome__in=(*COMPLIED, *DENIED))


# --- How soon ---------------------------------------------------------------------------------------------------------


def _spreads(rows: QuerySet[Case]) -> dict[Key, Spread]:
    found: defaultdict[Key, Spread] = defaultdict(Spread)
    answered = rows.filter(IS_ANSWERED).annotate(took=TOOK)
    counted = answered.values("kind", "regime", "took").annotate(number=Count("pk"))
    for right, law, took, number in counted.values_list("kind", "regime", "took", "number"):
        for key in (ALL, ("group", group_of(right)), ("right", right), ("law", law or NO_LAW)):
            found[key].days[took] += number
    return dict(found)
