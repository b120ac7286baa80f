"""Restriction and objection: in force in the transaction that decides, by the database and the queryset; and lifted by
two people, after the person was told."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from privacy import regimes
from privacy.cases import requests
from privacy.cases.processors import attest
from privacy.cases.refusals import deny
from privacy.cases.requests import ask, grant
from privacy.catalogue import NotAllowed, case_kinds
from privacy.datamap import Use
from privacy.evidence import chains
from privacy.evidence.audit import subject_chain
from privacy.evidence.events import Event
from privacy.models import (
    AuditEntry,
    Case,
    DataSubject,
    Limit,
    MarketingPreference,
    Note,
    Prompt,
    State,
    Step,
    StepState,
    UsageEvent,
)
from privacy.selectors import limits
from tests import factories as f
from tests import working
from tests.asking import agreed
from tests.fulfilment.exporting import exported, json_rows, unzipped

pytestmark = pytest.mark.django_db

LIFTING = {"because": "settled", "told_on": date(2026, 1, 5), "told_how": "email", "reason": "The data was checked"}


@pytest.fixture
def person():
    person = f.DataSubjectFactory(full_name="Ada Moreau")
    f.MarketingPreferenceFactory(subject=person, opted_in=False)
    f.NoteFactory(author=person, script=None)
    return person


def restricted(person, purpose="", **given):
    given = {"verification": "signed_in", "actor": f.StaffFactory()} | given
    return ask("restriction", subject_ids=[person.id], reason="The accuracy is in doubt", purpose=purpose, **given)[0]


def objected(person, purpose, **given):
    given = {"verification": "signed_in", "actor": f.StaffFactory()} | given
    return ask("objection", subject_ids=[person.id], reason="They object by e-mail", purpose=purpose, **given)[0]


def told_to_processors(*cases: Case) -> None:
    """The work is done, and whoever was asked at a processor has said so."""
    working.run_all()
    for step in Step.objects.filter(job__case__in=cases, state=StepState.WAITING):
        attest(step_id=step.id, actor=f.StaffFactory(), evidence="CASE-2026-114")
    working.run_all()


def refused(process) -> bool:
    try:
        with transaction.atomic():
            process()
    except IntegrityError:
        return True
    return False


def test_a_restriction_is_in_force_before_any_worker_has_run_and_what_is_there_can_be_put_right(person):
    restricted(person)
    assert refused(lambda: Prompt.objects.create(author=person, text="Write on"))
    assert refused(lambda: UsageEvent.objects.create(subject=person, name="opened"))
    assert limits.covering([person.id], [Use.STUDIO]) == {person.id}
    Note.objects.filter(author=person).update(body="put right")
    DataSubject.objects.filter(pk=person.pk).update(full_name="Ada Morel")


def test_of_one_purpose_nothing_else_is_limited(person):
    restricted(person, Use.IMPROVEMENT)
    assert refused(lambda: UsageEvent.objects.create(subject=person, name="opened"))
    Prompt.objects.create(author=person, text="Write on")
    free = DataSubject.objects.filter(pk=person.pk)
    assert free.free_for(Use.STUDIO).exists() and not free.free_for(Use.IMPROVEMENT).exists()


def test_who_objects_to_marketing_is_not_written_to_and_cannot_be_opted_in(person):
    objected(person, Use.MARKETING)
    choice = MarketingPreference.objects.filter(subject=person)
    assert refused(lambda: choice.update(opted_in=True))
    assert not DataSubject.objects.free_for(Use.MARKETING).filter(pk=person.pk).exists()


@pytest.mark.parametrize("purpose", ["", Use.STUDIO, "no such purpose"])
def test_to_what_nobody_can_object_no_objection_is_taken(person, purpose):
    with pytest.raises(ValueError, match="[Cc]hoose"):
        objected(person, purpose)
    assert not Limit.objects.exists()


def test_an_objection_to_marketing_is_denied_by_nobody_and_another_can_be():
    for purpose, error in ((Use.MARKETING, "absolute"), (Use.IMPROVEMENT, "")):
        case = objected(f.DataSubjectFactory(), purpose, verification="")
        assert case.state == State.VERIFYING
        if error:
            with pytest.raises(NotAllowed, match=error):
                deny(request_id=case.id, actor=f.StaffFactory(), denial_reason="insuf_verification")
        else:
            deny(request_id=case.id, actor=f.StaffFactory(), denial_reason="insuf_verification")
    assert not Limit.objects.exists()


def test_all_accounts_of_a_person_are_limited_and_lifted(person):
    other = f.DataSubjectFactory(merged_into=person)
    restricted(other)
    assert set(limits.IN_FORCE.values_list("subject", flat=True)) == {person.pk, other.pk}
    agreed("limit_lift", subject_ids=[person.id], actor=f.StaffFactory(), limit="restriction:all", **LIFTING)
    assert not limits.IN_FORCE.exists()


def test_who_is_merged_into_somebody_brings_their_limits_along_and_gets_theirs(person):
    other = f.DataSubjectFactory()
    told_to_processors(restricted(person, Use.STUDIO), objected(other, Use.MARKETING))
    for case in Case.objects.filter(state=State.ANSWERING):
        requests.answer(request_id=case.id, actor=f.StaffFactory(), how="email")
    agreed("merge", subject_ids=[person.id], actor=f.StaffFactory(), reason="One and the same", into=str(other.id))
    for purpose in (Use.STUDIO, Use.MARKETING):
        assert limits.covering([person.id, other.id], [purpose]) == {person.id, other.id}
    assert not chains.walk().faults


def test_who_is_merged_into_somebody_stays_opted_out_in_all_their_accounts(person):
    other, approver = f.DataSubjectFactory(), f.StaffFactory()
    ask("opt_out_marketing", subject_ids=[person.id], actor=None, reason="One click")
    working.run_all()
    for case in Case.objects.filter(state=State.ANSWERING):
        requests.answer(request_id=case.id, actor=approver, how="email")
    agreed("merge", subject_ids=[person.id], actor=approver, reason="One and the same", into=str(other.id))
    assert limits.covering([person.id, other.id], [Use.MARKETING]) == {person.id, other.id}
    assert not chains.walk().faults


def test_each_account_s_own_chain_tells_who_limited_it_and_who_lifted_it(person):
    agent, approver = f.StaffFactory(), f.StaffFactory(role="approver")
    restricted(person, actor=agent)
    [case] = ask("limit_lift", subject_ids=[person.id], actor=agent, limit="restriction:all", **LIFTING)
    grant(request_id=case.id, actor=approver)
    told = AuditEntry.objects.filter(event__in=[Event.LIMIT_PLACED, Event.LIMIT_LIFTED]).order_by("n")
    assert list(told.values_list("chain", "event", "actor")) == [
        (subject_chain(person.id), Event.LIMIT_PLACED, agent.pk),
        (subject_chain(person.id), Event.LIMIT_LIFTED, approver.pk),
    ]


def test_a_limit_that_was_asked_for_is_neither_withdrawn_nor_placed_twice(person):
    case = restricted(person)
    told_to_processors(case)
    case.refresh_from_db()
    assert case.state == State.ANSWERING
    with pytest.raises(NotAllowed, match="in effect"):
        requests.cancel(request_id=case.id, actor=f.StaffFactory())
    restricted(person)
    assert Limit.objects.count() == 1


def test_lifting_takes_another_person_and_that_the_person_was_told(person):
    restricted(person)
    agent, told = f.StaffFactory(role="approver"), LIFTING | {"limit": "restriction:all"}
    for missing in ("told_on", "told_how", "because", "limit"):
        with pytest.raises(ValueError, match=r"[Ss]ay|[Cc]hoose"):
            ask("limit_lift", subject_ids=[person.id], actor=agent, **told | {missing: ""})
    with pytest.raises(ValueError, match="yet to come"):
        ask("limit_lift", subject_ids=[person.id], actor=agent,
            **told | {"told_on": regimes.today() + timedelta(days=1)})  # fmt: skip
    [case] = ask("limit_lift", subject_ids=[person.id], actor=agent, **told)
    with pytest.raises(PermissionDenied):
        grant(request_id=case.id, actor=agent)
    assert limits.IN_FORCE.exists()
    grant(request_id=case.id, actor=f.StaffFactory(role="approver"))
    limit = Limit.objects.get()
    assert limit.told_how == "email" and limit.since <= limit.lifted_at and limit.told_at <= limit.lifted_at
    Prompt.objects.create(author=person, text="Write on")
    working.run_all()
    assert not chains.walk().faults


def test_without_having_told_the_database_lifts_nothing(person):
    restricted(person)
    assert refused(lambda: Limit.objects.update(lifted_at=Now()))


def test_nothing_overrides_an_objection_to_marketing_but_the_person_themselves(person):
    objected(person, Use.MARKETING)
    told = LIFTING | {"limit": f"objection:{Use.MARKETING}"}
    assert not ask("limit_lift", subject_ids=[person.id], actor=f.StaffFactory(), **told | {"because": "overridden"})
    agreed("limit_lift", subject_ids=[person.id], actor=f.StaffFactory(), **told | {"because": "by_the_person"})
    assert not limits.IN_FORCE.exists()


def test_where_nothing_was_asked_for_there_is_nothing_to_lift(person):
    Limit.objects.create(subject=person, ground=Limit.Ground.CHILD)
    with pytest.raises(ValueError, match="Choose one of the list"):
        ask("limit_lift", subject_ids=[person.id], actor=f.StaffFactory(), limit="child:all", **LIFTING)


def test_whoever_has_got_something_for_it_is_asked_to_restrict_it_and_nobody_else(person):
    f.PromptFactory(author=person, script=None)
    asked = {}
    for purpose in (Use.MARKETING, Use.STUDIO):
        case = restricted(person, purpose)
        working.run_all()
        asked[purpose] = set(case.steps.filter(name="processors.restrict").values_list("target", flat=True))
        assert not case.steps.filter(name="processors.restrict", sealed="").exists()
        told_to_processors(case)
        case.refresh_from_db()
        assert case.state == State.ANSWERING
    assert asked == {Use.MARKETING: {"email_delivery"}, Use.STUDIO: {"openai"}}


@pytest.mark.django_db(transaction=True)
def test_the_package_tells_what_is_limited_and_why(person):
    restricted(person)
    working.run_all()
    [row] = json_rows(unzipped(exported(person)), "privacy.Limit")
    assert (row["ground"], row["purpose"], row["lifted_at"]) == ("restriction", "", None)


def test_evidence_tells_of_a_limit_that_nobody_asked_for(person):
    Limit.objects.create(subject=person, ground=Limit.Ground.RESTRICTION)
    assert "no request placed it" in str(chains.walk().faults)


@pytest.mark.parametrize("key", ["restriction", "objection"])
def test_it_is_answered_by_a_date(person, key):
    case = restricted(person) if key == "restriction" else objected(person, Use.MARKETING)
    assert case.due_on and case_kinds[key].answered_in_writing
    told_to_processors(case)
    requests.answer(request_id=case.id, actor=f.StaffFactory(), how="email")
    case.refresh_from_db()
    assert (case.state, case.outcome, case.sealed) == ("closed", "fulfilled", "")
    assert limits.IN_FORCE.exists()
    assert not chains.walk().faults
