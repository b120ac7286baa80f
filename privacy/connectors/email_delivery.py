"""E-mail delivery: support answers and product news. The policy names no company, so a person asks whoever it is."""

from privacy.connectors.base import register
from privacy.connectors.recipients import Recipient
from privacy.models import Identifier


@register
class EmailDelivery(Recipient):
    key = "email_delivery"
    name = "E-mail delivery"
    also_by = (Identifier.Kind.EMAIL,)  # it has never heard of our ids
