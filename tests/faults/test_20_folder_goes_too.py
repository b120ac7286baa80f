"""The folder that bears an erased person's id goes with the files in it."""

import pytest
from django.core.files.storage import default_storage
from django.db.models import Q

from privacy.cases.requests import ask, grant_all
from privacy.jobs import run as engine
from privacy.models import Batch
from tests import working
from tests.factories import DataSubjectFactory, StaffFactory, UploadFactory


def erasure_of(*people) -> Batch:
    asks = StaffFactory()
    batch = Batch.objects.create(kind="erasure", actor=asks)
    opened = ask(
        "erasure",
        subject_ids=[person.id for person in people],
        actor=asks,
        reason="Asked by mail",
        verification="signed_in",
        batch=batch,
    )
    grant_all(request_ids=[request.id for request in opened], actor=StaffFactory())
    return batch


@pytest.mark.django_db
def test_of_one_person():
    upload = UploadFactory(owner=DataSubjectFactory())
    assert default_storage.exists(f"uploads/{upload.owner_id}")
    working.run(erasure_of(upload.owner).cases.get().id)
    assert not default_storage.exists(f"uploads/{upload.owner_id}")


@pytest.mark.django_db
def test_of_a_person_erased_by_the_hundred():
    upload = UploadFactory(owner=DataSubjectFactory())
    folder = f"uploads/{upload.owner_id}"
    default_storage.delete(upload.file.name)
    upload.delete()
    assert default_storage.exists(folder)
    with_files = UploadFactory(owner=DataSubjectFactory())
    batch = erasure_of(upload.owner, with_files.owner, DataSubjectFactory())
    as_a_set = Q(case__batch=batch)
    while engine.run(as_a_set):
        pass
    assert {request.outcome for request in batch.cases.all()} == {"fulfilled"}
    assert not default_storage.exists(f"uploads/{with_files.owner_id}")
    assert not default_storage.exists(folder)
