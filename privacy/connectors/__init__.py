"""Processors, one module each. Importing this package registers them."""

from privacy.connectors import clerk, google, openai

__all__ = ["clerk", "google", "openai"]
