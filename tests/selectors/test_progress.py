"""What becomes of rows, as the page of a case tells while it runs and afterwards."""

import pytest

from privacy import roles
from privacy.admin.requests.tallies import table_of
from privacy.cases.requests import ask
from privacy.fulfilment import erasure
from privacy.models import Case, Step, StepState
from privacy.selectors import cases as selected
from privacy.selectors.progress import tallies
from tests import factories as f
from tests import working
from tests.asking import agreed
from tests.manual import REASON

pytestmark = pytest.mark.django_db


def erasure_of(person) -> Case:
    agent, approver = f.StaffFactory(role=roles.AGENT), f.StaffFactory(role=roles.APPROVER)
    [case] = agreed(
        "erasure", subject_ids=[person.pk], actor=agent, by=approver, reason=REASON, verification="signed_in"
    )
    return case


def table(case: Case):
    row = selected.with_work(Case.objects.filter(pk=case.pk)).get()
    return table_of(row, row.job, list(row.steps), None)


def cells(case: Case) -> dict[str, dict[str, str]]:
    shown = table(case)
    return {name: dict(zip(shown.titles, cells, strict=True)) for name, cells in shown.lines}


def test_before_during_and_after_the_table_says_what_goes_and_what_stays():
    person = f.DataSubjectFactory()
    f.UsageEventFactory.create_batch(12, subject=person)
    f.InvoiceFactory(customer__subject=person)
    case = erasure_of(person)
    planned = cells(case)
    assert planned["Usage events"]["Deleted"] == "0 of 12" and planned["Invoices"]["Kept"] == "1"
    working.run_all()
    done = cells(case)
    assert done["Usage events"]["Deleted"] == "12" and done["Invoices"]["Kept"] == "1"
    assert done["Data subjects"]["Anonymised"] == "1"
    assert not any(" of " in cell for line in done.values() for cell in line.values())
    body = Step.objects.get(job=case.job, name="erasure.rows").result["rows"]
    assert sum(rows.get("delete", 0) for rows in body.values()) == int(table(case).totals[0])


def test_a_big_table_moves_while_it_goes(monkeypatch):
    monkeypatch.setattr(erasure, "SLICE_ROWS", 5)
    person = f.DataSubjectFactory()
    f.UsageEventFactory.create_batch(12, subject=person)
    case = erasure_of(person)
    seen = []
    for done in (0, 5, 10):
        Step.objects.filter(job=case.job, name="erasure.slices").update(units_done=done)
        left = {"privacy.UsageEvent": {"delete": 12 - done}}
        [tally] = tallies(case.job.steps.filter(name="erasure.slices"), left)
        seen.append(tally.rows["delete"])
    assert seen == [(0, 12), (5, 12), (10, 12)]
    Step.objects.filter(job=case.job, name="erasure.slices").update(units_done=0)
    working.run_all()
    assert cells(case)["Usage events"]["Deleted"] == "12"


def test_work_that_does_nothing_to_rows_has_no_table():
    agent = f.StaffFactory(role=roles.AGENT)
    [case] = ask(
        "access", subject_ids=[f.DataSubjectFactory().pk], actor=agent, reason=REASON, verification="signed_in"
    )
    assert table(case) is None
    working.run_all()
    assert case.steps.get().state == StepState.DONE and table(case) is None
