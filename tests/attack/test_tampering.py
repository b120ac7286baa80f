"""With the triggers out of the way, evidence is changed, deleted, added and moved; the command finds each."""

import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from privacy.models import AuditEntry
from tests import factories as f
from tests.fulfilment.exporting import exported
from tests.tampering import triggers_of_evidence
from tests.trail import since_the_release

pytestmark = [pytest.mark.attack, pytest.mark.django_db(transaction=True)]


def change(entry: AuditEntry) -> None:
    AuditEntry.objects.filter(pk=entry.pk).update(data={"kind": "erasure"})


def delete(entry: AuditEntry) -> None:
    AuditEntry.objects.filter(pk=entry.pk).delete()


def insert(entry: AuditEntry) -> None:
    AuditEntry.objects.create(
        chain=entry.chain, n=99, event="invented", at=entry.at, previous=entry.digest, digest="0" * 64
    )


def move(entry: AuditEntry) -> None:
    AuditEntry.objects.filter(pk=entry.pk).update(chain=uuid.uuid4())


def verify() -> int:
    """The command's exit code."""
    try:
        call_command("verify_audit")
    except CommandError as verdict:
        return verdict.returncode
    return 0


def without_triggers(deed, entry: AuditEntry) -> None:
    lifted, restored = triggers_of_evidence()
    with connection.cursor() as cursor:
        for statement in lifted:
            cursor.execute(statement)
        deed(entry)
        for statement in restored:
            cursor.execute(statement)


@pytest.mark.parametrize("deed", [change, delete, insert, move], ids=lambda deed: deed.__name__)
@pytest.mark.parametrize("place", [0, -1], ids=["the first entry", "the last entry"])
def test_tampering_with_a_chain_is_found(tally, deed, place, capsys):
    exported(f.DataSubjectFactory())
    assert verify() == 0
    entry = list(since_the_release().order_by("n"))[place]
    without_triggers(deed, entry)
    tally["tamperings"] += 1
    assert verify() == 1
    assert str(entry.chain) in capsys.readouterr().out
