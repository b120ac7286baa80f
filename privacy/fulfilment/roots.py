"""The daily root: computed once a day, written to a file outside the database, and mailed.

One job computes it and makes the row; a second one, of the row's own id and made with it, sees to the copies. So a kill
at any place neither loses a root nor makes two of a day.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

from privacy import regimes
from privacy.catalogue import JobKind, StepKind, register
from privacy.evidence import roots
from privacy.fulfilment.mail import deliver
from privacy.jobs.handlers import remote
from privacy.jobs.order import about, order
from privacy.jobs.outcomes import Done, Failed, Later, Outcome
from privacy.models import DailyRoot, Job, Lane, Staff, Step
from privacy.roles import MANAGER

MOST = 64 * 1024  # bytes of a file that can be a root
RENEW_EVERY = 20  # pages


def order_due() -> bool:
    """Orders the root of today, the controller's, unless it was; whether it was ordered now."""
    day = regimes.today()
    if DailyRoot.objects.filter(day=day).exists():
        return False
    try:
        with transaction.atomic():
            order([Job(kind=KIND.key, about=about(day), lane=Lane.BULK, due_on=day)])
    except IntegrityError:  # it is being made
        return False
    return True


@remote("roots.compute")
def compute(job: Job, step: Step, renew: Callable[..., None]) -> Outcome:
    """Reads; the row comes with the record of the step. A second run finds the day taken, or takes it."""
    pages = iter(range(1, 1_000_000_000))
    computed = roots.compute(lambda: renew() if next(pages) % RENEW_EVERY == 0 else None)

    def record(job: Job, step: Step) -> None:
        if job.due_on and (root := roots.record(computed, job.due_on)):
            order([Job(id=root.pk, kind=COPIES.key, about=about(root.pk), lane=Lane.BULK)])

    return Done({"size": computed.size, "root": computed.root}, record=record)


@remote("roots.write")
def write(job: Job, step: Step, renew: Callable[..., None]) -> Outcome:
    """The file is there as a whole or not at all, and never written over: another of this name is for a person."""
    root = DailyRoot.objects.get(pk=job.pk)
    target, text = folder() / file_name(root), json.dumps(body(root), indent=1) + "\n"
    try:
        if not target.exists():
            put(target, text)
        elif target.read_text() != text:
            return Failed(f"Another root of that day stands in the folder: {target.name}. Run manage.py verify_audit.")
    except OSError as fault:
        return Later(f"The root is not written: {fault.strerror}")

    def record(job: Job, step: Step) -> None:
        roots.note_copy(root, target.name)

    return Done({"outcome": "written"}, record=record)


def put(target: Path, text: str) -> None:
    """Atomically, and on the disk when it returns. One that a killed worker left half-written is written over."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.part")
    with half.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.rename(target)
    names = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(names)
    finally:
        os.close(names)


@remote("roots.mail")
def mail(job: Job, step: Step, renew: Callable[..., None]) -> Outcome:
    """A worker that dies between the server's answer and its record sends it again under the same Message-ID."""
    root, to = DailyRoot.objects.get(pk=job.pk), addresses()
    if root.mailed_at or not (settings.EMAIL_URL and to):
        return Done({"outcome": "mailed before" if root.mailed_at else "nobody to mail to"})
    message = EmailMessage(f"Kosenai Ops: daily root of {root.day}", words(root), to=to)
    message.attach(file_name(root), json.dumps(body(root), indent=1) + "\n", "application/json")

    def record(job: Job, step: Step) -> None:
        roots.note_copy(root)

    return deliver(message, root.message_id, record)


def addresses() -> list[str]:
    """The configured ones, or all managers'."""
    if settings.ROOTS_MAIL_TO:
        return list(settings.ROOTS_MAIL_TO)
    managers = Staff.objects.filter(is_active=True, groups__name=MANAGER).exclude(email="")
    return sorted(set(managers.values_list("email", flat=True)))


def words(root: DailyRoot) -> str:
    return (
        f"The root over the heads of all {root.size:,} audit chains of {root.day}:\n\n{root.root}\n\n"
        "Keep this mail. A chain that is rewritten, cut or removed later, together with everything in the database "
        "that tells of it, shows only against a root that was kept elsewhere. To compare, save the file and run:\n\n"
        f"manage.py verify_audit --root {file_name(root)}\n"
    )


def body(root: DailyRoot) -> dict[str, Any]:
    """What `verify_audit --root` and the verifier of an evidence pack read."""
    return {
        "day": str(root.day), "size": root.size, "root": root.root, "last_entry": root.last_entry,
        "written_at": root.made_at.isoformat(timespec="seconds"),
    }  # fmt: skip


def file_name(root: DailyRoot) -> str:
    return f"daily-root-{root.day}.json"


def folder() -> Path:
    return Path(settings.ROOTS_FOLDER)


def differences_of_files() -> Iterator[tuple[UUID, str]]:
    """(root, how its file differs), and of files that no root is of. Nothing is said of a folder that is not here."""
    if not folder().is_dir():
        return
    rows = {file_name(root): root for root in DailyRoot.objects.defer("blocks").order_by("day")}
    for name, root in rows.items():
        if root.written_at and (wrong := _differs(folder() / name, root)):
            yield root.pk, wrong
    for file in sorted(folder().glob("daily-root-*.json")):
        if file.name not in rows:
            yield roots.CHAIN, f"the folder holds {file.name}, and the database has no root of that day"


def _differs(file: Path, root: DailyRoot) -> str:
    try:
        with file.open("rb") as opened:
            told = json.loads(opened.read(MOST))
    except OSError:
        return f"{file.name} is not in the folder"
    except ValueError:
        told = None
    return "" if told == body(root) else f"it is another one than {file.name}, which was written that day"


KIND = register(JobKind("daily_root", steps=(StepKind("roots.compute", "Compute the root of the day"),)))
COPIES = register(
    JobKind(
        "root_copies",
        steps=(StepKind("roots.write", "Write the root to a file elsewhere"), StepKind("roots.mail", "Mail the root")),
    )
)
