"""Prints the data map: every column of every table, what it says about people, and what becomes of it; or what a
change of it touches."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from privacy.datamap import diff, export

FORMATS = {
    "table": export.as_table,
    "json": export.as_json,
    "csv": export.as_csv,
    "fideslang": export.as_fideslang,
}


GIT = ("git", "-C", str(settings.BASE_DIR))


class Command(BaseCommand):
    help = (
        "Prints the data map. fideslang: a manifest for tools that speak it (JSON, which is YAML too). --diff: which "
        "receipts, packages, lines of the record of processing and recipients have changed since a revision."
    )

    def add_arguments(self, parser):
        parser.add_argument("--format", choices=FORMATS, default="table")
        parser.add_argument("--diff", metavar="REV", help="a revision of this checkout's history, such as main")

    def handle(self, *, format, diff: str | None, **options):
        self.stdout.write(what_changed_since(diff) if diff else FORMATS[format]().rstrip("\n"))


def what_changed_since(revision: str) -> str:
    sections = [s for s in diff.touched(diff.columns_of(map_at(revision)), diff.columns_now()) if s.sentences]
    if not sections:
        return f"Since {revision} the data map has changed nothing that anybody reads."
    return "\n\n".join("\n".join([s.title, *(f"  {sentence}" for sentence in s.sentences)]) for s in sections)


def map_at(revision: str) -> dict[str, Any]:
    """What `datamap --format json` prints in the tree of that revision. Raises CommandError."""
    with TemporaryDirectory() as folder:
        commit = (
            run([*GIT, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], "git").decode().strip()
        )
        with tarfile.open(fileobj=io.BytesIO(run([*GIT, "archive", "--format=tar", commit], "git"))) as tree:
            tree.extractall(folder, filter="data")
        command = [sys.executable, "manage.py", "datamap", "--format", "json"]
        printed: dict[str, Any] = json.loads(run(command, "manage.py datamap there", cwd=Path(folder)))
    return printed


def run(command: list[str], name: str, cwd: Path | None = None) -> bytes:
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False)  # noqa: S603 a developer's own checkout
    if done.returncode:
        raise CommandError(f"{name} said: {done.stderr.decode(errors='replace').strip().splitlines()[-1]}")
    return done.stdout
