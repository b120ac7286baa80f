"""With the triggers out of the way, evidence is changed, deleted, added and moved; the command finds each."""

import importlib
import pkgutil
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

import tests.faults
from privacy.models import AuditEntry
from tests import factories as f
from tests.conftest import triggers_of_evidence
from tests.fulfilment.exporting import exported

pytestmark = [pytest.mark.attack, pytest.mark.django_db(transaction=True)]


def change(entry: AuditEntry) -> None:
    AuditEntry.objects.filter(pk=entry.pk).update(data={"kind": "erasure"})


def delete(entry: AuditEntry) -> None:
    AuditEntry.objects.filter(pk=entry.pk).delete()


def insert(entry: AuditEntry) -> None:
    AuditEntry.objects.create(chain=entry.chain, n=99, event="invented", previous=entry.digest, digest="0" * 64)


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
    entry = list(AuditEntry.objects.order_by("n"))[place]
    without_triggers(deed, entry)
    tally["tamperings"] += 1
    assert verify() == 1
    assert str(entry.chain) in capsys.readouterr().out


def cases_of_other_evidence() -> dict[str, object]:
    """What tests.faults tries on receipts, holds and decisions is an attack as well, and runs here again."""
    found = {}
    for module in pkgutil.iter_modules(tests.faults.__path__):
        if module.name.startswith("test_09_"):
            found |= vars(importlib.import_module(f"tests.faults.{module.name}"))
    return {name: value for name, value in found.items() if name not in globals() and name != "pytestmark"}


globals().update(cases_of_other_evidence())
