"""What somebody tells us of another's account: that it is a child's (policy section 11), or that a stranger was in it
(section 8). They need no account, and are answered without learning whether there is one of whom they speak."""

from privacy.cases.kinds import register
from privacy.catalogue import Inquiry, May, Permit, Plainly, Question, Words
from privacy.catalogue.cases import reason
from privacy.roles import AGENT, APPROVER, MANAGER

TAKE_IN = Permit("take_report", "Can take in and answer reports about accounts", (AGENT, APPROVER, MANAGER))
REPORTED = Question(
    "reported", "Whose account, in the words of who reports it", required=False, at_most=300,
    help="An e-mail address, a name or a link. The case is about this account where the address is one’s, else about "
    "whoever reports it. Kept sealed with the case.",
)  # fmt: skip
RELATION = Question("relation", "Who reports it", required=False, at_most=100, help="Such as: a parent, a teacher.")


class Report(Inquiry):
    """About the account that is reported, where it is known. Neither its owner reads the words, nor does whoever wrote
    them read of the owner."""

    is_report = True
    may = May(ask=TAKE_IN, answer=TAKE_IN)
    asks = (reason(read_by_the_person=False), REPORTED, RELATION, *Inquiry.asks[1:])


@register
class ChildReport(Report):
    key, label, icon = "child_report", "Report of a child", "child_care"
    plainly = Plainly(
        "Your report about a child", "Report a child’s account",
        "If you believe that a child has given us data, tell us. Parents tell us here as well if they want to see or "
        "erase their child’s data.",
        "tell",
        reason=Words("What makes you think so?", "Write nothing about the child that is not needed."), must_say=True,
        asks={
            "reported": Words("Which account? (optional)", "Its e-mail address, name or a link, as far as you know."),
            "relation": Words("Who are you to the child? (optional)", "Such as: mother, teacher."),
        },
    )  # fmt: skip
    cites = ("16 CFR 312.2", "GDPR art. 8")
    button, title, submit = "Report of a child", "Take in a report that {people} may be a child", "Take it in"
    happens = (
        "The report waits to be looked into and answered, by its date. Nothing is frozen by it.",
        "If it may be so, flag the account as a possible child’s: then it is frozen at once.",
        "Whoever reports it is answered, and must not learn from the answer whether there is such an account.",
    )


@register
class AccessReport(Report):
    key, label, icon = "access_report", "Report of unauthorised access", "gpp_maybe"
    plainly = Plainly(
        "Your report about unauthorised access", "Report unauthorised access",
        "If somebody may have been in your account, or you have found something that is not safe, tell us at once.",
        "tell",
        reason=Words("What have you noticed, and when?", "Never send us a password."), must_say=True,
        asks={"reported": Words("Which account? (optional)", "Its e-mail address, if it is not the one above.")},
    )  # fmt: skip
    cites = ("GDPR art. 32 and 33",)
    button, title, submit = "Report of access", "Take in a report of access to the account of {people}", "Take it in"
    happens = (
        "The report waits to be looked into and answered, by its date. From now on we may know of a breach: its hours "
        "run from the moment at which we are aware.",
        "End the sessions of the account at Clerk if it may be so.",
        "Whoever reports it is answered, and must not learn from the answer whether there is such an account.",
    )
