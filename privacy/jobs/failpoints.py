"""Where the kill test strikes (tests/jobs/test_kills.py)."""


def strike(name: str) -> None:
    """Nothing, but under that test."""
