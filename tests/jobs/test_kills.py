"""Killing a worker at any point loses nothing, repeats nothing and changes nothing (see killing.py)."""

import json
import subprocess
import sys

import pytest
from django.db import connection

CLAIM = {"claiming", "claimed", "advancing", "advanced"}
LOCAL = CLAIM | {"before effect", "after effect", "recorded"}
REMOTE = CLAIM | {"intending", "intended", "called"}
# (kills, failpoints at which a worker was killed): at least so many, and at least there.
LEAST = {
    "erasure": (100, LOCAL | REMOTE | {"file deleted"}),
    "erasure of a set": (120, LOCAL | REMOTE | {"file deleted"}),
    "erasure held half-way": (150, CLAIM | {"settling", "settled"}),
    "children of a set": (20, LOCAL),
    "access": (10, REMOTE | {"package begun", "package written"}),
    "studio import": (40, REMOTE | {"rows written", "slice kept"}),
}


EFFECTS = {"erasure": 1, "erasure held half-way": 1, "erasure of a set": 3}

# An erasure is killed for minutes, so it is left to the attacks. So is every failpoint of the others.
CASES = [
    *[pytest.param(case, 1, marks=pytest.mark.attack) for case in LEAST if case.startswith("erasure")],
    *[
        pytest.param(case, every, marks=pytest.mark.attack if every == 1 else [])
        for case, often in (("children of a set", 15), ("studio import", 15), ("access", 3))
        for every in (1, often)
    ],
]


@pytest.mark.parametrize(("case", "every"), CASES)
def test_a_worker_killed_at_any_failpoint_changes_nothing_about_the_end(
    case, every, process_environment, capsys, request
):
    if case == "studio import":
        request.getfixturevalue("shared_data")
    connection.close()
    command = [sys.executable, "-m", "tests.jobs.killing", case, str(every)]
    result = subprocess.run(command, env=process_environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    found = json.loads(result.stdout)
    with capsys.disabled():
        sys.stdout.write(f"\n{case}: {found['kills']} kills on {connection.vendor} {found['points']}\n")
    assert found["different"] == []
    assert found["expected"]["broken links"] == 0
    assert len(found["expected"]["effects"]) == EFFECTS.get(case, 0)
    kills, points = LEAST[case]
    assert found["kills"] >= kills // every
    assert points <= set(found["points"]) or every > 1


def test_every_case_is_killed_at_every_failpoint_by_a_run_or_by_an_attack():
    assert {case for case, every in map(values_of, CASES) if every == 1} == set(LEAST)


def values_of(case) -> tuple[str, int]:
    return getattr(case, "values", case)


def test_the_cases_come_to_four_hundred_kills():
    assert sum(kills for kills, _ in LEAST.values()) >= 400
