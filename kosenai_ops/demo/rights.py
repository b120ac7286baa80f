"""One case of each of the other rights, and of what people write to us beside them, in several states."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from privacy import regimes
from privacy.cases.refusals import deny
from privacy.cases.requests import answer, ask, grant
from privacy.datamap import Use
from privacy.fulfilment import rectifying
from privacy.models import Case, Script, Staff

PROVED = {"verification": "email_round_trip"}


def ask_for_other_rights(people: Sequence[UUID], agent: Staff, approver: Staff) -> None:
    """Takes ten people."""
    restricted, objecting, wrong, moving, forgetful, asking, complaining, appealing, reviewed, child = people[:10]

    def take_in(key: str, person: UUID, reason: str, **given) -> Case:
        [case] = ask(key, subject_ids=[person], actor=agent, reason=reason, **given)
        return case

    take_in("restriction", restricted, "Disputes the accuracy of what we hold", **PROVED)
    take_in("limit_lift", restricted, "The data was checked", limit="restriction:all", because="settled",
            told_on=regimes.today() - timedelta(days=1), told_how="email")  # fmt: skip
    take_in("objection", objecting, "Wants no news any more", purpose=Use.MARKETING, **PROVED)
    name = next(value for value in rectifying.values_of([wrong]) if value.name == "full_name")
    take_in("rectification", wrong, "The name is misspelt", changes={name.key: f"{name.now} Jr."}, **PROVED)
    take_in("portability", moving, "Moves to another studio", **PROVED)
    if script := Script.objects.filter(owner=forgetful).first():
        take_in("erasure_of_one", forgetful, "Wants one script forgotten", what=str(script.pk), **PROVED)
    take_in("question", asking, "Asks in which country the scripts are stored")
    take_in("complaint", complaining, "Complains of a late answer")
    refused = take_in("erasure", appealing, "Asked to be forgotten", **PROVED)
    deny(request_id=refused.id, actor=approver, denial_reason="no_match")
    answer(request_id=refused.id, actor=agent, how="email")
    take_in("appeal", appealing, "Does not accept the refusal", parent_id=str(refused.id))
    review = take_in("human_review", reviewed, "Disputes a refusal", decision="An upload refused as unsafe", **PROVED)
    grant(request_id=review.id, actor=approver)
    take_in("parental_review", child, "A parent asks to see the data", verification="guardian", no_further_use=True)
