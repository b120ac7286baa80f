"""The right of access: a package of what we hold, handed over."""

from privacy.cases.kinds import register
from privacy.catalogue import May, Permit, Plainly, Question, Right, StepKind, Words
from privacy.fulfilment.access import plan_package
from privacy.fulfilment.package.output import check_recipient_key
from privacy.models import Verification
from privacy.roles import AGENT, APPROVER, MANAGER, VERIFY
from privacy.selectors import plans, standing
from privacy.selectors.redactions import BUILD, LOOK

EXPORT = Permit("export_datasubject", "Can export a person's data", (AGENT, APPROVER, MANAGER))
CONFIRM = Permit("confirm_redactions", "Can confirm what is left out of packages", (AGENT, APPROVER, MANAGER))
RECIPIENT_KEY = Question(
    "recipient_key", "Encrypt to an age key (optional)", required=False, placeholder="age1…",
    help="The person's age public key. Without one the package is a plain zip.", check=check_recipient_key,
)  # fmt: skip
FOR_YOUR_EYES = Words(
    "Your age public key (optional)",
    "For those who know age-encryption.org: the file then opens with your own secret key alone.",
    "This is no age public key: it begins with “age1”.",
)


@register
class Access(Right):
    key, label, icon = "access", "Access", "download"
    plainly = Plainly(
        "A copy of your data", "Get a copy of your data",
        "All that we hold about you, in a file that you can read and keep. We tell you as well what we use it for, who "
        "has got it and how long we keep it.",
        "data",
        reason=Words("Which data, or from when? (optional)", "Leave this empty to get everything."),
        asks={"recipient_key": FOR_YOUR_EYES},
    )  # fmt: skip
    cites = ("GDPR art. 15", "Cal. Civ. Code 1798.110")
    button, title, submit = "Export data", "Export the data of {people}", "Start the export"
    happens = (
        "What others wrote, such as support, is searched for other people first. Where any are found, the package "
        "waits until somebody has said which of them are left out.",
        "A worker collects every row and file below into one zip, with a page that a person can read. The record of "
        "this request is counted with them.",
        "You hand it over by a link that is good for one download, or download it yourself; both are logged. The "
        "request is answered when the link was made, or when you say how you answered.",
        "The package is deleted when it expires.",
    )
    may = May(
        ask=EXPORT, decide=EXPORT, deny=EXPORT, cancel=EXPORT, retry=EXPORT, answer=EXPORT, confirm=CONFIRM,
        verify=VERIFY,
    )  # fmt: skip
    is_common = True
    told_by = "answer_copy"
    # A copy for a stranger is a breach: that nobody has to be sure is no reason to hand data out.
    proof = tuple(way for way in Verification.proofs() if way != Verification.CONTROLLER)
    asks = (*Right.asks, RECIPIENT_KEY)
    plan, dry_run, warns = plan_package, plans.access_plan, standing.alike_in_words
    steps = (StepKind(LOOK, "Look for other people"), StepKind(BUILD, "Build the package"))
