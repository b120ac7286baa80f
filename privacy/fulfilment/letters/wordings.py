"""Managers' copies of the texts of letters: proposed by one, confirmed by another, and taken out of use again."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from privacy.catalogue import NotAllowed
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.fulfilment.letters import templates
from privacy.fulfilment.letters.kinds import kinds
from privacy.models import LetterWording, Staff
from privacy.roles import must_have

PROPOSE, CONFIRM = "privacy.propose_letterwording", "privacy.confirm_letterwording"


def propose(*, actor: Staff, kind: str, language: str, text: str) -> LetterWording:
    """Puts a copy forward, which another has to confirm. Raises BadTemplate with all that is wrong with it, NotAllowed
    where one waits already or nothing is changed, and PermissionDenied."""
    must_have(actor, PROPOSE)
    text = "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
    templates.check(kinds[kind], language, text)
    now = templates.in_use({(kind, language)})[kind, language]
    digest = templates.digest(text)
    if digest == now.sha256:
        raise NotAllowed("Nothing is changed.")
    try:
        with transaction.atomic():
            row = LetterWording.objects.create(
                kind=kind, language=language, text=text, sha256=digest, proposed_by=actor
            )  # fmt: skip
            tell(row, Event.LETTER_WORDING_PROPOSED, actor)
    except IntegrityError as fault:
        raise NotAllowed("Another wording of this letter waits to be confirmed already.") from fault
    return row


def confirm(*, actor: Staff, wording_id: UUID) -> LetterWording:
    """Another manager has read it: letters written from now on use it. Raises NotAllowed and PermissionDenied."""
    must_have(actor, CONFIRM)
    with transaction.atomic():
        row = _locked(wording_id)
        if row.confirmed_at or row.retired_at:
            raise NotAllowed("It does not wait to be confirmed any more.")
        if row.proposed_by_id == actor.pk:
            raise NotAllowed("You proposed it; another person has to confirm it.")
        templates.check(kinds[row.kind], row.language, row.text)
        in_force = LetterWording.objects.filter(kind=row.kind, language=row.language, confirmed_at__isnull=False)
        in_force.filter(retired_at=None).update(retired_at=Now())
        LetterWording.objects.filter(pk=row.pk).update(confirmed_by=actor, confirmed_at=Now())
        tell(row, Event.LETTER_WORDING_CONFIRMED, actor)
    row.refresh_from_db()
    return row


def retire(*, actor: Staff, wording_id: UUID) -> LetterWording:
    """Refuses what is proposed, or goes back to the text that is shipped. Raises NotAllowed and PermissionDenied."""
    must_have(actor, CONFIRM)
    with transaction.atomic():
        row = _locked(wording_id)
        if row.retired_at:
            raise NotAllowed("It is out of use already.")
        LetterWording.objects.filter(pk=row.pk).update(retired_at=Now())
        tell(row, Event.LETTER_WORDING_RETIRED, actor)
    row.refresh_from_db()
    return row


def _locked(wording_id: UUID) -> LetterWording:
    row = LetterWording.objects.select_for_update().filter(pk=wording_id).first()
    if row is None:
        raise NotAllowed("There is no such wording.")
    return row


def tell(row: LetterWording, event: Event, actor: Staff) -> None:
    told = {"letter_kind": row.kind, "language": row.language, "sha256": row.sha256}
    audit.append(row.pk, event, actor=actor, **told)
