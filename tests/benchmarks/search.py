"""`python -m tests.benchmarks.search [people] [database url]`: how long staff wait for a search among a million people.

Makes a database of its own with invented people whose names are as frequent as in life (a few are everybody's), and
asks over HTTP as a signed-in agent: the POST of the term, and the page that it leads to.
"""

import os
import random
import secrets
import sys
import tempfile
import unicodedata
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

FIRST = """Anna Maria José Mohamed Ahmed Wei Yan Olga Élodie Łukasz İbrahim Jürgen Søren Zoë Seán Nguyễn Priya Amara
Kenji Yuki Chiara Dmitri Fatima Grace Hiroshi Ivan Jean-Luc Kavita Liam Mei Noah Oumar Paula Quentin Rosa Samuel Tomás
Ursula Viktor Wanjiru"""
LAST = """Smith García Müller Wang Nguyen Kim Ivanov Silva Kowalski O'Brien Yılmaz Tanaka 山田 Øster Dubois Haddad Rossi
Novák Jensen Hughes Okafor Rao Lindqvist van-der-Berg Papadakis Horváth Santos MacLeod Georgiou Zielińska"""
SYLLABLES = (
    "ba be bo da de do fa ga ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to"
)
HEAD = "| {} people, {} cores | median | p95 | slowest | found (median) |\n|---|---|---|---|---|"
TERMS = 100


def main(people: int = 1_000_000, url: str = "postgres://postgres@127.0.0.1:5432/kosenai_search") -> None:
    with tempfile.TemporaryDirectory() as folder:
        start_django(Path(folder), url)
        fill(people)
        print(HEAD.format(f"{people:,}", os.cpu_count()))
        for name, terms in the_terms().items():
            measure(name, terms)


def start_django(folder: Path, url: str) -> None:
    os.environ.update(
        DATABASE_URL=url, VAR_DIR=str(folder), DEBUG="0", DEMO="true",  # without it, a second factor would be asked for
        SECRET_KEY=secrets.token_urlsafe(50), LEDGER_KEY=secrets.token_urlsafe(50), ALLOWED_HOSTS="localhost",
        DJANGO_SETTINGS_MODULE="kosenai_ops.settings",
    )  # fmt: skip
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def names(number: int) -> list[str]:
    """One in six is of the frequent ones, so that one or two in a hundred bear the first of these, as in life."""
    dice = random.Random(7)
    firsts, lasts = (some_of(words.split(), number, dice) for words in (FIRST, LAST))
    return [" ".join(pair) for pair in zip(firsts, lasts, strict=True)]


def some_of(frequent: list[str], number: int, dice: random.Random) -> list[str]:
    """The first of the frequent ones far more often than the last."""
    weights, syllables = [*accumulate(1 / (n + 3) for n in range(len(frequent)))], SYLLABLES.split()
    known = dice.choices(frequent, cum_weights=weights, k=number)
    own = ("".join(dice.choices(syllables, k=dice.randint(2, 4))).title() for _ in range(number))
    return [one if dice.random() < 1 / 6 else other for one, other in zip(known, own, strict=True)]


def fill(number: int) -> None:
    """Past the import and the triggers, which would take hours: the rows are those that they would let in."""
    from django.db import connection

    from privacy.datamap import triggers
    from privacy.models import DataSubject
    from privacy.models.name_tokens import tokens_of

    if DataSubject.objects.exists():
        return
    triggers.lift(connection)
    dice = random.Random(11)
    people = [(UUID(int=dice.getrandbits(128), version=4), name) for name in names(number)]
    domains = ("gmail.com", "example.com", *(f"firm{n}.example" for n in range(1_000)))
    hosts = [dice.choice(domains[: dice.choice((2, 1_000))]) for _ in people]
    mailboxes = ((uuid4(), who, "email", f"p{who.hex}@{host}") for (who, _), host in zip(people, hosts, strict=True))
    insert("privacy_datasubject (id, full_name, country, region, relation)", ((*p, "DE", "", "") for p in people))
    insert("privacy_identifier (id, subject_id, kind, value, is_primary)", ((*m, True) for m in mailboxes))
    insert("privacy_nametoken (subject_id, token)", ((who, t) for who, name in people for t in tokens_of(name)))
    triggers.sync(connection)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def insert(table: str, rows: Iterable[tuple]) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["?"] * (table.count(",") + 1))
            stored = (tuple(cell.hex if isinstance(cell, UUID) else cell for cell in row) for row in rows)
            cursor.cursor.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", stored)


def the_terms() -> dict[str, list[str]]:
    from privacy.models import DataSubject, Identifier

    dice = random.Random(3)
    step = max(1, DataSubject.objects.count() // TERMS)
    sample = list(DataSubject.objects.order_by("pk").values_list("full_name", "pk")[::step])[:TERMS]
    plain = [unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name for name, _ in sample]
    emails = list(
        Identifier.objects.filter(kind="email", subject__in=[pk for _, pk in sample]).values_list("value", flat=True)
    )
    return {
        "first and last name": plain,
        "last name": [name.split()[-1] for name in plain],
        "start of the last name": [name.split()[-1][: dice.randint(2, 4)] for name in plain],
        "first name": [name.split()[0] for name in plain],
        "one letter, and two": [dice.choice(["a", "s", "m b", "a s", "k m"]) for _ in plain],
        "words the wrong way round": [" ".join(reversed(name.split())) for name in plain],
        "nobody": [f"zzq{n}" for n in range(TERMS)],
        "e-mail": emails,
        "domain": [f"@{email.partition('@')[2]}" for email in emails],
        "short id": [str(pk)[:8] for _, pk in sample],
    }


def measure(name: str, terms: list[str]) -> None:
    from django.test import Client
    from django.urls import reverse

    from privacy.models import Staff
    from privacy.roles import AGENT
    from privacy.selectors.search import find
    from tests.factories import StaffFactory

    client = Client(headers={"host": "localhost"})
    client.force_login(Staff.objects.filter(username="bench").first() or StaffFactory(username="bench", role=AGENT))
    url = reverse("admin:privacy_datasubject_search")
    asked, waits = [], []
    for term in terms:
        started = perf_counter()
        find(term)
        asked.append(perf_counter() - started)
        started = perf_counter()
        answer = client.post(url, {"term": term}, secure=True)
        assert answer.status_code == 302, answer.status_code
        assert answer.url.startswith(reverse("admin:privacy_datasubject_changelist")), answer.url
        middle = perf_counter()
        assert client.get(answer.url, secure=True).status_code == 200
        waits.append((middle - started, perf_counter() - middle))
    found = median(len(find(term).people) for term in terms[:50])
    for what, times in (("query", asked), ("POST", [w[0] for w in waits]), ("page", [w[1] for w in waits])):
        print(
            f"| {name}: {what} | {told(times, 0.5)} | {told(times, 0.95)} | {told(times, 1)} | {found:,.0f} |",
            flush=True,
        )


def told(times: list[float], share: float) -> str:
    return f"{sorted(times)[min(int(len(times) * share), len(times) - 1)] * 1000:.1f} ms"


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 1_000_000, *given[1:2])
