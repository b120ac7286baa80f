"""The door for erased people who sign up again of their own will: the ledger bars what it was given until somebody
says, with a reason, that it may come in again."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from privacy.catalogue import NotAllowed
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.models import Staff, Suppression
from privacy.roles import must_have
from privacy.selectors import suppression


def barring(*, kind: str, value: str, actor: Staff) -> Suppression | None:
    """What bars this identifier, for whoever may let it in again. Raises PermissionDenied, and NotAllowed for what can
    be no such identifier."""
    must_have(actor, "privacy.readmit_identifier")
    try:
        return suppression.entry_of(kind, value)
    except ValidationError as error:
        raise NotAllowed(" ".join(error.messages)) from error


def readmit(*, kind: str, value: str, because: str, actor: Staff) -> Suppression:
    """Lets an erased identifier come in again: with the next file or message that names it. What belonged to it is gone
    and stays gone, and other identifiers of that person stay barred; another erasure bars it anew.

    The evidence is on the chain of the case that erased it. Raises PermissionDenied and NotAllowed, and ValueError for
    a reason that is none of the list.
    """
    reason = Suppression.Because(because)
    with transaction.atomic():
        found = barring(kind=kind, value=value, actor=actor)
        entry = suppression.in_force().select_for_update().filter(pk=found.pk).first() if found else None
        if entry is None:
            raise NotAllowed("The ledger does not know this: it may come in as it is.")
        Suppression.objects.filter(pk=entry.pk).update(lifted_at=Now(), lifted_by=actor, lifted_because=reason)
        audit.append(entry.request_id, Event.IDENTIFIER_READMITTED, actor=actor, entry=str(entry.pk), because=reason)
    return entry
