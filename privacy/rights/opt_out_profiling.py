"""The opt-out of profiling. Nothing here decides about people by what they do; what is collected about their use could
serve to, so that stops too."""

from privacy.cases.kinds import register
from privacy.cases.opt_outs import AT_ONCE, BY_HAND, OptOut
from privacy.catalogue import Plainly
from privacy.datamap import Use


@register
class OptOutProfiling(OptOut):
    key, label, icon = "opt_out_profiling", "Opt-out of profiling", "person_off"
    plainly = Plainly(
        "No profiling", "No profiling",
        "Nothing is concluded about you from how you use the service, and we stop collecting what could serve to.",
        "choices",
    )  # fmt: skip
    cites = ("Va. Code 59.1-577(A)(5)", "C.R.S. 6-1-1306(1)(a)", "GDPR art. 21(1)")
    button, title, submit = "No profiling", "Opt {people} out of profiling", "Opt out of profiling"
    happens = (
        AT_ONCE,
        "Nothing decides about people by what they do today: the choice is kept, and nobody may begin it for this "
        "person.",
        "This database takes no new usage events, feedback or device ids of them, for these could serve to.",
        BY_HAND,
    )
    purposes = (Use.PROFILING, Use.IMPROVEMENT)
