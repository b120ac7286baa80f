"""The folder that bears an erased person's id goes with the files in it."""

import pytest
from django.core.files.storage import default_storage

from privacy.fulfilment import bulk, engine, erasure
from privacy.models import Batch
from tests.factories import DataSubjectFactory, StaffFactory, UploadFactory


def erasure_of(person) -> Batch:
    asks = StaffFactory()
    batch = Batch.objects.create(kind="erasure", actor=asks)
    [request] = erasure.request_erasure(
        subject_ids=[person.id], actor=asks, reason="Asked by mail", verification="signed_in", batch=batch
    )
    erasure.approve(request_id=request.id, actor=StaffFactory())
    return batch


@pytest.mark.django_db
def test_of_one_person():
    upload = UploadFactory(owner=DataSubjectFactory())
    assert default_storage.exists(f"uploads/{upload.owner_id}")
    engine.run(erasure_of(upload.owner).requests.get().id)
    assert not default_storage.exists(f"uploads/{upload.owner_id}")


@pytest.mark.django_db
def test_of_a_person_erased_by_the_hundred():
    upload = UploadFactory(owner=DataSubjectFactory())
    folder = f"uploads/{upload.owner_id}"
    default_storage.delete(upload.file.name)
    upload.delete()
    assert default_storage.exists(folder)
    assert bulk.erase_slice(erasure_of(upload.owner).id) == 1
    assert not default_storage.exists(folder)
