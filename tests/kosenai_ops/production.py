"""The variables of a production-like start, for tests that run a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEDGERS = ("LEDGER_KEY", "LEDGER_KEYS", "PSEUDONYM_KEYS", "SEALING_KEYS")
KEYS = {
    "SECRET_KEY": "correct-horse-battery-staple-0123456789-abcdefghijklmnop",
    "LEDGER_KEY": "another-key-of-the-ledger-0123456789-abcdefghijklmnop",
}


def environment(var_dir, **changes) -> dict[str, str]:
    """What production sets, with `changes`; a change to None takes the variable away."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    # Set, though empty: a variable that is set beats the developer's .env.
    unset = dict.fromkeys(["DEBUG", "DEMO", "BEHIND_PROXY", "SECRET_KEY", *LEDGERS], "")
    chosen = KEYS | {"VAR_DIR": str(var_dir), "ALLOWED_HOSTS": "ops.example.com", "CSRF_TRUSTED_ORIGINS": ""}
    broker = {"DATABASE_URL": f"sqlite:///{var_dir}/kosenai.sqlite3", "CELERY_BROKER_URL": "filesystem://"}
    everything = kept | unset | chosen | broker | changes
    return {name: value for name, value in everything.items() if value is not None}


def run(*arguments: str, env: dict[str, str], timeout=60) -> subprocess.CompletedProcess:
    """`python ARGUMENTS` from the project's folder."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout, check=False)
