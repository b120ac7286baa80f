"""What becomes of Stripe's objects, and why, in words for staff."""

from dataclasses import dataclass

from django.db import models

from privacy.fulfilment.importing.arrivals import Arrival, Outcome

NO_CUSTOMER = "It names no customer."
NOBODY = "No person is known by this Stripe customer; bring the person in first."
OLDER = "A newer version is stored already."
NO_ID = "It has no id, and cannot be known again."
NEVER_KNOWN = "It was deleted at Stripe, and never known here."
NO_TYPE = "It does not say which of Stripe's objects it is."
EMAIL_ODD = "Its e-mail address is none, and is kept as Stripe has it."
EMAIL_EMPTIED = "Its e-mail address cannot be stored, and was left empty."


@dataclass
class Synced(Arrival):
    """What became of an object; `stripe_id` and `model` tell which."""

    stripe_id: str = ""
    model: type[models.Model] | None = None


class Refused(Exception):
    """The object does not come in. `outcome` is SKIPPED or REFUSED; the text is for staff and quotes no value."""

    def __init__(self, reason: str, outcome: Outcome = Outcome.SKIPPED):
        super().__init__(reason)
        self.outcome = outcome
