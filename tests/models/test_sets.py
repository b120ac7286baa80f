"""What goes to the database by the hundred comes to it as it was."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.models import AuditEntry, AuditHead, Step, sets
from privacy.models.arrays import array

pytestmark = pytest.mark.django_db

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
often = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


@pytest.mark.service("postgresql")
@often
@given(st.lists(TEXTS | st.sampled_from(["", "NULL", "{", "}", ",", '"', "\\", "%s", "\n"]) | st.none(), max_size=6))
def test_an_array_is_read_as_it_was_written(values):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [array(values)])
        assert cursor.fetchone() == (values,)


@often
@given(st.lists(st.dictionaries(TEXTS, JSON, max_size=3), min_size=1, max_size=4))
def test_rows_are_read_as_they_were_inserted(bodies):
    chain, number = uuid4(), len(bodies)
    columns = {
        "chain": [chain] * number, "n": range(1, number + 1), "event": ["case.opened"] * number,
        "actor_id": [None] * number, "at": [datetime.now(UTC)] * number, "data": bodies,
        "previous": ["0" * 64] * number, "digest": ["1" * 64] * number,
    }  # fmt: skip
    keys = sets.insert(AuditEntry, columns)
    found = AuditEntry.objects.filter(chain=chain).order_by("n")
    assert [(e.pk, e.data, e.at) for e in found] == list(zip(keys, bodies, columns["at"], strict=True))


def test_what_is_there_already_is_left_where_conflicts_are_ignored():
    old, new = uuid4(), uuid4()
    AuditHead.objects.create(chain=old, n=7, digest="old")
    sets.insert(AuditHead, {"chain": [old, new], "n": [1, 1], "digest": ["new", "new"]}, ignore_conflicts=True)
    there = AuditHead.objects.filter(chain__in=[old, new])
    assert set(there.values_list("chain", "n")) == {(old, 7), (new, 1)}


@pytest.mark.service("postgresql")
@pytest.mark.parametrize("model", [Step, AuditHead])
def test_what_moves_on_soon_has_room_on_its_page(model):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [model._meta.db_table])
        [[option]] = cursor.fetchone()
    assert int(option.removeprefix("fillfactor=")) <= 50
