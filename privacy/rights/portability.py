"""The right to portability: what the person gave us, in a form that another service reads."""

from privacy.cases.kinds import register
from privacy.catalogue import Plainly, Right
from privacy.fulfilment.access import plan_portable
from privacy.rights.access import FOR_YOUR_EYES, RECIPIENT_KEY, Access
from privacy.selectors import standing
from privacy.selectors.portability import portability_plan


@register
class Portability(Right):
    key, label, icon = "portability", "Portability", "move_up"
    told_by = "answer_copy"
    plainly = Plainly(
        "Your data in a portable form", "Take your data with you",
        "What you gave us yourself, such as your scripts, in files that another service can read.",
        "data", asks={"recipient_key": FOR_YOUR_EYES},
    )  # fmt: skip
    cites = ("GDPR art. 20", "11 CCR 7024")
    button, title, submit = "Portable copy", "Make a portable copy of what {people} gave us", "Start the copy"
    happens = (
        "A worker collects what they gave us themselves, for a contract or by consent: JSON and CSV with their columns "
        "named, and the files. What we observed or wrote is left out; it is in an export for access.",
        "You hand it over by a link that is good for one download, or download it yourself; both are logged.",
        "The package is deleted when it expires.",
    )
    may = Access.may
    proof = Access.proof
    asks = (*Right.asks, RECIPIENT_KEY)
    given_only = True
    plan, dry_run, warns = plan_portable, portability_plan, standing.alike_in_words
    steps = Access.steps
