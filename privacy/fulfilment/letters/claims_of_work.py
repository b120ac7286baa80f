"""Claims about what was carried out: each rests on steps, receipts, packages, limits and holds as they are recorded.

A processor's step says as much as its record: asked, confirmed by it, said by a person who asked there, not known
there, or still open.
"""

from collections.abc import Callable, Iterable
from datetime import date

from django.apps import apps
from django.utils.formats import number_format
from django.utils.text import capfirst

from privacy.connectors.base import connectors
from privacy.datamap import KeptFor, Use
from privacy.fulfilment.letters.claims import NOT_SO, Found, Says, claim, so
from privacy.fulfilment.letters.claims_of_cases import cited, day
from privacy.fulfilment.letters.facts import FINISHED, Facts
from privacy.fulfilment.package.wording import said
from privacy.models import Limit, Outcome, Step, StepState
from privacy.selectors.processors import OF_A_PROCESSOR

ASKED_BY_US = (StepState.STARTED, StepState.WAITING)


def number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def thing(label: str) -> str:
    """The rows of a model as the person reads them."""
    try:
        return str(capfirst(said(apps.get_model(label)._meta.verbose_name_plural)))
    except (LookupError, ValueError):
        return label


def processor(step: Step) -> str:
    return said(connectors[step.target].name) if step.target in connectors else step.target


def at_processors(facts: Facts) -> list[Step]:
    return [step for step in facts.steps if step.name.startswith(OF_A_PROCESSOR)]


# --- Copies -----------------------------------------------------------------------------------------------------------


@claim("package", "expires_on", late=("package_link",))
def package(facts: Facts) -> Found:
    found = facts.package
    return so(found and found.swept_at is None and found.file, expires_on=day(found.expires_at if found else None))


@claim("encrypted")
def encrypted(facts: Facts) -> Found:
    return so(facts.package and facts.package.encrypted)


@claim("left_out", "places")
def left_out(facts: Facts) -> Found:
    return so(facts.package and facts.left_out, places=number(facts.left_out))


@claim("gaps")
def gaps(facts: Facts) -> Found:
    return so(facts.package and facts.package.gaps)


# --- Erasure ----------------------------------------------------------------------------------------------------------


def rows_of(key: str) -> Callable[[Facts], Found]:
    def find(facts: Facts) -> Found:
        rows = facts.body.get(key, {})
        return [{"what": thing(label), "rows": number(rows[label])} for label in sorted(rows, key=thing)]

    return find


claim("deleted_of", "what", "rows", says=Says.DELETED, is_list=True)(rows_of("deleted"))
claim("anonymised_of", "what", "rows", is_list=True)(rows_of("anonymised"))


@claim("erased_nothing")
def erased_nothing(facts: Facts) -> Found:
    """Of an erasure that found nothing to delete or to make anonymous."""
    body = facts.body
    return so(facts.receipt and "deleted" in body and not body["deleted"] and not body.get("anonymised"))


@claim("files", "files", says=Says.DELETED)
def files(facts: Facts) -> Found:
    found = sum(count for count in facts.body.get("files", {}).values() if type(count) is int)
    return so(found, files=number(found))


@claim("handed_over_of", "what", "rows", "because", is_list=True)
def handed_over_of(facts: Facts) -> Found:
    rows, because = facts.body.get("handed_over", {}), facts.body.get("handed_over_because", {})
    return [
        {"what": thing(label), "rows": number(rows[label]), "because": said(because.get(label, ""))}
        for label in sorted(rows, key=thing)
    ]


@claim("kept_of", "what", "rows", "because", is_list=True)
def kept_of(facts: Facts) -> Found:
    """What stays, each with why and until when, as the receipt has it."""
    reasons = facts.body.get("kept_because", {})
    return [
        {"what": thing(label), "rows": number(facts.kept[label]), "because": "; ".join(map(reason, reasons[label]))}
        for label in sorted(facts.kept, key=thing)
        if reasons.get(label)
    ]


def reason(told: dict[str, str]) -> str:
    """`… (GDPR art. 17(3)(b); 31 Dec 2034)`."""
    cites = KeptFor(told["ground"]).cites if "ground" in told else ()
    until = day(date.fromisoformat(told["until"]))
    return f"{said(told['because'])} ({'; '.join(filter(None, [cited(cites), until]))})"


# --- Rectification and limits -----------------------------------------------------------------------------------------


@claim("rectified", "what", says=Says.PUT_RIGHT, is_list=True)
def rectified(facts: Facts) -> Found:
    """The fields that the step has written, by name; their values stand in the case."""
    steps = [s for s in facts.steps if s.name == "rectification.write" and s.state == StepState.DONE]
    fields = {name.strip() for step in steps for name in step.result.get("fields", "").split(",") if name.strip()}
    return [{"what": words} for words in sorted(map(field_in_words, fields))]


def field_in_words(place: str) -> str:
    label, _, name = place.rpartition(".")
    try:
        return str(capfirst(said(apps.get_model(label)._meta.get_field(name).verbose_name)))
    except (LookupError, ValueError):
        return name.replace("_", " ")


@claim("limited", "purpose", "since", is_list=True)
def limited(facts: Facts) -> Found:
    told = [(said(Use(x.purpose).text) if x.purpose in Use else "", day(x.since)) for x in facts.limits]
    return [{"purpose": purpose, "since": since} for purpose, since in told if purpose]


@claim("limited_all", "since")
def limited_all(facts: Facts) -> Found:
    of_all = [limit for limit in facts.limits if not limit.purpose]
    return so(of_all, since=day(of_all[0].since) if of_all else "")


@claim("told_before")
def told_before(facts: Facts) -> Found:
    """That nobody lifts it without telling the person first (GDPR art. 18(3))."""
    return so([limit for limit in facts.limits if limit.ground in Limit.Ground.asked_for()])


@claim("carried_out", "on")
def carried_out(facts: Facts) -> Found:
    """Of a right that has no claims of its own: that its work came to its end."""
    ended = [job.ended_at for job in facts.jobs if job.ended_at]
    is_done = ended and facts.case.outcome == Outcome.FULFILLED and all(s.state in FINISHED for s in facts.steps)
    return so(is_done, on=day(max(ended, default=None)))


# --- Processors and what is still open --------------------------------------------------------------------------------


def each(steps: Iterable[Step], is_so: Callable[[Step], object]) -> Found:
    found = [
        {"processor": processor(step), "on": day(step.finished_at or step.started_at)} for step in steps if is_so(step)
    ]
    return sorted(found, key=lambda one: one["processor"])


def outcome_of(step: Step) -> str:
    return str(step.result.get("outcome", ""))


def is_unknown_there(step: Step) -> bool:
    return outcome_of(step) == "the processor does not know this person"


@claim("processor_confirmed", "processor", "on", says=Says.DELETED | Says.CONFIRMED | Says.PUT_RIGHT, is_list=True)
def processor_confirmed(facts: Facts) -> Found:
    """It has answered by its API that it is done."""
    return each(
        at_processors(facts),
        lambda s: s.state == StepState.DONE and not is_unknown_there(s) and not expires(s)
        and "attested_by" not in s.result,
    )  # fmt: skip


@claim("processor_attested", "processor", "on", says=Says.DELETED | Says.PUT_RIGHT, is_list=True)
def processor_attested(facts: Facts) -> Found:
    """A member of staff did or asked it there, and said so under a number."""
    return each(at_processors(facts), lambda s: s.state == StepState.DONE and "attested_by" in s.result)


@claim("processor_expires", "processor", "on", is_list=True)
def processor_expires(facts: Facts) -> Found:
    """A copy that nobody edits, such as a backup: it goes by a stated day."""
    steps = [s for s in at_processors(facts) if s.state == StepState.DONE and expires(s)]
    return [{"processor": processor(s), "on": last_day(s)} for s in steps if last_day(s)]


@claim("processor_keeps", "processor", "on", is_list=True)
def processor_keeps(facts: Facts) -> Found:
    """It has done what was asked, and keeps logs until a stated day."""
    steps = [s for s in at_processors(facts) if s.state == StepState.DONE and not expires(s)]
    return [{"processor": processor(s), "on": last_day(s)} for s in steps if last_day(s)]


def expires(step: Step) -> bool:
    return outcome_of(step) in ("goes by the stated day", "has gone by its day")


def last_day(step: Step) -> str:
    days = [item["until"] for item in step.result.get("retained", []) if item.get("until")]
    return day(date.fromisoformat(max(days))) if days else ""


@claim("processor_open", "processor", is_list=True)
def processor_open(facts: Facts) -> Found:
    """Asked, or to be asked, and not answered yet."""
    return [
        {"processor": name}
        for name in sorted(processor(s) for s in at_processors(facts) if s.state not in FINISHED)
    ]  # fmt: skip


@claim("still_open")
def still_open(facts: Facts) -> Found:
    """Something of ours is not done yet, and a second letter is owed."""
    return so([s for s in facts.steps if s.state not in FINISHED and not s.name.startswith(OF_A_PROCESSOR)])


@claim("all_done")
def all_done(facts: Facts) -> Found:
    return so(facts.steps and all(step.state in FINISHED for step in facts.steps))


# --- Holds ------------------------------------------------------------------------------------------------------------


@claim("held", "since")
def held(facts: Facts) -> Found:
    if not facts.is_held_openly:
        return NOT_SO
    return so(True, since=day(min(hold.placed_at for hold in facts.holds if hold.released_at is None)))


@claim("released", "released_on")
def released(facts: Facts) -> Found:
    """That a hold of which the person was told is over, and the work of the case went on."""
    told = [x for x in facts.letters if x.kind == "held" and x.sent_at]
    ended = [hold.released_at for hold in facts.holds if hold.released_at and not hold.silent]
    went_on = [step for step in facts.steps if ended and step.finished_at and step.finished_at >= max(ended)]
    is_over = told and went_on and not facts.is_held_openly
    return so(is_over, released_on=day(max(ended, default=None)))


# --- Notices to processors --------------------------------------------------------------------------------------------


@claim("notified", "processor", "ref", "ids", "wanted")
def notified(facts: Facts) -> Found:
    """What a processor is to do, and by which of its own names it knows the person (GDPR art. 19, 28(3)(e))."""
    step = facts.step
    if step is None or step.state in FINISHED:
        return NOT_SO
    return so(
        facts.asked.get("ids"), processor=processor(step), ref=str(step.key)[:13], ids=facts.asked.get("ids", ""),
        wanted=facts.asked.get("wanted", ""),
    )  # fmt: skip


# --- Receipts ---------------------------------------------------------------------------------------------------------


@claim("receipt", "issued_on", "sha256")
def receipt(facts: Facts) -> Found:
    found = facts.receipt
    return so(found, issued_on=day(found.issued_at if found else None), sha256=found.sha256[:16] if found else "")
