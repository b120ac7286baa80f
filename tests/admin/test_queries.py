"""How many queries the pages take, whatever the rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories as f
from tests.admin.pages import Page, pages, row_of_everything

# A person's page reads each of their tables by itself.
PERSON = 20
pytestmark = pytest.mark.django_db
MOST = 12
# A dry run of an erasure asks each connector for its own names for the person, and reads the texts that pass to others.
DRY_RUN = 30
DRY_RUNS = ("privacy_datasubject_act_on", "privacy_rightsrequest_change", "privacy_rightsrequest_approve")


def most(page: Page) -> int:
    if page.name == "privacy_datasubject_change":
        return PERSON
    return DRY_RUN if page.name in DRY_RUNS else MOST


def test_every_page_takes_a_dozen_queries_at_most(client):
    client.force_login(f.StaffFactory(role="manager", is_superuser=True))
    row_of_everything()
    f.CaseFactory.create_batch(3, state="answering")
    taken = {}
    for page in pages():
        client.get(page.url)  # what is looked up once a process is there
        with CaptureQueriesContext(connection) as queries:
            client.get(page.url)
        if len(queries) > most(page):
            taken[page.url] = len(queries)
    assert taken == {}
