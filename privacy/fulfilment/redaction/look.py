"""The step that looks for other people, and waits for a person where it has found something."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from uuid import UUID

from django.db import transaction

from privacy.fulfilment.redaction.search import Found, Person, found_in
from privacy.fulfilment.redaction.texts import NOTHING, Text, digest_of, texts_of
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done, More, Outcome, Waiting
from privacy.models import Case, CaseJob, Job, Redaction, Step
from privacy.selectors.redactions import LOOK, undecided

AT_ONCE = 200  # texts that one transaction searches: about half a second
GONE = Redaction.Decision.GONE
WAITS = "Others may be named in what others wrote: a person has to look."


@local(LOOK)
@one_by_one
def look_for_others(job: CaseJob, step: Step) -> Outcome:
    """A slice of the texts after the other. The evidence is the digest of all that were searched."""
    some, looked = look_on(job.case, step.units_done, step.result.get("texts", NOTHING))
    done, result = step.units_done + len(some), {"texts": looked}
    if len(some) == AT_ONCE:
        return More(done, result)
    if undecided(job.case_id).exists():
        return Waiting(WAITS, result=result)
    return Done(result, units=done)


def look_again(job: CaseJob) -> str:
    """Looks through all the texts, for a step that found them changed; their digest. Each slice is a transaction of its
    own, behind the lock of the job that also whoever decides takes first."""
    done, looked = 0, NOTHING
    while True:
        with transaction.atomic():
            Job.objects.select_for_update().get(pk=job.pk)
            some, looked = look_on(job.case, done, looked)
        done += len(some)
        if len(some) < AT_ONCE:
            return looked


def look_on(case: Case, done: int, looked: str) -> tuple[list[Text], str]:
    """(texts of the slice that begins behind `done`, the digest with them), in the caller's transaction. What was found
    before and is undecided is found anew."""
    if not done:
        undecided(case.pk).update(decision=GONE)
    some = list(islice(texts_of(case.subject_id), done, done + AT_ONCE))
    if some:
        found = found_in([text.text for text in some], Person.of(case.subject_id))
        write_down(case.pk, dict(zip(some, found, strict=True)))
    return some, digest_of(some, looked)


def write_down(case_id: UUID, found: dict[Text, list[Found]]) -> None:
    """What was decided about a text that is still the same stays, unless more than that is found in its place."""
    there = defaultdict(list)
    for row in Redaction.objects.filter(case=case_id, row__in={text.row for text in found}):
        there[row.label, row.field, row.row].append(row)
    gone: list[UUID] = []
    back: list[UUID] = []
    new: list[Redaction] = []
    for text, places in found.items():
        same = {(r.start, r.length): r for r in there[text.place] if r.text_sha256 == text.sha256}
        wanted = {(place.start, place.length): place for place in places}
        gone += [row.pk for row in there[text.place] if row not in same.values() or not stays(row, places)]
        back += [same[at].pk for at in wanted.keys() & same.keys() if same[at].decision == GONE]
        new += [row_of(case_id, text, place) for at, place in wanted.items() if at not in same]
    Redaction.objects.filter(pk__in=gone).update(decision=GONE)
    Redaction.objects.filter(pk__in=back).update(decision="", decided_by=None, decided_at=None)
    Redaction.objects.bulk_create(new, batch_size=AT_ONCE)


def stays(row: Redaction, places: Sequence[Found]) -> bool:
    """Whether it is found as it was, or stands beside all that is found."""
    at = [p for p in places if p.start < row.start + row.length and row.start < p.start + p.length]
    return not at or [(p.start, p.length) for p in at] == [(row.start, row.length)]


def row_of(case_id: UUID, text: Text, found: Found) -> Redaction:
    return Redaction(
        case_id=case_id, label=text.label, field=text.field, row=text.row, text_sha256=text.sha256,
        start=found.start, length=found.length, kind=found.kind, ground=found.ground,
    )  # fmt: skip
