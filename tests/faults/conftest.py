"""The fake processors of the connectors' tests."""

from tests.connectors.conftest import call, clerk, impatient, openai, shared, stripe  # noqa: F401
