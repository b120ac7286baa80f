"""`make bench`: makes a database of its own on PostgreSQL, measures, prints the README's table."""

import os
import secrets
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median

REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))
MILLION = int(os.environ.get("BENCH_MILLION", "1000000"))
SERVER = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
NAME = "kosenai_bench"


def main() -> None:
    import psycopg

    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME}")
        server.execute(f"CREATE DATABASE {NAME}")
    with tempfile.TemporaryDirectory() as folder:
        start_django(Path(folder))
        from tests.benchmarks import cases

        rows = list(cases.run_all(REPEATS, MILLION))
    print_table(rows)


def start_django(folder: Path) -> None:
    os.environ.update(
        DATABASE_URL=SERVER.rsplit("/", 1)[0] + f"/{NAME}", VAR_DIR=str(folder), SECRET_KEY=secrets.token_urlsafe(50),
        LEDGER_KEY=secrets.token_urlsafe(50), DEBUG="0", GRACE_DAYS="0", DJANGO_SETTINGS_MODULE="kosenai_ops.settings",
    )  # fmt: skip
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def print_table(rows) -> None:
    print("\n| work | by hand | Kosenai Ops | ratio (median) | CPU ours / by hand | memory growth | note |")
    print("|---|---|---|---|---|---|---|")
    for name, theirs, ours, note in rows:
        ratio = median(o.wall / t.wall for o, t in zip(ours, theirs, strict=True))
        wall_hand, wall_ours = median(t.wall for t in theirs), median(o.wall for o in ours)
        cpu_ours, cpu_hand = median(o.cpu for o in ours), median(t.cpu for t in theirs)
        memory = max(o.memory for o in ours)
        print(
            f"| {name} | {wall_hand * 1000:,.1f} ms | {wall_ours * 1000:,.1f} ms | **{ratio:.2f}x** | "
            f"{cpu_ours:.2f} s / {cpu_hand:.2f} s | {memory:.0f} MiB | {note} |"
        )
    print(f"\nMedian of {REPEATS} alternating repeats, {date.today().isoformat()}, {os.cpu_count()} cores.")


if __name__ == "__main__":
    sys.exit(main())
