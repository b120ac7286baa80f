"""Logging: usage and diagnostics. The policy names no company, so a person asks whoever it is."""

from privacy.connectors.base import register
from privacy.connectors.recipients import Recipient


@register
class Logging(Recipient):
    key = "logging"
    name = "Logging"
