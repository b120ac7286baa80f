"""The opt-out of sale and sharing. The policy says that nothing is sold (section 5): it binds whoever would begin."""

from privacy.cases.kinds import register
from privacy.cases.opt_outs import AT_ONCE, BY_HAND, DeniableOptOut
from privacy.catalogue import Plainly
from privacy.datamap import Use


@register
class OptOutSaleSharing(DeniableOptOut):
    key, label, icon = "opt_out_sale_sharing", "Opt-out of sale and sharing", "do_not_disturb_on"
    plainly = Plainly(
        "No sale or sharing of your data", "Do not sell or share my data",
        "We do not sell your data. Your choice is kept all the same, for all your devices that we know.",
        "choices",
    )  # fmt: skip
    cites = ("Cal. Civ. Code 1798.120", "11 CCR 7025 and 7026")
    button, title, submit = "Do not sell or share", "Opt {people} out of sale and sharing", "Opt out of it"
    happens = (
        AT_ONCE,
        "Nothing is sold or shared for advertising today: the choice is kept, and nobody may begin it for this person. "
        "No list for such a purpose holds them.",
        "Every device that is known of them is marked, so that it counts where nobody is signed in, too.",
        BY_HAND,
    )
    purposes = (Use.SALE, Use.ADVERTISING)
    marks_devices = True
