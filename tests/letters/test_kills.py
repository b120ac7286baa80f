"""A worker killed at any point on the way of a letter: it is never sent twice, and never lost."""

import json
import subprocess
import sys

import pytest
from django.db import connection


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.attack), 5])
def test_a_letter_is_never_sent_twice_and_never_lost(every, process_environment, capsys):
    connection.close()
    command = [sys.executable, "-m", "tests.letters.killing", str(every)]
    result = subprocess.run(command, env=process_environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    found = json.loads(result.stdout)
    with capsys.disabled():
        sys.stdout.write(f"\nletters: {found['kills']} kills on {connection.vendor} {found['points']}\n")
    assert found["wrong"] == []
    if every == 1:
        assert {"handed over", "taken", "called", "advanced"} <= set(found["points"])
        assert found["in doubt"]
