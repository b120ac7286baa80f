"""What is measured: ours and by hand in turn, each on a fresh person of the same size."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from django.contrib.auth.models import Group
from django.db import connection, transaction

from privacy.cases.requests import ask, ask_as_batch, grant_all
from privacy.datamap.scope import Scope
from privacy.fulfilment import erasure
from privacy.jobs import run as engine
from privacy.models import AccessPackage, DataSubject, RightsRequest, Staff
from privacy.roles import MANAGER
from tests.benchmarks import by_hand, people
from tests.benchmarks.measure import Cost, cost


def run_all(repeats: int, million: int) -> Iterator[tuple[str, list[Cost], list[Cost], str]]:
    """(name, costs by hand, our costs, note) of each case."""
    members = Staff.objects.bulk_create([Staff(username="asks"), Staff(username="approves")])
    for member in members:
        member.groups.add(Group.objects.get(name=MANAGER))
    people.neighbours(200, 1000)
    for rows in (20, 7_000, million):
        yield export_of(rows, repeats)
    yield statements_of(20, repeats)
    yield erasure_of(20, repeats)
    yield statements_of(7_000, repeats)
    yield erasure_of(7_000, repeats)
    yield erasure_of(million, repeats)
    yield bulk_erasure(1_000, 20, repeats)
    yield bulk_erasure(1_000, 20, repeats, known=True)


def export_of(rows: int, repeats: int):
    """The whole request, from the claim to the package on the disk, against psql."""
    subject = people.person(rows)
    analyze()

    def ours():
        [request] = ask(
            "access", subject_ids=[subject], actor=staff("asks"), reason="Benchmark", verification="signed_in"
        )
        spent = cost(engine.run)
        package = AccessPackage.objects.get(request=request)
        sizes.append(package.size)
        return spent

    def theirs():
        with TemporaryDirectory() as folder:
            return cost(lambda: by_hand.export(subject, Path(folder)))

    sizes: list[int] = []
    by, us = alternate(theirs, ours, repeats)
    note = f"JSON and CSV, zipped: {sizes[-1] / 2**20:,.1f} MiB; by hand: psql COPY, gzip -1"
    return f"Export {rows:,} rows", by, us, note


def statements_of(rows: int, repeats: int):
    """Only the compiled statements, in one transaction: what the map costs, without the ledger of the engine."""

    def ours():
        subject = people.person(rows)
        analyze()
        return cost(lambda: erase_statements(subject))

    def theirs():
        subject = people.person(rows)
        analyze()
        return cost(lambda: by_hand.erase([subject]))

    by, us = alternate(theirs, ours, repeats)
    return f"Erase {rows:,} rows, statements only", by, us, "compiled from the map on every run"


def erase_statements(subject) -> None:
    with transaction.atomic():
        erasure.execute(Scope.one(subject))


def erasure_of(rows: int, repeats: int):
    longest: list[float] = []

    def ours():
        request = approved([people.person(rows)])[0]
        analyze()
        with slowest_transaction(longest):
            return cost(lambda: finish(request))

    def theirs():
        subject = people.person(rows)
        analyze()
        return cost(lambda: by_hand.erase([subject]))

    by, us = alternate(theirs, ours, repeats)
    return f"Erase {rows:,} rows", by, us, f"longest transaction {max(longest) * 1000:,.0f} ms"


def bulk_erasure(number: int, rows: int, repeats: int, *, known: bool = False):
    """Claim to receipt of people whom no processor knows that has to be asked, or to `waits for processors` where three
    know them."""
    make = people.known_to_three if known else people.unknown

    end_of_all = ("fulfilling", "") if known else ("answering", "fulfilled")

    def ours():
        requests = approved([make(rows) for _ in range(number)], in_a_batch=True)
        analyze()
        spent = cost(work_off)
        assert {(r.state, r.outcome) for r in refreshed(requests)} == {end_of_all}
        return spent

    def theirs():
        subjects = [make(rows) for _ in range(number)]
        analyze()
        return cost(lambda: [by_hand.erase_together(subjects[n : n + 500]) for n in range(0, number, 500)])

    by, us = alternate(theirs, ours, repeats)
    rate = number / sorted(c.wall for c in us)[len(us) // 2]
    end = "to “waits for processors”, three know them" if known else "claim to receipt"
    return f"Erase {number:,} people of {rows} rows at once, {end}", by, us, f"{rate:,.0f} erasures/s, one process"


def work_off() -> None:
    while engine.run():
        pass


def refreshed(requests) -> list[RightsRequest]:
    return list(RightsRequest.objects.filter(pk__in=[r.pk for r in requests]))


def alternate(theirs: Callable[[], Cost], ours: Callable[[], Cost], repeats: int) -> tuple[list[Cost], list[Cost]]:
    by, us = [], []
    for _ in range(repeats):
        by.append(theirs())
        us.append(ours())
    return by, us


def approved(subject_ids, *, in_a_batch: bool = False) -> list[RightsRequest]:
    asked = {"subject_ids": subject_ids, "actor": staff("asks"), "reason": "Benchmark", "verification": "signed_in"}
    opened = ask_as_batch("erasure", **asked) if in_a_batch else ask("erasure", **asked)
    return grant_all(request_ids=[r.id for r in opened], actor=staff("approves"))


def finish(request: RightsRequest) -> None:
    """Everything on this side, as the worker does it: what is left then is to hear from the processors."""
    while DataSubject.objects.filter(cases=request, erased_at__isnull=True).exists():
        engine.run()


@contextmanager
def slowest_transaction(longest: list[float]):
    """Times every transaction the engine opens for a step."""
    guarded = engine.guarded

    @contextmanager
    def timed(*args, **kwargs):
        started = perf_counter()
        with guarded(*args, **kwargs) as jobs:
            yield jobs
        longest.append(perf_counter() - started)

    engine.guarded = timed
    try:
        yield
    finally:
        engine.guarded = guarded


def staff(username: str) -> Staff:
    return Staff.objects.get(username=username)


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("ANALYZE")
