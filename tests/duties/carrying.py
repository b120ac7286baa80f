"""Carries a duty out, as a worker does that was rung for it."""

from collections.abc import Sequence

from privacy.models import Case, Outcome, State
from tests import working


def carried_out(cases: Sequence[Case]) -> Case:
    """The one case of these, closed: a duty is answered to nobody."""
    [case] = cases
    working.run(case.id)
    case.refresh_from_db()
    assert (case.state, case.outcome) == (State.CLOSED, Outcome.FULFILLED)
    return case
