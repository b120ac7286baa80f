"""Hands out the evidence pack of a case."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment import evidence_packs
from privacy.fulfilment.evidence_packs import Pack
from privacy.models import AuditEntry, AuditHead, Case, Staff
from privacy.roles import must_have

MAY = "privacy.export_evidence"


def hand_out(*, request_id: UUID, actor: Staff, sentence: Callable[[AuditEntry], str]) -> Pack:
    """The pack as the case stands now, which its chain remembers by the digest of the manifest; `sentence` tells an
    entry in words. Raises PermissionDenied."""
    must_have(actor, MAY)
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=request_id)
        AuditHead.objects.select_for_update().filter(chain=request_id).first()  # whoever changes its rows appends
        pack = evidence_packs.build(case, sentence)
        audit.append(request_id, Event.EVIDENCE_PACKED, actor=actor, sha256=pack.sha256)
    return pack
