"""What is under a shared row stays with it, in the erasure and in the dry run alike."""

import pytest
from django.db import connection, models

from privacy.datamap import Category, Personal
from privacy.datamap.checks import check_data_map
from privacy.datamap.scope import Scope
from privacy.fulfilment import erasure
from privacy.models import Script
from privacy.selectors import plans
from tests import factories as f
from tests.datamap.conftest import ThrowAway, declare


@pytest.fixture
def scene(throwaway, transactional_db):
    """A model that leads to the person through a script, which may be shared."""

    class Scene(ThrowAway):
        script = models.ForeignKey(Script, models.CASCADE, related_name="+")
        heading = models.TextField()

    fields = {"heading": Personal(Category.CONTENT)}
    declare(Scene, subject="script__owner", fields=fields, not_personal=("id", "script"))
    with connection.schema_editor() as editor:
        editor.create_model(Scene)
    yield Scene
    with connection.schema_editor() as editor:
        editor.delete_model(Scene)


def test_rows_under_a_shared_row_stay_and_the_dry_run_says_so(scene):
    assert check_data_map(None) == []
    person, writer = f.DataSubjectFactory(), f.DataSubjectFactory()
    alone, shared = f.ScriptFactory(owner=person), f.ScriptFactory(owner=person)
    f.ScriptCoAuthorFactory(script=shared, subject=writer)
    scene.objects.create(script=alone, heading="INT. STUDIO - NIGHT")
    stays = scene.objects.create(script=shared, heading="EXT. STREET - DAY")

    [counted] = plans.row_counts([person.id]).values()
    assert counted == erasure.execute(Scope.one(person.id))
    assert counted["throwaway.Scene"] == {"delete": 1}
    assert list(scene.objects.values_list("pk", flat=True)) == [stays.pk]

    [counted] = plans.row_counts([writer.id]).values()
    assert counted == erasure.execute(Scope.one(writer.id))
    assert counted["throwaway.Scene"] == {"delete": 1}
    assert scene.objects.count() == 0
