"""What takes two members of staff, in one call."""

from collections.abc import Sequence
from uuid import UUID

from privacy.cases.requests import ask, grant_all
from privacy.catalogue import Fact, Stage, case_kinds
from privacy.models import Case, DataSubject, Staff
from tests import factories as f

REASON = "A court asks, ticket 4711"


def person_for(key: str) -> DataSubject:
    """Of whom is so what a case of this kind needs."""
    person, needs = f.DataSubjectFactory(), case_kinds[key].needs.get(Stage.INTAKE, frozenset())
    if Fact.HELD in needs:
        f.LegalHoldFactory(subject=person)
    if Fact.FLAGGED in needs:
        f.ChildFlagFactory(subject=person)
    if Fact.MERGED in needs:
        DataSubject.objects.filter(pk=person.pk).update(merged_into=f.DataSubjectFactory())
    if key == "withdraw_consent":
        f.ConsentEventFactory(subject=person)
    if Fact.LIMITED in needs:
        f.LimitFactory(subject=person, ground="restriction")
    return person


def posted(answers: dict) -> dict[str, str]:
    """The answers as a form sends them: a field for each value that is put right."""
    given = {}
    for name, answer in answers.items():
        given |= (
            {f"{name}:{key}": value for key, value in answer.items()} if isinstance(answer, dict) else {name: answer}
        )
    return given


def answers_for(key: str, person: DataSubject) -> dict:
    """To what a case of this kind asks."""
    match key:
        case "merge":
            return {"reason": REASON, "into": str(f.DataSubjectFactory().id)}
        case "separate":
            return {"reason": REASON, "what": str(f.IdentifierFactory(subject=person).id)}
        case "rectification":
            return {"reason": REASON, "changes": {f"privacy.DataSubject.full_name:{person.id}": "Ada Lovelace"}}
        case "erasure_of_one":
            return {"reason": REASON, "what": str(f.NoteFactory(author=person).id)}
        case "appeal":
            return {"reason": REASON, "parent_id": str(f.CaseFactory(subject=person, closed=True).id)}
        case "human_review":
            return {"reason": REASON, "decision": "An upload refused as unsafe on 3 May"}
        case "objection":
            return {"reason": REASON, "purpose": "marketing.communications.email"}
        case "withdraw_consent":
            return {"reason": REASON, "consent": "marketing:email"}
        case "limit_lift":
            return {
                "reason": REASON, "limit": "restriction:all", "because": "settled", "told_on": "2026-01-05",
                "told_how": "email",
            }  # fmt: skip
    return {"reason": REASON}


def proof_for(key: str) -> dict[str, str]:
    """How it was made sure who asks, where that is asked."""
    proof = case_kinds[key].proof
    return {"verification": "email_round_trip" if "email_round_trip" in proof else proof[0]} if proof else {}


def agreed(key: str, *, subject_ids: Sequence[UUID], actor: Staff, by: Staff | None = None, **given) -> list[Case]:
    """Cases of this kind that `actor` asked for and another has decided."""
    opened = ask(key, subject_ids=subject_ids, actor=actor, **given)
    return grant_all(request_ids=[case.id for case in opened], actor=by or f.StaffFactory())
