"""Requests in every state, so that no list of the demo is empty on the first day."""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction

from billing.sync import sync
from kosenai_ops.demo.rights import ask_for_other_rights
from kosenai_ops.demo.studio import add_words_of_support
from privacy import regimes
from privacy.cases import comments, dossiers
from privacy.cases.opt_outs import unsubscribe
from privacy.cases.packages import give_link
from privacy.cases.requests import ask, ask_as_batch, grant, grant_all
from privacy.fulfilment import digest, mail
from privacy.fulfilment.importing.subjects import Person, bring_in
from privacy.models import Case, DataSubject, Identifier, Side, Staff
from privacy.selectors import cases

PATIENCE_SECONDS = 60
CLERK_ID = "user_paid_after_all"


def ensure_requests(staff: dict[str, Staff]) -> None:
    """Opens them once, through the same verbs as the admin; the worker, which must be running, does the rest."""
    if Case.objects.filter(kind="child_flag").count() > 1:
        return
    agent, approver = staff["agent"], staff["approver"]
    people = list(DataSubject.objects.filter(erased_at__isnull=True).order_by("full_name").values_list("id", flat=True))
    exports = in_the_past("access", people[:20], days=1, actor=agent, reason="Asked for a copy by e-mail")
    held, flagged = people[20:22], [*people[22:24], people[26]]
    opened = ask("hold_place", subject_ids=held, actor=agent, reason="Dispute over an invoice")
    opened += ask("child_flag", subject_ids=flagged, actor=agent, reason="A parent wrote to support")
    # Those that nobody approves are overdue; one that is approved is under a hold, and stops there.
    waiting = in_the_past("erasure", people[21:30], days=5, actor=agent, reason="Asked to be forgotten")
    approved = [r.id for r in waiting if r.subject_id in {people[21], people[24], people[25]}]
    opened += grant_all(request_ids=approved, actor=approver)
    opened += ask_as_batch(
        "access", subject_ids=people[30:38], actor=agent, reason="A guild asked for its members",
        verification="email_round_trip",
    )  # fmt: skip
    weigh(next(case for case in waiting if case.subject_id == people[29]), agent, approver)
    opened += own_word(people[38:42], agent)
    parked = parked_erasure(agent, approver)
    named = others_are_named(people[-1], people[-2], agent)
    wait_for([*exports, *opened, parked, named])
    for case in exports[3:20:2]:  # every other export is given, the oldest ones are still owed
        give_link(request_id=case.id, actor=agent)
    decide(held, flagged, agent, approver)
    ask_for_other_rights(people[6:16], agent, approver)
    for member in staff.values():
        mail.order(template=digest.TEMPLATE, member=member, day=regimes.today())


def weigh(case: Case, agent: Staff, approver: Staff) -> None:
    """Somebody who asks again and again: commented on, and weighed with both sides before anybody may refuse it."""
    letter = ContentFile(b"From: somebody\n\nForget me, as I wrote last week and the week before.\n", name="letter.txt")
    comments.comment(
        request_id=case.pk, actor=agent, text="The fourth letter. It stands below as it came.", file=letter
    )
    comments.comment(request_id=case.pk, actor=approver, text="Was the last one answered in full?")
    dossiers.note(request_id=case.pk, actor=agent, side=Side.FOR, text="The fourth request in six weeks, word for word")
    dossiers.note(request_id=case.pk, actor=agent, side=Side.FOR, text="Each came on the day after the last answer")
    dossiers.note(request_id=case.pk, actor=agent, side=Side.AGAINST, text="The second answer left out the uploads")
    dossiers.confirm(request_id=case.pk, actor=approver)


def own_word(people: Sequence[UUID], agent: Staff) -> list[Case]:
    """Two who opt out, one of them alone by the link of a letter, and one who takes a consent back."""
    first, second, third, *_ = people
    opened = ask("opt_out_sale_sharing", subject_ids=[first], actor=agent, reason="Wrote: do not sell my data")
    opened += ask("withdraw_consent", subject_ids=[third], actor=agent, reason="Wrote to support", consent="ai")
    return [*opened, *filter(None, [unsubscribe(second)])]


def decide(held: Sequence[UUID], flagged: Sequence[UUID], agent: Staff, approver: Staff) -> None:
    """One flag is decided; of another, and of a hold, the end waits for a second person; the third flag is open."""
    done = ask("child_confirm", subject_ids=flagged[:1], actor=approver, reason="The parent sent a birth certificate")
    ask("child_clear", subject_ids=flagged[1:2], actor=agent, reason="The person showed that they are of age")
    ask("hold_release", subject_ids=held[:1], actor=agent, reason="The dispute was settled out of court")
    wait_for(done)


def others_are_named(person: UUID, colleague: UUID, agent: Staff) -> Case:
    """An export that waits for somebody to say who else is left out of it."""
    known = DataSubject.objects.in_bulk([person, colleague])
    add_words_of_support(known[person], agent, known[colleague].full_name)
    [case] = ask(
        "access", subject_ids=[person], actor=agent, reason="Asked for a copy by e-mail",
        verification="email_round_trip", received_at=datetime.now(UTC) - timedelta(days=24),
    )  # fmt: skip
    return case


def parked_erasure(agent: Staff, approver: Staff) -> Case:
    """Of somebody who turns out to have paid when the erasure is approved already, so that it stops and asks again: in
    one transaction, or a worker might be quicker."""
    identifiers = ((Identifier.Kind.CLERK, CLERK_ID), (Identifier.Kind.EMAIL, "pia.lundqvist@example.com"))
    bring_in(people=[Person(full_name="Pia Lundqvist", country="SE", identifiers=identifiers)], actor=None)
    person = DataSubject.objects.get(identifiers__value=CLERK_ID)
    [case] = in_the_past("erasure", [person.id], days=0, actor=agent, reason="Asked to be forgotten")
    paid = {"object": "customer", "id": "cus_late", "name": person.full_name, "email": "", "created": 1_790_000_000}
    with transaction.atomic():
        grant(request_id=case.id, actor=approver)
        sync(objects=[paid | {"metadata": {"clerk_id": CLERK_ID}}])
    return case


def in_the_past(key: str, people: Sequence[UUID], *, days: int, **given) -> list[Case]:
    """Each received some days before the next one, so that due dates of every colour are seen and the charts have a
    past. They are closed today, for that is when they are."""
    asked = given | {"verification": "email_round_trip"}
    now = datetime.now(UTC)
    return [
        request
        for number, subject_id in enumerate(people)
        for request in ask(key, subject_ids=[subject_id], received_at=now - timedelta(days=days * number), **asked)
    ]


def wait_for(requests: Iterable[Case]) -> None:
    """Until the worker has done what it can without a person."""
    until = time.monotonic() + PATIENCE_SECONDS
    running = Case.objects.filter(cases.IS_BUSY, pk__in=[case.pk for case in requests])
    while running.exists() and time.monotonic() < until:
        time.sleep(0.2)
