"""Erasures that wait for a person at a processor."""

from collections.abc import Sequence

from privacy.models import Case, Staff, Step
from tests import factories as f
from tests import working
from tests.asking import agreed

REASON = "Ticket 4711, asked for by e-mail"


def erasures_at_clerk(number: int, *, agent: Staff, approver: Staff) -> list[Case]:
    """Of people of whom Clerk alone is to be asked by a person, carried out as far as workers can."""
    people = [f.DataSubjectFactory(full_name=f"Ottilie Verrault {n}") for n in range(number)]
    for person in people:
        f.IdentifierFactory(subject=person, kind="clerk_id", value=f"user_{person.pk.hex}")
    ids = [person.pk for person in people]
    cases = agreed("erasure", subject_ids=ids, actor=agent, by=approver, reason=REASON, verification="signed_in")
    working.run_all()
    return cases


def waiting(cases: Sequence[Case]) -> list[Step]:
    return list(Step.objects.filter(job__case__in=cases, state="waiting").order_by("id"))
