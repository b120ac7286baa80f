"""Kills workers with SIGKILL at every failpoint there is, lets others take over, and compares what is left.

A process of its own, started by test_kills.py: it forks hundreds of times, which wants a single thread. Each case
starts from a copy of the same database and folder of files. A case's first worker dies at its n-th failpoint, in
every other case a second one dies at some later point too; then leases run out and a last worker goes on to the
end. What is then in tables, files and at the processor must equal what a run without kills leaves.

Prints a JSON object: {case: {"kills", "points": {failpoint: kills there}, "different": [[which, difference]]}}.
"""

import csv
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import count
from pathlib import Path
from zipfile import ZipFile

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kosenai_ops.settings")
django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import AutoField, Q  # noqa: E402
from django.test import override_settings  # noqa: E402

from kosenai_ops.fulfilment import studio_imports  # noqa: E402
from privacy.cases import processors  # noqa: E402
from privacy.cases.requests import answer, ask, ask_as_batch, grant_all  # noqa: E402
from privacy.connectors.base import connectors  # noqa: E402
from privacy.evidence import audit  # noqa: E402
from privacy.fulfilment import erasure  # noqa: E402
from privacy.jobs import failpoints, slices  # noqa: E402
from privacy.jobs import run as engine  # noqa: E402
from privacy.models import (  # noqa: E402
    AuditEntry,
    Case,
    ChildFlag,
    DataSubject,
    Job,
    LegalHold,
    Staff,
    State,
    Step,
    StepState,
)
from tests import factories as f  # noqa: E402
from tests import working  # noqa: E402
from tests.asking import agreed  # noqa: E402
from tests.jobs.steps import RememberingProcessor  # noqa: E402

FOLDER = Path(settings.VAR_DIR) / "kills"
ORIGINAL = settings.DATABASES["default"]["NAME"]
COPY = ORIGINAL if connection.vendor == "postgresql" else str(FOLDER / "copy.sqlite3")
ROUNDS = 200
# A killed process loses nothing that it gave to the operating system, so no write has to reach the disk.
HASTE = (
    {"options": "-c synchronous_commit=off"}
    if connection.vendor == "postgresql"
    else {"init_command": settings.DATABASES["default"]["OPTIONS"]["init_command"] + "PRAGMA synchronous=OFF;"}
)

# --- The cases: what is asked for, before any worker runs -------------------------------------------------------------


def ask_for_erasure(people: list[DataSubject]) -> None:
    """Of one, or of some as a set, which is a batch."""
    asked = {"actor": staff("agent"), "reason": "Asked by mail", "verification": "signed_in"}
    ids = [person.id for person in people]
    if len(ids) == 1:
        opened = ask("erasure", subject_ids=ids, **asked)
    else:
        opened = ask_as_batch("erasure", subject_ids=ids, **asked)
    grant_all(request_ids=[request.id for request in opened], actor=staff("approver"))


def flag_as_child(people: list[DataSubject]) -> None:
    ask("child_flag", subject_ids=[p.id for p in people], actor=staff("agent"), reason="A teacher wrote")


def ask_for_access(people: list[DataSubject]) -> None:
    ask(
        "access",
        subject_ids=[p.id for p in people],
        actor=staff("agent"),
        reason="Asked by mail",
        verification="signed_in",
    )


def ask_for_import(people: list[DataSubject]) -> None:
    """Of the first rows of the real files, so that each part has a few slices."""
    data, folder = settings.BASE_DIR.parent / "shared" / "data", FOLDER / "studio"
    for name in ("clerk-user-import", "prompts-chat", "screenplays", "stripe-fixtures", "dj-stripe-fixtures"):
        shutil.copytree(data / name, folder / name, copy_function=shutil.copyfile)
        (folder / name).chmod(0o755)
    users, prompts = folder / "clerk-user-import" / "authjs.json", folder / "prompts-chat" / "prompts.csv"
    users.write_text(json.dumps(json.loads(users.read_text("utf-8"))[:ROWS]))
    with prompts.open(encoding="utf-8", newline="") as file:
        rows = [row for row, _ in zip(csv.reader(file), range(ROWS + 1), strict=False)]
    with prompts.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    studio_imports.order(studio_imports.check(folder))


CASES: dict[str, Callable[[list[DataSubject]], None]] = {
    "erasure": ask_for_erasure,
    "erasure of a set": ask_for_erasure,
    "erasure held half-way": ask_for_erasure,
    "children of a set": flag_as_child,
    "access": ask_for_access,
    "studio import": ask_for_import,
}
SET = 3
ROWS = 20


def staff(username: str) -> Staff:
    return Staff.objects.get(username=username)


# --- What staff do while workers work ---------------------------------------------------------------------------------


def staff_act() -> bool:
    """The next thing a person does, told from the rows alone, so that it is the same after any kill."""
    in_force = LegalHold.objects.filter(released_at__isnull=True).first()
    stopped = Job.objects.filter(stopped_at__isnull=False)
    suspected = list(ChildFlag.objects.filter(state="suspected"))
    by_hand = Step.objects.filter(
        state=StepState.WAITING, not_before__isnull=True, job__stopped_at=None, job__ended_at=None
    ).first()
    if by_hand:
        processors.attest(step_id=by_hand.id, actor=staff("approver"), evidence="TICKET-7")
    elif wants_hold():
        ask("hold_place", subject_ids=[erased_half_way().subject_id], actor=staff("agent"), reason="A court asks")
    elif in_force and stopped.exists() and not was_asked("hold_release"):
        agreed(
            "hold_release",
            subject_ids=[in_force.subject_id],
            actor=staff("agent"),
            by=staff("approver"),
            reason="The court is done",
        )
    elif suspected and not was_asked("child_clear") and not is_open("child_flag"):
        agreed(
            "child_clear",
            subject_ids=[flag.subject_id for flag in suspected],
            actor=staff("agent"),
            by=staff("approver"),
            reason="She is 34",
        )
    elif to_answer := Case.objects.filter(state=State.ANSWERING).order_by("received_at", "id").first():
        answer(request_id=to_answer.id, actor=staff("agent"), how="email")
    else:
        return False
    return True


def was_asked(kind: str) -> bool:
    return Case.objects.filter(kind=kind).exists()


def is_open(kind: str) -> bool:
    return Case.objects.filter(kind=kind).exclude(state=State.CLOSED).exists()


def wants_hold() -> bool:
    return CASE == "erasure held half-way" and erased_half_way() and not was_asked("hold_place")


def erased_half_way() -> Case | None:
    half_way = Step.objects.filter(name="erasure.slices", units_done__gt=0).first()
    return half_way and half_way.job.case


def let_time_pass() -> None:
    """Leases, back-off and polls are over."""
    working.let_time_pass(~Q(kind="package_expiry"))


def drive() -> None:
    """Staff, workers and time take turns until every request is closed and every import ended."""
    for _ in range(ROUNDS):
        if not staff_act() and not is_anything_open():
            return
        engine.run()
        let_time_pass()
    raise SystemExit("the requests do not end")


def is_anything_open() -> bool:
    requests = Case.objects.exclude(state=State.CLOSED)
    return requests.exists() or Job.objects.filter(kind=studio_imports.KIND, ended_at=None).exists()


def one_step_a_claim() -> None:
    """A clock that strikes after each step, so that staff can come in between."""
    ticks = count()
    engine.monotonic, engine.SLICE_SECONDS = (lambda: next(ticks)), 1.5


# --- One case, in processes of its own --------------------------------------------------------------------------------


class Strike:
    """A failpoint that kills its process at the n-th hit, and leaves a note of where."""

    def __init__(self, n: int):
        self.left = n

    def __call__(self, name: str) -> None:
        self.left -= 1
        if self.left == 0:
            (FOLDER / "struck").write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def at_the_copy() -> Iterator[None]:
    connection.close()
    original = connection.settings_dict
    connection.settings_dict = original | {"NAME": COPY, "OPTIONS": original["OPTIONS"] | HASTE}
    with override_settings(MEDIA_ROOT=str(FOLDER / "media")):
        yield
    connection.close()
    connection.settings_dict = original


def in_a_process(work: Callable[[], None]) -> int:
    """Forks, works there on the copy, and returns the exit status; a kill is negative."""
    connection.close()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with at_the_copy():
                work()
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def worker_that_dies_at(n: int) -> str | None:
    """Runs until the n-th failpoint kills it; the failpoint's name, or None if it came to the end before."""

    def work():
        failpoints.strike = Strike(n)
        drive()

    (FOLDER / "struck").unlink(missing_ok=True)
    status = in_a_process(work)
    if status == -signal.SIGKILL:
        return (FOLDER / "struck").read_text()
    if status:
        raise SystemExit("a worker failed")
    return None


def last_worker() -> dict:
    """Lets the leases run out, goes on to the end, and tells what is there then."""

    def work():
        let_time_pass()
        drive()
        (FOLDER / "end.json").write_text(json.dumps(what_is_there()))

    if in_a_process(work):
        raise SystemExit("the last worker failed")
    return json.loads((FOLDER / "end.json").read_text())


# --- The same start for each ------------------------------------------------------------------------------------------


def start_afresh() -> None:
    for name in ("media", "processor"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    shutil.copytree(settings.MEDIA_ROOT, FOLDER / "media")
    (FOLDER / "processor").mkdir()
    if connection.vendor == "postgresql":
        put_back()
        return
    for suffix in ("-wal", "-shm"):
        Path(COPY + suffix).unlink(missing_ok=True)
    shutil.copyfile(ORIGINAL, COPY)


def remember() -> None:
    """PostgreSQL copies a database in seconds, and its few rows in milliseconds: a copy of every table stands by."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA pristine")
        for table in tables():
            cursor.execute(f"CREATE TABLE pristine.{table} AS TABLE public.{table}")


def put_back() -> None:
    """Foreign keys are checked at the end of the transaction, when everything is there again."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
        )
        guarded = [name for (name,) in cursor.fetchall()]
        statements = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded]
        for step in ("DELETE FROM {0}", "INSERT INTO {0} SELECT * FROM pristine.{0}"):
            statements += [step.format(table) for table in tables()]
        statements.append("SET CONSTRAINTS ALL IMMEDIATE")
        statements += [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded]
        cursor.execute(";".join(statements))


def tables() -> list[str]:
    with connection.cursor() as cursor:
        return [name for name in connection.introspection.table_names(cursor) if name != "django_migrations"]


def set_up(ask: Callable[[DataSubject], None]) -> None:
    """Staff, and a person with rows in every table and a request, in the original database."""
    f.StaffFactory(username="agent")
    f.StaffFactory(username="approver")
    people = [f.person_with_everything() for _ in range(SET if CASE.endswith("of a set") else 1)]
    for person in people:
        f.UsageEventFactory.create_batch(8, subject=person)
    with transaction.atomic():
        ask(people)
    if connection.vendor == "postgresql":
        remember()
    else:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


# --- What is there in the end -----------------------------------------------------------------------------------------

UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
ATTEMPT = re.compile(r"-\d+(?=\.zip)")
SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
# As evidence keeps it, such as when an answer was given. A date alone is not: the kills do not change it.
TIME = re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)?")
# How often a worker tried is what kills change; that it was done once is what the rest shows.
TELLS_OF_TRIES = {
    "fence",
    "claims",
    "attempts",
    "lease",
    "lease_until",
    "not_before",
    "key",
    "about",
    "actor",
    "n",
    "size",
}
ROUTES = {"step.intended"}
LEFT_OUT = {"privacy.AuditEntry", "privacy.AuditHead", "privacy.Staff", "sessions.Session", "contenttypes.ContentType"}


def what_is_there() -> dict:
    """Every table, file and effect, without what differs from run to run: new ids, times and digests."""
    return {
        "tables": {m._meta.label: rows_of(m) for m in apps.get_models() if m._meta.label not in LEFT_OUT},
        "audit": trails(),
        "broken links": broken_links(),
        "files": sorted(content_of(path) for path in (FOLDER / "media").rglob("*") if path.is_file()),
        "effects": sorted((FOLDER / "processor" / "effects").read_text().split())
        if (FOLDER / "processor" / "effects").exists()
        else [],
    }


def rows_of(model) -> list[str]:
    """Without numbers that the database counts: a transaction that is rolled back leaves a gap."""
    counted = {field.attname for field in model._meta.concrete_fields if isinstance(field, AutoField)}
    rows = model.objects.values(*(f.attname for f in model._meta.concrete_fields if f.attname not in counted))
    return sorted(plain({k: v for k, v in row.items() if k.removesuffix("_id") not in TELLS_OF_TRIES}) for row in rows)


def plain(value) -> str:
    text = json.dumps(value, sort_keys=True, default=lambda v: "time" if isinstance(v, date | datetime) else str(v))
    text = TIME.sub("time", ATTEMPT.sub("", text))
    return SHA256.sub("digest", UUID.sub(lambda m: m[0] if m[0] in known else "new", text))


def trails() -> list[list[str]]:
    """Each chain's events. Processors are asked side by side, so that their order may differ."""
    chains: dict = {}
    for entry in AuditEntry.objects.order_by("chain", "n"):
        for event, data in working.parts_of(entry):
            if event not in ROUTES:
                chains.setdefault(entry.chain, []).append(plain([event, data | {"before": ""}]))
    return sorted(sorted(chain) for chain in chains.values())


def broken_links() -> int:
    previous, broken = {}, 0
    for entry in AuditEntry.objects.order_by("chain", "n"):
        n, digest = previous.get(entry.chain, (0, audit.GENESIS))
        broken += (entry.n, entry.previous, entry.digest) != (n + 1, digest, audit.digest_of(entry))
        previous[entry.chain] = entry.n, entry.digest
    return broken


def content_of(path: Path) -> str:
    name = plain(str(path.relative_to(FOLDER / "media")))
    if path.suffix == ".zip":
        with ZipFile(path) as package:
            return f"{name} {sorted(plain(n) for n in package.namelist())}"
    return f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def differences(expected: dict, found: dict) -> list[str]:
    lines = []
    for part in expected:
        if part == "tables":
            lines += [
                f"{label}: {set(expected[part][label]) ^ set(found[part][label]) or 'other number'}"
                for label in expected[part]
                if expected[part][label] != found[part][label]
            ]
        elif expected[part] != found[part]:
            lines.append(f"{part}: {expected[part]} is {found[part]}")
    return lines


def kill_at_every_point(expected: dict, every: int) -> dict:
    """Or at every second, third…"""
    points, different, n = Counter(), [], 1
    dice = random.Random(7)
    while True:
        start_afresh()
        struck = [worker_that_dies_at(n)]
        if struck == [None]:
            return {"kills": points.total(), "points": dict(points), "different": different}
        if dice.random() < 0.5:
            struck.append(resumed_that_dies_at(dice.randint(1, 12)))
        points.update(name for name in struck if name)
        lines = differences(expected, last_worker())
        if lines:
            different.append([struck, lines])
        n += every


def resumed_that_dies_at(n: int) -> str | None:
    if in_a_process(let_time_pass):
        raise SystemExit("time does not pass")
    return worker_that_dies_at(n)


def prepare() -> None:
    """One connector of each sort, and slices so small that there are several."""
    kept = {key: connectors[key] for key in ("clerk", "google")}
    connectors.clear()
    connectors.update(kept | {"remembering": RememberingProcessor(FOLDER / "processor")})
    erasure.SLICE_ROWS, erasure.FILES_A_SLICE = 4, 1
    slices.FIRST = slices.SHORTEST = slices.LONGEST = 8
    slices.PAUSE_SECONDS = 0
    if CASE == "erasure held half-way":
        one_step_a_claim()


if __name__ == "__main__":
    CASE = sys.argv[1]
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    prepare()
    set_up(CASES[CASE])
    known = {str(pk) for model in apps.get_models() for pk in model.objects.values_list("pk", flat=True)}
    connection.close()
    start_afresh()
    with at_the_copy():  # in this process, so that every fork of it starts warm
        drive()
        expected = json.loads(json.dumps(what_is_there()))
    print(json.dumps(kill_at_every_point(expected, int(sys.argv[2])) | {"expected": expected}))  # noqa: T201
    if connection.vendor == "postgresql":
        connection.cursor().execute("DROP SCHEMA pristine CASCADE")
