"""The right of access (GDPR art. 15; CCPA 1798.110): a package is asked for, built, handed over, and swept."""

import errno
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from time import monotonic
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from privacy.fulfilment import audit, engine
from privacy.fulfilment.engine import Done, Later, Outcome, Planned
from privacy.fulfilment.package import builder, output
from privacy.fulfilment.package.builder import Built
from privacy.fulfilment.requests import NotAllowed, open_requests
from privacy.models import (
    AccessPackage,
    Batch,
    DataSubject,
    FulfilmentStep,
    Heartbeat,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Staff,
)
from privacy.selectors import packages
from privacy.selectors import plan as plans

log = logging.getLogger(__name__)

FOLDER = "packages"
KEPT = timedelta(days=7)
TELL_SECONDS = 1
RENEW_SECONDS = 15
SWEEP_EVERY = timedelta(minutes=5)
ORPHAN_SECONDS = 3600
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Download:
    """A package, open for reading. `name` says nothing about the person; `size` is in bytes, `sha256` of the file."""

    file: BinaryIO
    name: str
    size: int
    sha256: str


def export(
    *,
    subject_ids: Sequence[UUID],
    actor: Staff,
    reason: str,
    verification: str,
    recipient_key: str = "",
    batch: Batch | None = None,
    received_at: datetime | None = None,
) -> list[RightsRequest]:
    """Asks for the packages of these people; `recipient_key` is an age public key to encrypt them to. The clock runs
    from `received_at`, or from now.

    Raises ValueError, in words for the screen, for an empty reason or a key that is none.
    """
    key = output.check_recipient_key(recipient_key) if recipient_key.strip() else ""
    with transaction.atomic():
        counted = plans.package_counts(subject_ids)  # as the page counted before anything was asked for
        opened, _ = open_requests(
            kind=RequestKind.ACCESS, subject_ids=subject_ids, actor=actor, reason=reason, verification=verification,
            status=RequestStatus.IN_PROGRESS, batch=batch, recipient_key=key, received_at=received_at,
        )  # fmt: skip
        engine.freeze({r: [Planned("package", units=sum(counted[r.subject_id].values()))] for r in opened})
    return opened


@engine.remote("package")
def build_package(request: RightsRequest, step: FulfilmentStep, renew: Callable[[], None]) -> Outcome:
    """Writes the package under a name that no other attempt has, so that a worker that comes back late from
    a lost lease never writes into the file of its successor."""
    package = AccessPackage(request=request, encrypted=bool(request.recipient_key))
    package.file = f"{FOLDER}/{step.idempotency_key}-{request.fence}.zip{'.age' if package.encrypted else ''}"
    erased_at = request.subject.erased_at
    forget_attempts(step)
    engine.failpoint("package begun")
    try:
        built = builder.build(request, _path(package), expires_after=KEPT, tick=Progress(step, renew))
    except OSError as fault:
        if fault.errno not in DISK_FULL:
            raise
        return Later("No space left on the disk for the package; it is built again as soon as there is some.")
    engine.failpoint("package written")
    return Done(
        {"package": str(package.id), "sha256": built.sha256, "rows": built.rows, "files": built.files,
         "missing_files": built.missing_files, "gaps": len(built.gaps)},
        units=built.rows,
        record=lambda request, step: keep(package, built, erased_at),
    )  # fmt: skip


def forget_attempts(step: FulfilmentStep) -> None:
    """Deletes what earlier attempts at this step left when their worker died."""
    for left in _folder().glob(f"{step.idempotency_key}-*"):
        left.unlink(missing_ok=True)


def keep(package: AccessPackage, built: Built, erased_at) -> None:
    """Makes the package known, in the transaction that closes its step. Raises Stopped, and deletes it, if the
    person was erased while it was being written: the next attempt tells what is left."""
    subject = DataSubject.objects.select_for_update().get(pk=package.request.subject_id)
    if subject.erased_at != erased_at:
        _path(package).unlink(missing_ok=True)
        raise engine.Stopped
    package.sha256, package.size, package.rows = built.sha256, built.size, built.rows
    package.files, package.gaps = built.files, len(built.gaps)
    package.expires_at = built.created_at + KEPT
    package.save(force_insert=True)


class Progress:
    """Called after every block: moves the step's units_done, and prolongs the lease while the writing lasts."""

    def __init__(self, step: FulfilmentStep, renew: Callable[[], None]):
        self.step, self.renew, self.written = step, renew, 0
        self.told = self.renewed = monotonic()

    def __call__(self, rows: int) -> None:
        self.written += rows
        now = monotonic()
        if now - self.renewed > RENEW_SECONDS:
            self.renew()
            self.renewed = now
        if now - self.told > TELL_SECONDS:
            # Every row is written twice, as JSON and as CSV.
            FulfilmentStep.objects.filter(pk=self.step.pk).update(units_done=self.written // 2)
            self.told = now


def issue_link(*, package_id: UUID, actor: Staff) -> str:
    """A new token for the package's download page; an older one stops working. It is shown once: the database
    keeps its digest. Raises NotAllowed when the package is expired or deleted."""
    with transaction.atomic():
        package = _locked(package_id)
        token = secrets.token_urlsafe(32)
        package.token_sha256, package.token_issued_at = packages.token_digest(token), Now()
        package.save(update_fields=["token_sha256", "token_issued_at"])
        audit.append(package.request_id, "package.link_issued", actor=actor, package=str(package.id))
    return token


def redeem(*, token: str, actor: Staff | None) -> Download | None:
    """The package. The first call spends the link, which then works for packages.RESUMABLE more by the database's
    clock, so that a download that broke off can be taken up. None when the link leads nowhere.

    `actor` is None, because whoever has the link is the person it was sent to.
    """
    package = packages.by_token(token)
    opened = _open(package) if package else None
    if opened is None:
        return None
    with transaction.atomic():
        is_first = packages.linked(token).filter(packages.UNUSED).update(downloaded_at=Now())
        if is_first or packages.by_token(token):
            event = "package.downloaded" if is_first else "package.download_resumed"
            audit.append(package.request_id, event, actor=actor, package=str(package.id))
            return opened
    opened.file.close()
    return None


def download(*, package_id: UUID, actor: Staff) -> Download:
    """The package for a member of staff; the link of the person stays good. Raises NotAllowed when the package
    is expired or deleted, or its file is gone."""
    with transaction.atomic():
        package = _locked(package_id)
        opened = _open(package)
        if opened is None:
            raise NotAllowed("The file of this package is gone. Ask for a new export.")
        audit.append(package.request_id, "package.downloaded_by_staff", actor=actor, package=str(package.id))
    return opened


def _locked(package_id: UUID) -> AccessPackage:
    package = packages.available().select_for_update().filter(pk=package_id).first()
    if package is None:
        raise NotAllowed("This package has expired and is deleted. Ask for a new export.")
    return package


def _open(package: AccessPackage) -> Download | None:
    suffix = "zip.age" if package.encrypted else "zip"
    try:
        file = package.file.storage.open(package.file.name)
    except OSError:
        return None
    return Download(file, f"kosenai-data-{package.created_at:%Y-%m-%d}.{suffix}", package.size, package.sha256)


def sweep_is_due() -> bool:
    return not Heartbeat.objects.filter(name="packages", at__gt=Now() - SWEEP_EVERY).exists()


def sweep_packages() -> tuple[int, int]:
    """Deletes the files of expired packages, and files that no package claims. Returns how many of each.

    Safe to run at any time and to be killed in: a file is deleted before its row says so.
    """
    Heartbeat.objects.update_or_create(name="packages", defaults={"at": Now()})
    expired = AccessPackage.objects.filter(swept_at__isnull=True, expires_at__lte=Now())
    ids = list(expired.values_list("id", flat=True))
    return sum(map(_sweep, ids)), _delete_orphans()


def _sweep(package_id: UUID) -> bool:
    with transaction.atomic():
        package = AccessPackage.objects.select_for_update().filter(pk=package_id, swept_at__isnull=True).first()
        if package is None:
            return False
        try:
            package.file.delete(save=False)
        except OSError as fault:  # told, and tried again; the others must not wait for it
            log.error("package not deleted: %s", fault.strerror)
            return False
        package.token_sha256, package.swept_at = "", Now()
        package.save(update_fields=["file", "token_sha256", "swept_at"])
        audit.append(package.request_id, "package.swept", actor=None, package=str(package.id))
    return True


def _delete_orphans() -> int:
    """Deletes what killed workers left: written to for the last time an hour ago, and in no package's row."""
    long_ago = time.time() - ORPHAN_SECONDS
    old = {f"{FOLDER}/{file.name}": file for file in _folder().glob("*") if _written_at(file) < long_ago}
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


def _path(package: AccessPackage) -> Path:
    return Path(package.file.storage.path(package.file.name))


def _folder() -> Path:
    return Path(AccessPackage._meta.get_field("file").storage.path(FOLDER))
