"""Analytics: usage and device identifiers. The policy names no company, so a person asks whoever it is."""

from privacy.connectors.base import register
from privacy.connectors.recipients import Recipient


@register
class Analytics(Recipient):
    key = "analytics"
    name = "Analytics"
