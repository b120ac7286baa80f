"""The opt-out of marketing: no more news by any channel, to any address."""

from typing import Any

from privacy.cases.kinds import register
from privacy.cases.opt_outs import AT_ONCE, OptOut, method_of
from privacy.catalogue import Plainly
from privacy.datamap import Use
from privacy.fulfilment.consents import withdraw
from privacy.models import Case, ConsentEvent, Limit, Topic


@register
class OptOutMarketing(OptOut):
    key, label, icon = "opt_out_marketing", "Opt-out of marketing", "unsubscribe"
    plainly = Plainly(
        "No more news", "Get no more news", "No news and no advertising from us, to none of your addresses.", "choices"
    )
    cites = ("GDPR art. 21(2) and (3)", "15 U.S.C. 7704(a)(4)", "RFC 8058")
    button, title, submit = "No more news", "Opt {people} out of marketing", "Opt out of marketing"
    happens = (
        AT_ONCE,
        "Every marketing choice is set to not wanted, and the record of consents says so. No list for news "
        "holds them any more.",
        "What the service itself has to tell them, such as an invoice, still reaches them.",
    )
    purposes = (Use.MARKETING,)

    @classmethod
    def effect_of(cls, case: Case) -> dict[str, Any]:
        return withdraw(
            case.subject_id, topic=Topic.MARKETING, channels=ConsentEvent.Channel.values, how=method_of(case),
            ground=Limit.Ground.OPT_OUT, actor=case.requested_by,
        )  # fmt: skip
