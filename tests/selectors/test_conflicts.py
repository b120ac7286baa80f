"""Hold over child deletion over erasure over retention over restriction: said on the page before the button."""

from itertools import combinations

import pytest
from django.urls import reverse

from privacy.catalogue import case_kinds
from privacy.models import State
from privacy.selectors import plans, standing
from privacy.selectors.conflicts import RANKS, conflicts
from tests import factories as f

pytestmark = pytest.mark.django_db
KIND = {"hold": "hold_place", "child": "child_confirm", "erasure": "erasure"}
ORDER = [claim.key for claim in RANKS]


def put_in_play(person, key: str) -> None:
    match key:
        case "hold":
            f.LegalHoldFactory(subject=person)
        case "child":
            f.ChildFlagFactory(
                subject=person, state="child", decided_by=f.StaffFactory(), decided_at="2026-11-01T00:00Z"
            )
        case "erasure":
            f.CaseFactory(subject=person, kind="erasure", state=State.DECIDING)
        case "retention":
            f.InvoiceFactory(customer=f.CustomerFactory(subject=person))
        case "restriction":
            f.LimitFactory(subject=person)


def keys_of(kind: str, person) -> list[str]:
    return [line.claim.key for line in conflicts(case_kinds[kind], [person.pk], standing.of([person.pk]))]


def test_the_order_is_that_of_the_law():
    assert ORDER == ["hold", "child", "erasure", "retention", "restriction"]


@pytest.mark.parametrize(("above", "below"), list(combinations(ORDER, 2)))
def test_of_two_that_meet_the_higher_goes_first(above, below):
    person = f.DataSubjectFactory()
    put_in_play(person, above)
    put_in_play(person, below)
    plan = plans.erasure_plan([person.pk]) if "retention" in (above, below) else None
    for key in {above, below} & KIND.keys():
        lines = conflicts(case_kinds[KIND[key]], [person.pk], standing.of([person.pk]), plan)
        assert [line.claim.key for line in lines if line.claim.key in (above, below)] == [above, below]
        assert [line.outcome for line in lines][0] == "Goes first" and lines[-1].outcome == lines[0].claim.below


def test_nothing_is_shown_where_no_two_meet_or_the_case_is_about_none_of_them():
    person, held = f.DataSubjectFactory(), f.LegalHoldFactory().subject
    assert keys_of("erasure", person) == [] and keys_of("access", held) == []
    assert keys_of("erasure", held) == ["hold", "erasure"]


def test_of_many_it_says_of_how_many():
    people = [f.LegalHoldFactory().subject, f.DataSubjectFactory()]
    f.LimitFactory(subject=people[1])
    ids = [person.pk for person in people]
    lines = conflicts(case_kinds["erasure"], ids, standing.of(ids))
    assert [(line.claim.key, line.people, line.outcome) for line in lines] == [
        ("hold", 1, "Goes first"), ("erasure", 2, "Goes first for 1"), ("restriction", 1, "For what is left"),
    ]  # fmt: skip


def test_it_stands_on_the_page_that_asks_and_on_the_one_that_decides(client, manager):
    held = f.LegalHoldFactory().subject
    asking = reverse("admin:privacy_datasubject_act_on", args=[held.pk, "erasure"])
    case = f.CaseFactory(subject=held, kind="erasure", state=State.DECIDING, deciders=2)
    for page in (asking, reverse("admin:privacy_rightsrequest_change", args=[case.pk])):
        assert "Waits until the hold is released" in client.get(page).text
