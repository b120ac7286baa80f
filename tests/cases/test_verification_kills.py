"""A process that is killed in the middle of a decision: the document can be read and decided on, or is gone for all."""

import subprocess
import sys

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from privacy.cases import proofs
from privacy.evidence.chains import faults_of_chain
from privacy.fulfilment.proofs import sweep
from privacy.models import IdentityProof, State
from tests import factories as f
from tests.cases.test_verification import refreshed, unproved
from tests.factories.verification import PDF

pytestmark = pytest.mark.django_db(transaction=True)
# Decides, and is killed as it gets there.
DECIDE = """
import os, signal, sys
import django
django.setup()
from privacy.cases import proofs as verbs
from privacy.cases import requests
from privacy.fulfilment import identity_checks, proofs
from privacy.models import Staff

def die(*given, **more):
    os.kill(os.getpid(), signal.SIGKILL)

where, request_id, check_id, actor = sys.argv[1:]
target, name = {"before": (verbs, "prove"), "purging": (identity_checks.audit, "append_many"),
                "files": (proofs.IdentityProof._meta.get_field("file").storage, "delete")}[where]
setattr(target, name, die)
verbs.decide(request_id=request_id, check_id=check_id, actor=Staff.objects.get(pk=actor), is_sure=True,
             document="passport")
"""


@pytest.mark.parametrize(("where", "is_decided"), [("before", False), ("purging", False), ("files", True)])
def test_no_document_outlives_its_decision(process_environment, where, is_decided):
    approver = f.StaffFactory(role="approver")
    case = unproved(f.IdentifierFactory().subject, f.StaffFactory(role="agent"))
    proofs.hand_in(request_id=case.pk, way="document", file=ContentFile(PDF, name="a.pdf"))
    proof = IdentityProof.objects.get()
    proofs.look(request_id=case.pk, proof_id=proof.pk, actor=approver)
    command = [sys.executable, "-c", DECIDE, where, str(case.pk), str(proof.identity_check_id), str(approver.pk)]
    environment = process_environment | {"DJANGO_SETTINGS_MODULE": "kosenai_ops.settings"}
    assert subprocess.run(command, env=environment, timeout=300).returncode == -9
    assert refreshed(case).state == (State.DECIDING if is_decided else State.VERIFYING)
    assert bool(refreshed(proof).sealed_key) != is_decided
    assert default_storage.exists(proof.file.name)
    sweep()
    assert default_storage.exists(proof.file.name or "none") != is_decided
    if not is_decided:  # nothing is lost: it is decided on once more
        proofs.decide(request_id=case.pk, check_id=proof.identity_check_id, actor=approver, is_sure=True,
                      document="passport")  # fmt: skip
    assert not list(IdentityProof.objects.exclude(file="")) and faults_of_chain(case.pk) == []
