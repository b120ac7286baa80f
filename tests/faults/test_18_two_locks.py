"""What runs in production carries no test suite, and what is tested is what runs."""

import re
import tomllib

from django.conf import settings

PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def pins(lock: str) -> set[tuple[str, str]]:
    """{(package, version)} of a lock file."""
    found = set(PINNED.findall((settings.BASE_DIR / lock).read_text()))
    assert found, f"{lock} names no package"
    return found


def named(requirements: list[str]) -> set[str]:
    return {re.match(r"[a-z0-9-]+", requirement)[0] for requirement in requirements}


def project() -> dict:
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())


def test_nothing_runs_in_production_in_another_version_than_was_tested():
    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_no_tool_of_the_tests_runs_in_production():
    running = {name for name, _ in pins("requirements.lock")}
    assert named(project()["dependency-groups"]["dev"]) & running == set()


def test_what_the_project_asks_for_is_in_the_lock_that_runs():
    asked = named(project()["project"]["dependencies"])
    assert asked - {name for name, _ in pins("requirements.lock")} == set()
