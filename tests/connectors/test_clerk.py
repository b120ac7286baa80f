import pytest

from privacy.connectors.base import connectors
from privacy.jobs.outcomes import Done, Later
from privacy.models import Identifier
from tests.factories import DataSubjectFactory, IdentifierFactory
from tests.fakes.server import instead


def test_users_are_deleted_and_read_back(clerk, call):
    outcome = connectors["clerk"].erase(call(user_id=["user_1", "user_2"]))
    assert outcome == Done({
        "outcome": "erased",
        "users_deleted": 2,
        "users_already_gone": 0,
        "users_unknown": 0,
        "environment": "production",
        "api_version": "2026-05-12",
        "calls": {"GET 200": 3, "DELETE 200": 2, "GET 404": 2},
        "requests": ["trace-1", "trace-1"],
    })  # fmt: skip
    assert clerk.users == set()


def test_a_user_who_vanishes_between_reading_and_acting_is_gone_and_not_ours(clerk, call):
    clerk.mishaps.append(("DELETE", vanishing("user_1", clerk)))
    outcome = connectors["clerk"].erase(call(user_id=["user_1"]))
    assert (outcome.result["users_deleted"], outcome.result["users_already_gone"]) == (0, 1)


def vanishing(user_id, clerk):
    def mishap(asked, answer):
        clerk.users.remove(user_id)
        return answer()

    return mishap


def test_a_user_who_is_still_there_is_not_done(clerk, call):
    clerk.mishaps.append(("DELETE", instead(200, {"object": "user", "id": "user_1", "deleted": True})))
    outcome = connectors["clerk"].erase(call(user_id=["user_1"]))
    assert outcome == Later("Clerk still knows a user that it was told to delete")


@pytest.mark.django_db
def test_references_are_the_clerk_ids_of_each_person():
    anna, ben, _ = DataSubjectFactory.create_batch(3)
    for subject, value in [(anna, "user_a2"), (anna, "user_a1"), (ben, "user_b")]:
        IdentifierFactory(subject=subject, kind=Identifier.Kind.CLERK, value=value)
    IdentifierFactory(subject=anna)
    clerk = connectors["clerk"]
    assert clerk.references_of([anna.id, ben.id]) == {
        anna.id: {"user_id": ["user_a1", "user_a2"]},
        ben.id: {"user_id": ["user_b"]},
    }
    assert clerk.references_of([_.id]) == {}
