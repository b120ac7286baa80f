"""Exports a person through the engine and opens what comes of it."""

import csv
import io
import json
import zipfile
from uuid import UUID

from privacy.cases.requests import ask
from privacy.fulfilment import packages
from privacy.models import AccessPackage, DataSubject, RightsRequest
from tests import factories as f
from tests import working


def asked(person: DataSubject, **options) -> RightsRequest:
    """An access request, before any worker has run."""
    [request] = ask(
        "access",
        subject_ids=[person.id],
        actor=f.StaffFactory(),
        reason="Asked by mail",
        verification="signed_in",
        **options,
    )
    return request


def exported(person: DataSubject, **options) -> AccessPackage:
    request = asked(person, **options)
    working.run(request.id)
    return AccessPackage.objects.get(request=request)


def unzipped(package: AccessPackage) -> dict[str, bytes]:
    """{name: content} of every entry."""
    with package.file.storage.open(package.file.name) as file:
        return entries_of(file.read())


def entries_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def json_rows(content: dict[str, bytes], label: str) -> list[dict]:
    return [json.loads(line) for line in content[f"data/{label}.jsonl"].decode().split("\n")[:-1]]


def csv_rows(content: dict[str, bytes], label: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content[f"data/{label}.csv"].decode("utf-8-sig"), newline="")))


def left_in_folder() -> list[str]:
    """Names of all files in the packages' folder."""
    return sorted(file.name for file in packages.folder().glob("*"))


def written_for(request: RightsRequest) -> list[str]:
    """Names of the files that attempts at this request's package have left."""
    key = str(request.steps.get(name="access.package").key)
    return [name for name in left_in_folder() if name.startswith(key)]


def again(request_id: UUID) -> RightsRequest:
    """Lets the back-off and the lease end, runs the request once more, and returns it."""
    return working.run_again(RightsRequest.objects.get(pk=request_id))
