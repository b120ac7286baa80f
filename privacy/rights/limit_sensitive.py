"""The right to limit the use of sensitive data to what the service needs."""

from privacy.cases.kinds import register
from privacy.cases.opt_outs import AT_ONCE, BY_HAND, OptOut
from privacy.catalogue import Plainly
from privacy.datamap import Use


@register
class LimitSensitive(OptOut):
    """Which of what somebody writes or does is sensitive no column tells, so all of it is limited to the service: more
    than the law asks, which would let faults be mended (11 CCR 7027(m)(8))."""

    key, label, icon = "limit_sensitive", "Limit on sensitive data", "shield_lock"
    plainly = Plainly(
        "A limit on sensitive data", "Limit the use of sensitive data",
        "What you write may be sensitive. All of it is then used to run the service for you, and for nothing else.",
        "choices",
    )  # fmt: skip
    cites = ("Cal. Civ. Code 1798.121", "11 CCR 7027")
    button, title, submit = "Limit sensitive data", "Limit the use of sensitive data of {people}", "Limit it"
    happens = (
        AT_ONCE,
        "What people write may be sensitive, and nothing here tells which of it is. So all of their data is limited to "
        "running the service: nothing new is taken in to understand how features perform or to find faults, and none "
        "of it serves news, advertising or conclusions about them.",
        "Marketing choices stay as the person set them, and are not acted upon.",
        BY_HAND,
    )
    purposes = (Use.IMPROVEMENT, Use.PERFORMANCE, Use.MARKETING, Use.ADVERTISING, Use.PROFILING, Use.SALE)
    marks_devices = True
