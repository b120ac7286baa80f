"""What the pages' tests share."""

import pytest

from privacy import roles
from privacy.cases import processors
from privacy.jobs import order, settle
from tests.admin.clients import fixture_of

agent = fixture_of(roles.AGENT)
approver = fixture_of(roles.APPROVER)


@pytest.fixture
def rung(monkeypatch) -> list:
    """Ids of the requests for whose jobs a bell was rung."""
    ids = []
    for door in (order, processors, settle):
        monkeypatch.setattr(door, "ring", lambda jobs: ids.extend(job.case_id for job in jobs))
    return ids
