"""The table of moves: an event leads where the table says or changes nothing, and only for who may."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from privacy.cases.states import MOVES, OUTCOMES, TAKES, destination, move, move_all, must_be_allowed
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence.events import OF_MOVE
from privacy.models import AuditEntry, Case, Outcome, Staff, State
from privacy.roles import ROLES
from tests import factories as f

pytestmark = pytest.mark.django_db

EVENTS = sorted({event for _, event in MOVES} | set(OF_MOVE))
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HAS_AN_OUTCOME = {State.ANSWERING, State.CLOSED}


def standing(key: str, state: str) -> Case:
    """A case of this kind that stands there, decided and verified as far as any state asks for it."""
    kind = case_kinds[key]
    return f.CaseFactory(
        kind=key,
        state=state,
        deciders=kind.deciders,
        verification="signed_in" if kind.proof else "controller",
        approved_by=f.StaffFactory(),
        approved_at=NOW,
        outcome=Outcome.FULFILLED if state in HAS_AN_OUTCOME else "",
        closed_at=NOW if state == State.CLOSED else None,
    )


def row_of(case: Case) -> dict:
    return Case.objects.filter(pk=case.pk).values().get()


def as_stored(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


@contextmanager
def undone() -> Iterator[None]:
    """What happens in it has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def entries_of(case: Case) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(chain=case.pk).order_by("n"))


def refused(case: Case, event: str, actor: Staff | None, error: type[Exception]) -> None:
    """It is, and neither row, object nor trail have changed."""
    before, held, told = row_of(case), case.state, len(entries_of(case))
    with pytest.raises(error), transaction.atomic():
        move(case, event, actor)
    assert row_of(case) == before
    assert case.state == held
    assert len(entries_of(case)) == told


def followed(case: Case, event: str, actor: Staff | None) -> None:
    """The table is, in row and object, and one more entry of the chain says so."""
    before, outcome, told = case.state, case.outcome, len(entries_of(case))
    move(case, event, actor, rows=3)
    to = MOVES[before, event]
    if to == State.ANSWERING and not case_kinds[case.kind].answered_in_writing:
        to = State.CLOSED
    outcome = OUTCOMES.get(event, outcome)
    row = row_of(case)
    assert (row["state"], row["outcome"]) == (case.state, case.outcome) == (to, outcome)
    *old, entry = entries_of(case)
    assert len(old) == told
    assert (entry.n, entry.event, entry.actor) == (told + 1, OF_MOVE[event], actor)
    assert entry.data == {"before": before, "after": to, "outcome": outcome, "rows": 3}


def is_closed_or_not(case: Case) -> None:
    row = row_of(case)
    assert (row["closed_at"] is not None) == (row["state"] == State.CLOSED) == (case.closed_at is not None)
    assert row["outcome"] or row["state"] != State.CLOSED


def happens(case: Case, event: str, actor: Staff | None) -> None:
    """Whatever the table and the kind's `may` make of it."""
    takes = TAKES.get(event) if actor else None
    if (case.state, event) not in MOVES:
        refused(case, event, actor, NotAllowed)
    elif takes and getattr(case_kinds[case.kind].may, takes) is None:
        refused(case, event, actor, PermissionDenied)
    else:
        followed(case, event, actor)
    is_closed_or_not(case)


def test_the_table_names_states_and_events_that_are_told_of_and_no_others():
    assert {state for state, _ in MOVES} | set(MOVES.values()) == set(State)
    assert {event for _, event in MOVES} ^ set(OF_MOVE) == set()
    assert TAKES.keys() | OUTCOMES.keys() <= set(OF_MOVE)


@given(
    st.sampled_from(sorted(case_kinds)),
    st.sampled_from(State.values),
    st.lists(st.tuples(st.sampled_from(EVENTS), st.booleans()), min_size=1, max_size=12),
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_wherever_a_case_stands_each_event_follows_the_table_or_changes_nothing(key, state, events):
    case, manager = standing(key, state), f.StaffFactory()
    for event, by_staff in events:
        happens(case, event, manager if by_staff else None)


@pytest.mark.parametrize("key", ["access", "erasure", "hold_place", "hold_release"])
def test_each_event_from_each_state(key):
    manager = f.StaffFactory()
    for state in State:
        case = standing(key, state)
        for event, actor in product(EVENTS, (manager, None)):
            with undone():
                happens(as_stored(case), event, actor)


def test_an_event_that_nobody_knows_changes_nothing():
    for state in State:
        refused(standing("access", state), "lost", None, NotAllowed)


def start_of(event: str) -> str:
    return next(state for state, of in MOVES if of == event)


@pytest.mark.parametrize("event", TAKES)
def test_who_may_not_is_refused_and_who_may_is_not(event):
    members = {role: f.StaffFactory(role=role) for role in (*ROLES, "")}
    members["inactive"] = f.StaffFactory(is_active=False)
    for key, kind in case_kinds.items():
        permit, case = getattr(kind.may, TAKES[event]), standing(key, start_of(event))
        for role, member in members.items():
            if permit and role in permit.roles:
                with undone():
                    followed(as_stored(case), event, member)
            else:
                refused(as_stored(case), event, member, PermissionDenied)


def test_of_many_none_moves_when_one_may_not():
    free, closed = standing("access", State.FULFILLING), standing("access", State.CLOSED)
    before = row_of(free), row_of(closed)
    with pytest.raises(NotAllowed), transaction.atomic():
        move_all([free, closed], "due_soon", None)
    assert (row_of(free), row_of(closed)) == before
    assert not AuditEntry.objects.filter(chain__in=[free.pk, closed.pk]).exists()


def test_many_move_with_the_queries_of_a_few(django_assert_max_num_queries):
    few, many = ([standing("access", State.FULFILLING) for _ in range(n)] for n in (2, 30))
    for cases in (few, many):
        with django_assert_max_num_queries(10):
            move_all(cases, "due_soon", None)
    assert {row_of(case)["outcome"] for case in many} == {Outcome.PARTLY}


class Moving(RuleBasedStateMachine):
    """A case of any kind, moved by anybody by whatever event, beside what the table and the kind's `may` say of it."""

    members: dict[str, Staff]
    allowed: set[tuple[str, str]]

    @initialize(key=st.sampled_from(sorted(case_kinds)))
    def begins(self, key):
        self.kind, self.case, self.told = case_kinds[key], standing(key, State.RECEIVED), 0
        self.state = State.RECEIVED
        permits = {event: getattr(self.kind.may, act) for event, act in TAKES.items()}
        self.allowed = {(event, role) for event, permit in permits.items() if permit for role in permit.roles}

    @rule(event=st.sampled_from(EVENTS), role=st.sampled_from([*ROLES, "nobody's"]))
    def somebody_tries(self, event, role):
        is_open_to = event not in TAKES or (event, role) in self.allowed
        if self.tries(event, self.members[role]):
            assert is_open_to and (self.state, event) in MOVES
            self.goes(event)
        else:
            assert not (is_open_to and (self.state, event) in MOVES)

    @rule(event=st.sampled_from(EVENTS))
    def the_engine_tries(self, event):
        if self.tries(event, None):
            self.goes(event)
        else:
            assert (self.state, event) not in MOVES

    def tries(self, event, actor) -> bool:
        try:
            with transaction.atomic():
                move(self.case, event, actor)
        except (NotAllowed, PermissionDenied):
            return False
        return True

    def goes(self, event) -> None:
        to = MOVES[self.state, event]
        self.state = State.CLOSED if to == State.ANSWERING and not self.kind.answered_in_writing else to
        self.told += 1

    @invariant()
    def row_and_trail_say_the_same(self):
        if hasattr(self, "case"):
            assert row_of(self.case)["state"] == self.state
            assert AuditEntry.objects.filter(chain=self.case.pk).count() == self.told
            is_closed_or_not(self.case)


def test_of_any_kind_whoever_does_whatever_the_case_goes_where_the_table_says_or_nowhere():
    Moving.members = {role: f.StaffFactory(role=role) for role in ROLES} | {"nobody's": f.StaffFactory(role="")}
    run_state_machine_as_test(
        Moving, settings=settings(deadline=None, max_examples=40, stateful_step_count=12,
                                  suppress_health_check=[HealthCheck.too_slow])
    )  # fmt: skip


def test_every_event_of_every_state_is_open_to_exactly_the_roles_that_the_kinds_state():
    """Over all kinds, by subtraction: (kind, state, event, role) that `may` and the table open, and that are open."""
    members = {role: f.StaffFactory(role=role) for role in ROLES}
    stated, found = set(), set()
    for key, kind in case_kinds.items():
        for (state, event), role in product(MOVES, ROLES):
            permit = getattr(kind.may, TAKES[event]) if event in TAKES else None
            if event in TAKES:
                stated |= {(key, state, event, role)} if permit and role in permit.roles else set()
                case = Case(kind=key, state=state)
                found |= {(key, state, event, role)} if is_open(case, event, members[role]) else set()
    assert stated - found == set()
    assert found - stated == set()


def is_open(case: Case, event: str, actor: Staff) -> bool:
    try:
        destination(case, event)
        must_be_allowed(case, event, actor)
    except (NotAllowed, PermissionDenied):
        return False
    return True
