from datetime import UTC, datetime

import pytest
import time_machine

from privacy.connectors.base import connectors
from privacy.jobs.outcomes import Done
from privacy.models import Prompt
from tests.factories import DataSubjectFactory, PromptFactory


@time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC))
def test_the_step_ends_with_the_day_on_which_the_last_log_runs_out(call):
    outcome = connectors["google"].erase(call(last_prompt_on=["2026-11-20"]))
    (kept,) = outcome.result["retained"]
    assert outcome.result["outcome"] == "goes by the stated day"
    assert kept["until"] == "2027-01-14"
    assert "55 days" in kept["because"]


@time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC))
def test_after_that_day_nothing_is_left(call):
    assert connectors["google"].erase(call(last_prompt_on=["2026-09-28"])) == Done({
        "outcome": "has gone by its day", "retained": [],
    })  # fmt: skip


@pytest.mark.django_db
def test_no_id_is_sealed_that_nothing_can_be_done_with():
    person, nobody = DataSubjectFactory.create_batch(2)
    PromptFactory(
        author=person, provider=Prompt.Provider.GOOGLE, response_id="abc", created_at=datetime(2026, 11, 3, tzinfo=UTC)
    )
    PromptFactory(author=nobody, provider=Prompt.Provider.OPENAI)
    known = connectors["google"].references_of([person.id, nobody.id])
    assert known == {person.id: {"last_prompt_on": ["2026-11-03"]}}
