"""The house: no file is too long, and the contracts of pyproject.toml hold: who may import whom."""

from django.conf import settings
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_nothing_lower_imports_what_is_higher(capsys):
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_no_file_of_ours_does_two_jobs():
    """400 lines are the most; tests and migrations are no rooms that one looks for."""
    files = [f for app in ("privacy", "billing", "kosenai_ops") for f in (settings.BASE_DIR / app).rglob("*.py")]
    long = {f.name: n for f in files if "migrations" not in f.parts and (n := len(f.read_text().splitlines())) > 400}
    assert long == {}
