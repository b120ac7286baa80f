"""Processors, one module each. Importing this package registers them."""

from privacy.connectors import analytics, clerk, email_delivery, google, hosting, logging, openai

__all__ = ["analytics", "clerk", "email_delivery", "google", "hosting", "logging", "openai"]
