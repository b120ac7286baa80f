"""A case is kept for 24 months at least after it was closed, and nothing deletes one before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from privacy.datamap import registry
from privacy.datamap.checks import check_data_map
from privacy.models import Case
from tests import factories as f

pytestmark = pytest.mark.django_db
RETENTION = registry.declarations[Case].retention


def test_cases_have_a_class_of_their_own_that_counts_from_the_day_of_closing():
    assert RETENTION.after == "closed_at" and RETENTION.years == settings.CASES_KEPT_YEARS >= 2
    assert RETENTION.ends_on(date(2026, 3, 1)) >= date(2028, 3, 1)
    assert check_data_map(None) == []


def test_whatever_keeps_a_part_of_a_case_keeps_it_as_long():
    kept = [keep.until for keep in registry.declarations[Case].keeps() if keep.until.years]
    assert kept == [RETENTION]


@pytest.mark.parametrize("days", [None, 0, 729, 10_000], ids=lambda days: f"closed {days} days ago" if days else "open")
def test_nothing_deletes_a_case(days):
    ended = {} if days is None else {"closed": True, "closed_at": datetime.now(UTC) - timedelta(days=days)}
    case = f.CaseFactory(**ended)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE" if connection.vendor == "postgresql" else "SELECT 1")
        cursor.execute("DELETE FROM privacy_case WHERE id = %s", [Case._meta.pk.get_db_prep_value(case.pk, connection)])
    assert Case.objects.filter(pk=case.pk).exists()
