"""Copies of the project, in which a developer's change is made, run, and counted by git."""

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import MIGRATED
from tests.datamap.conftest import throwaway  # noqa: F401  (a fixture)
from tests.kosenai_ops import production

PARTS = ("kosenai_ops", "privacy", "billing", "tests", "static", "manage.py", "pyproject.toml", ".gitignore")
AUTHOR = ("-c", "user.name=A developer", "-c", "user.email=developer@example.com")


@dataclass(frozen=True)
class Copy:
    folder: Path
    var: Path

    def git(self, *arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def run(self, url: str, *arguments: str) -> str:
        """`python ARGUMENTS` there, on this database."""
        env = production.environment(self.var, DATABASE_URL=url, DEMO="true", ALLOWED_HOSTS="localhost", GRACE_DAYS="0")
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def change(self, name: str, *pairs: tuple[str, str]) -> None:
        """Puts texts in the place of others, each once."""
        text = (self.folder / name).read_text()
        for before, after in pairs:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        (self.folder / name).write_text(text)

    def cost(self) -> dict[str, int]:
        """{file: lines that were added by hand, blank ones too}, as git counts them; a migration is Django's."""
        self.git("add", "-A")
        counted = (line.split("\t") for line in self.git("diff", "--cached", "--numstat").splitlines())
        return {name: int(added) for added, _, name in counted if "/migrations/" not in name}


@pytest.fixture
def copy(tmp_path):
    """The project as git would have it, in a folder of its own."""
    if not shutil.which("git"):
        pytest.skip("git counts the lines, and is not on this machine")
    made = Copy(tmp_path / "copy", tmp_path)
    for part in PARTS:
        source = settings.BASE_DIR / part
        if source.is_dir():
            shutil.copytree(source, made.folder / part)  # with what Python has compiled
        else:
            shutil.copy(source, made.folder / part)
    for command in (["init", "-q"], ["add", "-A"], [*AUTHOR, "commit", "-q", "-m", "Before"]):
        made.git(*command)
    return made


@pytest.fixture
def databases(django_db_setup, django_db_blocker, tmp_path):
    """Addresses of two databases of this run's kind: one as migrated as the run's own, and an empty one."""
    with django_db_blocker.unblock():
        yield from on_file(tmp_path) if connection.vendor == "sqlite" else on_a_server()


def on_file(folder: Path) -> Iterator[list[str]]:
    shutil.copyfile(MIGRATED, folder / "migrated.sqlite3")
    yield [f"sqlite:///{folder}/{name}.sqlite3" for name in ("migrated", "empty")]


def on_a_server() -> Iterator[list[str]]:
    names = [f"paste_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    given = connection.settings_dict
    connection.close()  # nobody may look at what is copied
    with connection._nodb_cursor() as cursor:
        for name, copied in zip(names, (given["NAME"], "template1"), strict=True):
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {copied}")
    who = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT'] or 5432}"
    yield [f"postgres://{who}/{name}" for name in names]
    with connection._nodb_cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
