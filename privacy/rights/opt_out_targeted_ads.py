"""The opt-out of targeted advertising of the American states beside California. Nothing here shows any."""

from privacy.cases.kinds import register
from privacy.cases.opt_outs import AT_ONCE, BY_HAND, OptOut
from privacy.catalogue import Plainly
from privacy.datamap import Use


@register
class OptOutTargetedAds(OptOut):
    key, label, icon = "opt_out_targeted_ads", "Opt-out of targeted advertising", "ads_click"
    plainly = Plainly(
        "No targeted advertising", "No targeted advertising", "Nobody aims advertising at you by what we know of you.",
        "choices",
    )  # fmt: skip
    cites = ("Va. Code 59.1-577(A)(5)", "C.R.S. 6-1-1306(1)(a)")
    button, title, submit = "No targeted ads", "Opt {people} out of targeted advertising", "Opt out of targeted ads"
    happens = (
        AT_ONCE,
        "No advertising is aimed at anybody today: the choice is kept, and nobody may begin it for this person.",
        "Every device that is known of them is marked, so that it counts where nobody is signed in, too.",
        BY_HAND,
    )
    purposes = (Use.ADVERTISING,)
    marks_devices = True
