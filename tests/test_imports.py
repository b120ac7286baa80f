"""The contracts of pyproject.toml ([tool.importlinter]) hold: who may import whom."""

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_nothing_lower_imports_what_is_higher(capsys):
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out
