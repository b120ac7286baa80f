"""A developer adds a model by writing the model and one class, in fifteen lines, and Django writes the migration. Here
the README's own lines are pasted into a copy of the project, and what follows from them runs there."""

from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings

from privacy.datamap.checks import check_data_map

LINES = Path(__file__).with_name("fifteen_lines.txt").read_text()
SHOWN = f"<!-- fifteen lines -->\n```python\n{LINES}```\n<!-- /fifteen lines -->\n"


def test_it_takes_fifteen_lines():
    assert len(LINES.splitlines()) <= 15


def test_the_readme_shows_these_lines():
    assert SHOWN in (settings.BASE_DIR / "README.md").read_text()


def test_the_model_alone_stops_the_start(throwaway):
    exec(LINES.split("\n\n\n")[0], dict(vars(import_module("privacy.models.content"))))
    assert [error.id for error in check_data_map(None)] == ["datamap.E002"]


def paste(folder: Path) -> None:
    """Each part below what stands in the file that its first line names; a model is exported where all are."""
    for part in LINES.strip().split("\n\n\n"):
        name, _, text = part.partition("\n")
        with (folder / name.removeprefix("# ")).open("a") as file:
            file.write(f"\n\n{text}\n")


@pytest.mark.parametrize("start", ["migrated", pytest.param("empty", marks=pytest.mark.attack)])
def test_what_the_readme_says_follows_does(copy, databases, start):
    """From a database that was migrated before, and from an empty one."""
    url = dict(zip(("migrated", "empty"), databases, strict=True))[start]
    paste(copy.folder)
    copy.run(url, "manage.py", "makemigrations", "privacy", "-n", "comment", "-v0")
    copy.run(url, "manage.py", "migrate", "-v0")
    copy.run(url, "tests/costs/model.py")
    assert copy.cost() == {"privacy/models/content.py": 6, "privacy/personal_data/content.py": 7}
