"""Documents that prove who asks: handed in by the person or taken in by staff, looked at and decided on. Each look is
an entry of the chain; the decision makes them unreadable."""

from dataclasses import dataclass
from uuid import UUID

from django.core.files.base import File
from django.db import transaction

from privacy.cases.requests import prove
from privacy.cases.states import must_have
from privacy.cases.verification import must_be_enough, must_wait, said
from privacy.cases.work import locked_with_work
from privacy.catalogue import NotAllowed, case_kinds
from privacy.evidence import audit
from privacy.evidence import verification as evidence
from privacy.evidence.events import Event
from privacy.fulfilment import identity_checks, proofs
from privacy.models import AuditEntry, Case, CheckOutcome, IdentityCheck, IdentityProof, SeenDocument, Staff, State
from privacy.models import Verification as V
from privacy.selectors import verification
from privacy.selectors.verification import open_checks

GONE = "The document is gone: somebody has decided on it, or it was never here."
LOOK_FIRST = "Look at each document first: you decide by what you saw."


@dataclass(frozen=True)
class Looked:
    """A document, decrypted. `name` is ours, and says nothing about the person."""

    data: bytes
    name: str


def hand_in(*, request_id: UUID, way: str, file: "File[bytes]", actor: Staff | None = None) -> bool:
    """Keeps the document until somebody has decided on it; whether it was kept. The person has no actor, and where the
    case awaits no such proof nothing is kept and nothing told. Raises proofs.NotTaken, and for staff NotAllowed and
    PermissionDenied."""
    data, media_type = proofs.checked(file)
    with transaction.atomic():
        if actor is None:
            case = Case.objects.select_for_update().filter(pk=request_id, state=State.VERIFYING).first()
            if way not in verification.offered(case) or way not in verification.BY_DOCUMENT:
                return False
        else:
            case, kind, _ = locked_with_work(request_id)
            must_have(actor, kind.may.ask)
            must_wait(case)
            must_be_enough(case, way)
        assert case is not None  # noqa: S101  (it is offered something)
        check = open_checks(case=case, way=way).first() or identity_checks.begin(case, way, actor)
        proof = proofs.keep(check, data, media_type, actor)
        audit.append(case.pk, Event.CHECK_PROOF, actor=actor, **evidence.of_proof(proof))
    return True


def look(*, request_id: UUID, proof_id: UUID, actor: Staff) -> Looked:
    """The document, for whoever may decide on it; that they looked stands in the chain before they see it. Raises
    NotAllowed and PermissionDenied."""
    with transaction.atomic():
        proof = IdentityProof.objects.select_related("identity_check__case").filter(
            pk=proof_id, identity_check__case=request_id, purged_at=None
        ).first()  # fmt: skip
        if proof is None:
            raise NotAllowed(GONE)
        must_have(actor, case_kinds[proof.identity_check.case.kind].may.verify)
        try:
            data = proofs.read(proof)
        except OSError as fault:
            raise NotAllowed("The file is gone from the storage. Ask the person to send it again.") from fault
        audit.append(
            request_id, Event.CHECK_PROOF_SEEN, actor=actor, check=str(proof.identity_check_id), proof=str(proof.pk)
        )
    return Looked(data, f"proof-{str(proof.id)[:8]}.{proofs.TYPES[proof.media_type]}")


def decide(
    *, request_id: UUID, check_id: UUID, actor: Staff, is_sure: bool, document: str = "", because: str = ""
) -> Case:
    """Whoever has looked says whether it is the person, their agent or parent; of what was seen only its kind stays. An
    agent's permission takes the person's own word besides. Raises NotAllowed, PermissionDenied and ValueError in words
    for the screen."""
    words = said(because, "Say why it does not prove who asks.") if not is_sure else because.strip()[:2000]
    if document not in SeenDocument:
        raise ValueError("Say what kind of document it was.")
    with transaction.atomic():
        case, kind, _ = locked_with_work(request_id)
        must_have(actor, kind.may.verify)
        must_wait(case)
        check = open_checks(pk=check_id, case=case, way__in=verification.BY_DOCUMENT).select_for_update().first()
        if check is None:
            raise NotAllowed("It is decided already.")
        if because_not := not_yet(check, actor):
            raise NotAllowed(because_not)
        if is_sure and check.way == V.AGENT and not verification.has_own_word(check):
            raise NotAllowed(
                "The person has not confirmed it themselves yet: send them a code, or confirm their reply "
                "(11 CCR 7063(a))."
            )  # fmt: skip
        outcome = CheckOutcome.PROVED if is_sure else CheckOutcome.REFUSED
        identity_checks.end([check], outcome, actor, because=words, document=document)
        if not is_sure:
            return case
        return prove(request_id=case.pk, actor=actor, verification=check.way, check=check.pk)


def not_yet(check: IdentityCheck, actor: Staff) -> str:
    """Why this member cannot decide on it now; empty when they can."""
    waiting = {str(pk) for pk in check.proofs.filter(purged_at=None).values_list("pk", flat=True)}
    if not waiting:
        return "Nothing was handed in yet."
    looks = AuditEntry.objects.filter(chain=check.case_id, event=Event.CHECK_PROOF_SEEN, actor=actor)
    return LOOK_FIRST if waiting - {entry.data["proof"] for entry in looks} else ""
