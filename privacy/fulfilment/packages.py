"""Access packages once they are built: given by a link or to staff, and deleted when they expire."""

import logging
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from privacy.catalogue import JobKind, NotAllowed, StepKind, register
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment import news
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.heartbeats import note
from privacy.jobs.order import about, order
from privacy.jobs.outcomes import Done, Later
from privacy.models import AccessPackage, Heartbeat, Job, Lane, Staff, Step
from privacy.selectors import packages

log = logging.getLogger(__name__)

FOLDER = "packages"
KEPT = timedelta(days=7)
SWEEP_EVERY = timedelta(minutes=5)
ORPHAN_SECONDS = 3600


@dataclass(frozen=True)
class Download:
    """A package, open for reading. `name` says nothing about the person; `size` is in bytes, `sha256` of the file."""

    file: BinaryIO
    name: str
    size: int
    sha256: str


def issue_links(*, package_ids: Collection[UUID], actor: Staff) -> dict[UUID, str]:
    """{package: a new token for its download page}, all or none; older ones stop working. They are shown once: the
    database keeps their digests. Raises NotAllowed when one of the packages is expired or deleted."""
    with transaction.atomic():
        found = _locked(package_ids)
        tokens = {package.id: secrets.token_urlsafe(32) for package in found}
        for package in found:
            package.token_sha256, package.token_issued_at = packages.token_digest(tokens[package.id]), Now()
        AccessPackage.objects.bulk_update(found, ["token_sha256", "token_issued_at"])
        told = [(package.request_id, {"package": str(package.id)}) for package in found]
        audit.append_many(told, Event.PACKAGE_LINK_ISSUED, actor=actor)
    return tokens


def redeem(*, token: str, actor: Staff | None) -> Download | None:
    """The package. The first call spends the link, which then works for packages.RESUMABLE more by the database's
    clock, so that a download that broke off can be taken up. None when the link leads nowhere.

    `actor` is None, because whoever has the link is the person it was sent to.
    """
    package = packages.by_token(token)
    opened = _open(package) if package else None
    if package is None or opened is None:
        return None
    with transaction.atomic():
        is_first = packages.linked(token).filter(packages.UNUSED).update(downloaded_at=Now())
        if is_first or packages.by_token(token):
            event = Event.PACKAGE_DOWNLOADED if is_first else Event.PACKAGE_DOWNLOAD_RESUMED
            audit.append(package.request_id, event, actor=actor, package=str(package.id))
            if is_first:
                news.tell(package.request, "fetched")
            return opened
    opened.file.close()
    return None


def download(*, package_id: UUID, actor: Staff) -> Download:
    """The package for a member of staff; the link of the person stays good. Raises NotAllowed when the package
    is expired or deleted, or its file is gone."""
    with transaction.atomic():
        [package] = _locked([package_id])
        opened = _open(package)
        if opened is None:
            raise NotAllowed("The file of this package is gone. Ask for a new export.")
        audit.append(package.request_id, Event.PACKAGE_DOWNLOADED_BY_STAFF, actor=actor, package=str(package.id))
    return opened


def _locked(package_ids: Collection[UUID]) -> list[AccessPackage]:
    found = list(packages.available().select_for_update().filter(pk__in=package_ids).order_by("id"))
    if len(found) < len(package_ids):
        raise NotAllowed("This package has expired and is deleted. Ask for a new export.")
    return found


def _open(package: AccessPackage) -> Download | None:
    suffix = "zip.age" if package.encrypted else "zip"
    try:
        file = package.file.storage.open(package.file.name)
    except OSError:
        return None
    return Download(file, f"kosenai-data-{package.created_at:%Y-%m-%d}.{suffix}", package.size, package.sha256)


def order_expiry(package: AccessPackage) -> None:
    """Orders the deletion of a package that was just built, in the caller's transaction: a job of the same id."""
    kind = EXPIRY.key
    order([Job(id=package.id, kind=kind, about=about(package.id), lane=Lane.BULK, not_before=package.expires_at)])


@local("packages.delete")
@one_by_one
def delete(job: Job, step: Step) -> Done | Later:
    """Deletes the file before its row says so. One that the erasure of its person has deleted is gone already."""
    package = AccessPackage.objects.select_for_update().filter(pk=job.pk, swept_at__isnull=True).first()
    if package is None:
        return Done({"outcome": "it was gone already"})
    try:
        package.file.delete(save=False)
    except OSError as fault:
        return Later(f"The file is not deleted: {fault.strerror}")
    package.token_sha256, package.swept_at = "", Now()
    package.save(update_fields=["file", "token_sha256", "swept_at"])
    audit.append(package.request_id, Event.PACKAGE_SWEPT, actor=None, package=str(package.id))
    return Done({"outcome": "deleted"})


EXPIRY = register(JobKind("package_expiry", steps=(StepKind("packages.delete", "Delete the package"),), set_size=100))


def sweep_is_due() -> bool:
    return not Heartbeat.objects.filter(name="packages", at__gt=Now() - SWEEP_EVERY).exists()


def sweep_orphans() -> int:
    """Deletes what killed workers left: written to for the last time an hour ago, and in no package's row. Returns how
    many."""
    note("packages", Now())
    long_ago = time.time() - ORPHAN_SECONDS
    old = {f"{FOLDER}/{file.name}": file for file in folder().glob("*") if _written_at(file) < long_ago}
    claimed = set(AccessPackage.objects.filter(file__in=old).values_list("file", flat=True))
    orphans = [file for name, file in old.items() if name not in claimed]
    for file in orphans:
        file.unlink(missing_ok=True)
    return len(orphans)


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # finished, or swept by another worker, since it was listed
        return inf


def path_of(package: AccessPackage) -> Path:
    return Path(package.file.storage.path(package.file.name))


def folder() -> Path:
    return Path(AccessPackage._meta.get_field("file").storage.path(FOLDER))
