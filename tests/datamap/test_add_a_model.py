"""A developer adds a model by writing the model and one class, in fifteen lines, and Django writes the migration. Here
the README's own lines are pasted into a copy of the project, and what follows from them runs there."""

import shutil
import subprocess
import sys
import uuid
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from privacy.datamap.checks import check_data_map
from tests.kosenai_ops import production

LINES = Path(__file__).with_name("fifteen_lines.txt").read_text()
SHOWN = f"<!-- fifteen lines -->\n```python\n{LINES}```\n<!-- /fifteen lines -->\n"
PARTS = ("kosenai_ops", "privacy", "billing", "tests", "static", "manage.py", "pyproject.toml", ".gitignore")
AUTHOR = ("-c", "user.name=A developer", "-c", "user.email=developer@example.com")


def test_it_takes_fifteen_lines():
    assert len(LINES.splitlines()) <= 15


def test_the_readme_shows_these_lines():
    assert SHOWN in (settings.BASE_DIR / "README.md").read_text()


def test_the_model_alone_stops_the_start(throwaway):
    exec(LINES.split("\n\n\n")[0], dict(vars(import_module("privacy.models.content"))))
    assert [error.id for error in check_data_map(None)] == ["datamap.E002"]


@pytest.fixture
def copy(tmp_path):
    """The project as git would have it, in a folder of its own."""
    if not shutil.which("git"):
        pytest.skip("git counts the lines, and is not on this machine")
    folder = tmp_path / "copy"
    for part in PARTS:
        source = settings.BASE_DIR / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    for command in (["init", "-q"], ["add", "-A"], [*AUTHOR, "commit", "-q", "-m", "Before"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture
def databases(db, tmp_path):
    """Addresses of two new databases of this run's kind."""
    if connection.vendor == "sqlite":
        yield [f"sqlite:///{tmp_path}/{name}.sqlite3" for name in ("migrated", "empty")]
        return
    names = [f"paste_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    given = connection.settings_dict
    with connection._nodb_cursor() as cursor:
        for name in names:
            cursor.execute(f"CREATE DATABASE {name}")
    who = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT'] or 5432}"
    yield [f"postgres://{who}/{name}" for name in names]
    with connection._nodb_cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def paste(folder: Path) -> None:
    """Each part below what stands in the file that its first line names; a model is exported where all are."""
    for part in LINES.strip().split("\n\n\n"):
        name, _, text = part.partition("\n")
        with (folder / name.removeprefix("# ")).open("a") as file:
            file.write(f"\n\n{text}\n")


def test_what_the_readme_says_follows_does(copy, databases, tmp_path):
    """From a database that was migrated before, and from an empty one."""
    migrated, empty = databases

    def run(url: str, *arguments: str) -> str:
        env = production.environment(tmp_path, DATABASE_URL=url, DEMO="true", ALLOWED_HOSTS="localhost")
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=copy, env=env | {"PYTHONPATH": ""}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run(migrated, "manage.py", "migrate", "-v0")
    paste(copy)
    run(migrated, "manage.py", "makemigrations", "privacy", "-n", "comment", "-v0")
    for url in (migrated, empty):
        run(url, "manage.py", "migrate", "-v0")
        run(url, "tests/datamap/pasted.py")
    assert cost_of(copy) == {"privacy/models/content.py": 6, "privacy/personal_data/content.py": 7}


def cost_of(folder: Path) -> dict[str, int]:
    """{file: lines that were added by hand, blank ones too}, as git counts them; the migration Django wrote."""
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    told = subprocess.run(
        ["git", "diff", "--cached", "--numstat"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    counted = (line.split("\t") for line in told.splitlines())
    return {name: int(added) for added, _, name in counted if "/migrations/" not in name}
