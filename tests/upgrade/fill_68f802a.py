"""Filled the databases of the dumps beside it, with the verbs of commit 68f802a. To be read: it does not run today.

At that commit, with this file copied to tests/upgrade, an empty VAR_DIR, the KEYS of old_database.py, DEBUG=0,
ALLOWED_HOSTS=localhost, and DATABASE_URL once of a SQLite file and once of PostgreSQL:

    python manage.py migrate && python -m tests.upgrade.fill_68f802a
    python manage.py verify_audit --write-root 68f802a.VENDOR.root.json
    sqlite3's iterdump, or pg_dump --inserts --no-owner --no-privileges without the lines that only psql
    understands (they begin with a backslash), through gzip -9 -n

The reason of each request names its situation; old_database.SITUATIONS says of each what there is to see.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "kosenai_ops.settings"
django.setup()

import pyrage  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models.functions import Now  # noqa: E402

from privacy import tasks  # noqa: E402, F401  (registers the steps)
from privacy.connectors.base import Failed, Later, connectors  # noqa: E402
from privacy.fulfilment import (  # noqa: E402
    access,
    batches,
    bulk,
    children,
    engine,
    erasure,
    holds,
    processors,
    requests,
    reveal,
)
from privacy.fulfilment import staff as accounts  # noqa: E402
from privacy.models import (  # noqa: E402
    AccessPackage,
    DataSubject,
    FulfilmentStep,
    Identifier,
    Prompt,
    RequestKind,
    RightsRequest,
    Staff,
)
from tests import factories as f  # noqa: E402
from tests.factories import people  # noqa: E402
from tests.upgrade.old_database import ERASED_ADDRESSES  # noqa: E402

SLICE_ROWS = 4
BY_PERSON = {"verification": "signed_in"}


class Killed(BaseException):
    """The worker is gone: nothing after this point happens, and what was committed before it stays."""


# --- Who does it ------------------------------------------------------------------------------------------------------


def add_staff() -> None:
    """A member of each role, added as the back office adds them."""
    first = f.StaffFactory(username="manager", role="manager")
    for role in ("agent", "approver", "auditor", "developer"):
        member = Staff(username=role, email=f"{role}@kosenai.example", is_staff=True)
        member.set_unusable_password()
        accounts.save(member=member, changed=["username", "email"], roles=[role], actor=first)
        member.groups.add(f.staff.Group.objects.get(name=role))


def staff(username: str) -> Staff:
    return Staff.objects.get(username=username)


# --- About whom -------------------------------------------------------------------------------------------------------


def person_with_little(**fields) -> DataSubject:
    person = f.DataSubjectFactory(**fields)
    f.IdentifierFactory(subject=person, is_primary=True)
    return person


def people_in_order(*countries: str) -> list[DataSubject]:
    """One of each country, in the order of their ids, in which verbs for many open requests and slices take them."""
    ids = sorted(uuid4() for _ in countries)
    return [person_with_little(id=pk, country=country) for pk, country in zip(ids, countries, strict=True)]


def person_with_everything(events: int = 0) -> DataSubject:
    """The factories' one without its history: that is made of rows alone, and has no chain."""
    with patch.object(people, "has_history_of_requests"):
        person = f.person_with_everything()
    f.PromptFactory(author=person, provider=Prompt.Provider.GOOGLE)
    f.UsageEventFactory.create_batch(events, subject=person)
    return person


def has_history(person: DataSubject) -> None:
    """A fetched package, a hold that came and went, a child flag that was cleared, a look at a script."""
    export(person, "fetched package")
    token = access.issue_link(package_id=AccessPackage.objects.get(request__subject=person).id, actor=staff("agent"))
    access.redeem(token=token, actor=None).file.close()
    for verb, reason in [(holds.place, "old hold"), (holds.release, "old hold is over")]:
        run(verb(subject_ids=[person.id], actor=staff("approver"), reason=reason))
    for verb, reason in [(children.flag, "old flag"), (children.clear, "old flag is cleared")]:
        run(verb(subject_ids=[person.id], actor=staff("manager"), reason=reason))
    reveal.reveal(
        model="privacy.Script", pk=person.scripts.first().pk, fields=["body"], actor=staff("agent"),
        reason=reveal.RevealReason.SUPPORT, reference="SUP-1204",
    )  # fmt: skip


# --- What is asked for, and how far it comes --------------------------------------------------------------------------


def export(person: DataSubject, reason: str, **given) -> RightsRequest:
    opened = access.export(subject_ids=[person.id], actor=staff("agent"), reason=reason, **BY_PERSON, **given)
    return run(opened)


def ask_for_erasure(person: DataSubject, reason: str) -> RightsRequest:
    [request] = erasure.request_erasure(subject_ids=[person.id], actor=staff("agent"), reason=reason, **BY_PERSON)
    return request


def approved(person: DataSubject, reason: str) -> RightsRequest:
    return erasure.approve(request_id=ask_for_erasure(person, reason).id, actor=staff("approver"))


def run(opened: list[RightsRequest]) -> RightsRequest:
    [request] = opened
    engine.run(request.id)
    request.refresh_from_db()
    return request


@contextmanager
def at_failpoint(act: Callable[[], None], name: str, when: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Acts once, where the kill test strikes."""
    struck = []

    def failpoint(here: str) -> None:
        if here == name and not struck and when():
            struck.append(here)
            act()

    with patch.object(engine, "failpoint", failpoint):
        yield
    assert struck, name


def die() -> None:
    raise Killed


def run_until_killed(request: RightsRequest, name: str, when: Callable[[], bool] = lambda: True) -> None:
    with at_failpoint(die, name, when), suppress(Killed):
        engine.run(request.id)


def is_sliced(request: RightsRequest) -> Callable[[], bool]:
    """Whether one of its big tables is half empty."""
    return request.steps.filter(handler="slices", units_done__gt=0, finished_at=None).exists


def answering(key: str, outcome):
    """The processor's connector answers that way, whatever it is asked."""
    return patch.object(type(connectors[key]), "erase", lambda self, call: outcome)


def attest_all(request: RightsRequest) -> RightsRequest:
    for step in request.steps.filter(state="waiting"):
        processors.attest(step_id=step.id, actor=staff("approver"), evidence="CASE-2026-114")
    return run([request])


# --- The situations ---------------------------------------------------------------------------------------------------


def fill_access() -> None:
    export(f.DataSubjectFactory(), "finished access")
    key = str(pyrage.x25519.Identity.generate().to_public())
    export(person_with_everything(), "finished access, sealed", recipient_key=key)
    old = export(person_with_little(), "finished access, deleted package")
    AccessPackage.objects.filter(request=old).update(expires_at=Now() - timedelta(days=1))
    access.sweep_packages()


def fill_erasures() -> None:
    finished = person_with_everything()
    has_history(finished)
    attest_all(run([approved(finished, "finished erasure")]))
    little = f.DataSubjectFactory()
    for address in ERASED_ADDRESSES:
        f.IdentifierFactory(subject=little, value=address)
    attest_all(run([approved(little, "finished erasure of little")]))
    ask_for_erasure(person_with_everything(), "awaiting approval")
    ask_for_erasure(person_with_little(country="JP"), "awaiting approval in Japan")
    approved(person_with_everything(), "approved, nothing ran")
    requests.deny(
        request_id=ask_for_erasure(person_with_little(), "denied").id,
        actor=staff("approver"),
        denial_reason="insuf_verification",
    )
    requests.cancel(request_id=ask_for_erasure(person_with_little(), "withdrawn").id, actor=staff("agent"))


def fill_killed() -> None:
    """Workers that died, and left their leases and what they had committed."""
    with patch.object(erasure, "SLICE_ROWS", SLICE_ROWS):
        person = person_with_everything(events=3 * SLICE_ROWS)
        has_history(person)
        half_erased = approved(person, "half erased")
        run_until_killed(half_erased, "attempted", is_sliced(half_erased))
    run_until_killed(approved(person_with_everything(), "killed in a call"), "called")
    cancelled = approved(person_with_everything(), "cancelled while leased")
    run_until_killed(cancelled, "attempted")
    requests.cancel(request_id=cancelled.id, actor=staff("agent"))
    poison = approved(person_with_little(), "parked after five claims")
    for _ in range(engine.MAX_CLAIMS + 1):
        engine.claim(poison.id)
        RightsRequest.objects.filter(pk=poison.id).update(lease_until=Now() - timedelta(seconds=1))


def fill_processors() -> None:
    run([approved(person_with_everything(), "awaiting processors")])
    with answering("stripe", Later("Stripe answers 503", seconds=60)):
        run([approved(person_with_everything(), "a processor is busy")])
    with answering("clerk", Failed("Clerk refuses the key")):
        run([approved(person_with_everything(), "parked by a refusal")])


def fill_holds() -> None:
    with patch.object(erasure, "SLICE_ROWS", SLICE_ROWS):
        person = person_with_everything(events=3 * SLICE_ROWS)
        request, placed = approved(person, "held half-way"), []
        with at_failpoint(lambda: placed.extend(place(person, "hold half-way")), "attempted", is_sliced(request)):
            engine.run(request.id)
        run(placed)
    person = person_with_everything()
    run(place(person, "hold before"))
    run([approved(person, "held before it began")])
    place(person_with_little(), "hold ordered")
    person = person_with_little()
    run(place(person, "hold to be released"))
    run([approved(person, "held until the release")])
    holds.release(subject_ids=[person.id], actor=staff("approver"), reason="release ordered")


def place(person: DataSubject, reason: str) -> list[RightsRequest]:
    return holds.place(subject_ids=[person.id], actor=staff("agent"), reason=reason)


def fill_children() -> None:
    run(children.flag(subject_ids=[person_with_everything().id], actor=staff("agent"), reason="flag in force"))
    children.flag(subject_ids=[person_with_everything().id], actor=staff("agent"), reason="flag ordered")
    person = person_with_everything()
    run(children.flag(subject_ids=[person.id], actor=staff("agent"), reason="flag to be cleared"))
    children.clear(subject_ids=[person.id], actor=staff("approver"), reason="clear ordered")


def fill_batches() -> None:
    erase_in_bulk()
    exported = batches.run_as_batch(
        access.export, kind=RequestKind.ACCESS, actor=staff("manager"), reason="batch of exports", **BY_PERSON,
        subject_ids=[person.id for person in people_in_order("DE", "BR", "JP")],
    )  # fmt: skip
    run(exported[:1])
    run_until_killed(exported[1], "package written")


def erase_in_bulk() -> None:
    """One slice of three: of one nothing is left to do, two wait for Clerk to be told. Two were not taken."""
    five = people_in_order("DE", "DE", "FR", "FR", "US")
    for person in five[1:]:
        f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value=f"user_{person.id.hex}")
    asked = batches.run_as_batch(
        erasure.request_erasure, kind=RequestKind.ERASURE, actor=staff("agent"), reason="batch of erasures",
        subject_ids=[person.id for person in five], **BY_PERSON,
    )  # fmt: skip
    erasure.approve_many(request_ids=[request.id for request in asked], actor=staff("approver"))
    with patch.object(bulk, "SLICE_PEOPLE", 3):
        bulk.erase_slice(asked[0].batch_id)


def some_time_ago() -> None:
    """Every lease and every wait is over."""
    ago = Now() - timedelta(hours=1)
    RightsRequest.objects.filter(lease_until__isnull=False).update(lease_until=ago)
    RightsRequest.objects.filter(not_before__isnull=False).update(not_before=ago)
    FulfilmentStep.objects.filter(not_before__isnull=False).update(not_before=ago)


def fill() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # real ones are slow on purpose
    add_staff()
    for part in (fill_access, fill_erasures, fill_killed, fill_processors, fill_holds, fill_children, fill_batches):
        part()
    with transaction.atomic():
        engine.sweep()
    some_time_ago()


if __name__ == "__main__":
    fill()
