"""Killing a worker at any point loses nothing, repeats nothing and changes nothing (see killing.py)."""

import json
import subprocess
import sys

import pytest
from django.db import connection

# Where a worker was killed at least once, over all cases.
POINTS = {
    "claiming", "claimed", "before effect", "after effect", "recorded", "intending", "intended", "called", "recording",
    "attempted", "settling", "settled", "file deleted", "package begun", "package written",
}  # fmt: skip
LEAST_KILLS = {"erasure": 100, "erasure held half-way": 50, "child": 20, "access": 10}


@pytest.fixture(scope="module")
def found():
    return {}


@pytest.mark.parametrize("case", LEAST_KILLS)
def test_a_worker_killed_at_any_failpoint_changes_nothing_about_the_end(case, process_environment, found, capsys):
    connection.close()
    command = [sys.executable, "-m", "tests.fulfilment.killing", case]
    result = subprocess.run(command, env=process_environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    answer = json.loads(result.stdout)
    found[case] = answer
    assert answer["different"] == []
    assert answer["expected"]["broken links"] == 0
    assert len(answer["expected"]["effects"]) == (1 if case.startswith("erasure") else 0)
    assert answer["kills"] >= LEAST_KILLS[case]


def test_the_kills_came_to_two_hundred_and_to_every_failpoint(found, capsys):
    kills = sum(answer["kills"] for answer in found.values())
    with capsys.disabled():
        sys.stdout.write(f"\n{kills} kills on {connection.vendor}: { ({c: a['kills'] for c, a in found.items()}) }\n")
    assert kills >= 200
    assert {point for answer in found.values() for point in answer["points"]} >= POINTS
