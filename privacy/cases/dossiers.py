"""The abuse dossier of a case: written by one, confirmed by another who wrote nothing in it. The database refuses its
confirmation while nothing speaks against the refusal, and such a refusal without it."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from privacy.cases.states import must_have
from privacy.cases.work import lock
from privacy.catalogue import NotAllowed, Right, case_kinds
from privacy.evidence import audit, commitments
from privacy.evidence.events import Event
from privacy.models import Case, Dossier, Factor, Side, Staff, State

LONGEST = 2000  # characters of a factor


def note(*, request_id: UUID, actor: Staff, side: str, text: str) -> Factor:
    """Writes one factor into the case's dossier, which the first one begins. Raises NotAllowed, PermissionDenied, and
    ValueError in words for the screen."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise ValueError(f"Say what speaks {Side(side)} the refusal, in {LONGEST:,} characters at most.")
    with transaction.atomic():
        case = _undecided(request_id, actor, "ask")
        dossier, _ = Dossier.objects.get_or_create(case=case, withdrawn_at=None, defaults={"prepared_by": actor})
        if dossier.confirmed_at:
            raise NotAllowed("The dossier is confirmed, and stays as it was confirmed.")
        factor = Factor.objects.create(
            dossier=dossier, side=Side(side), text=text, salt=secrets.token_hex(16), noted_by=actor
        )
        audit.append(
            case.pk, Event.DOSSIER_NOTED, actor=actor, side=factor.side, **commitments.of_words(factor)
        )  # fmt: skip
    return factor


def confirm(*, request_id: UUID, actor: Staff) -> Dossier:
    """A second person has read both sides, and lets a refusal rest on them. Raises NotAllowed and PermissionDenied."""
    with transaction.atomic():
        case = _undecided(request_id, actor, "deny")
        dossier = in_force(case)
        if dossier is None or dossier.confirmed_at:
            raise NotAllowed("There is no dossier that waits to be confirmed.")
        factors = list(dossier.factors.all())
        if actor.pk in {dossier.prepared_by_id, *(factor.noted_by_id for factor in factors)}:
            raise PermissionDenied("Who wrote in the dossier may not confirm it.")
        sides = [factor.side for factor in factors]
        if missing := [side for side in Side if side not in sides]:
            raise NotAllowed(f"Nothing is noted {missing[0]} the refusal yet. Both sides have to be weighed.")
        dossier.confirmed_by, dossier.confirmed_at = actor, datetime.now(UTC)
        dossier.save(update_fields=["confirmed_by", "confirmed_at"])
        told = {side.value: sides.count(side) for side in Side}
        audit.append(case.pk, Event.DOSSIER_CONFIRMED, actor=actor, dossier=str(dossier.pk), **told)
    return dossier


def in_force(case: Case) -> Dossier | None:
    return Dossier.objects.filter(case=case, withdrawn_at=None).first()


def is_confirmed(case: Case) -> bool:
    dossier = in_force(case)
    return dossier is not None and dossier.confirmed_at is not None


def withdraw(case: Case) -> None:
    """Of a case that is taken up again: what was weighed then is weighed anew."""
    Dossier.objects.filter(case=case, withdrawn_at=None).update(withdrawn_at=datetime.now(UTC))


def _undecided(request_id: UUID, actor: Staff, act: str) -> Case:
    """The case, locked, of an actor who may do this about it: a name of `May`."""
    case, _ = lock(request_id)
    must_have(actor, getattr(case_kinds[case.kind].may, act))
    if not issubclass(case_kinds[case.kind], Right):
        raise NotAllowed("A dossier is about how somebody asks; nobody has asked for this.")
    if case.state not in (State.VERIFYING, State.DECIDING):
        raise NotAllowed("It does not await a decision any more.")
    return case
