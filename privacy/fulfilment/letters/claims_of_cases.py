"""Claims about a case itself: what was asked, when, by when it is answered, what was decided, where to turn."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils.formats import date_format

from privacy import regimes
from privacy.catalogue import Inquiry, Right, case_kinds
from privacy.fulfilment.letters.claims import NOT_SO, SO, Found, claim, so
from privacy.fulfilment.letters.facts import Facts
from privacy.fulfilment.package.wording import said
from privacy.models import DelayReason, Outcome, Refusal, State
from privacy.regimes import delays
from privacy.selectors.authorities import authorities_for


def day(on: date | datetime | None) -> str:
    """As the reader's language writes a day; a moment is a day where the controller is."""
    if on is None:
        return ""
    return date_format(regimes.day_of(on) if isinstance(on, datetime) else on, "DATE_FORMAT")


def short_id(facts: Facts) -> str:
    return str(facts.case.pk)[:8]


def cited(cites: Iterable[str]) -> str:
    """As the reader's language cites: `Art. 12 Abs. 3 DSGVO` of `GDPR art. 12(3)`."""
    return "; ".join(dict.fromkeys(map(said, cites)))


def right_in_words(facts: Facts) -> str:
    return said(case_kinds[facts.case.kind].label)


@claim("plain")
def plain(facts: Facts) -> Found:
    """Courtesy: rests on nothing, and may say nothing."""
    return SO


@claim("ref", "ref", "right")
def ref(facts: Facts) -> Found:
    return so(True, ref=short_id(facts), right=right_in_words(facts))


@claim("received", "right", "received_on", "ref")
def received(facts: Facts) -> Found:
    return so(True, right=right_in_words(facts), received_on=day(facts.case.received_at), ref=short_id(facts))


@claim("due", "due_on")
def due(facts: Facts) -> Found:
    """The day to which work is planned, while the answer is owed and no clock stands."""
    case = facts.case
    return so(case.due_on and case.state != State.CLOSED and not facts.is_paused, due_on=day(case.due_on))


@claim("law", "law")
def law(facts: Facts) -> Found:
    names = dict.fromkeys(said(rule.name) for rule in facts.laws if rule.verified_on)
    return so(names, law=", ".join(names))


@claim("status", late=("status_link",))
def status(facts: Facts) -> Found:
    return so(not facts.case.silent)


@claim("proof_follows")
def proof_follows(facts: Facts) -> Found:
    return so(facts.case.state == State.VERIFYING and bool(facts.kind.proof))


@claim("prove", late=("status_link",))
def prove(facts: Facts) -> Found:
    return proof_follows(facts)


@claim("asked", "question")
def asked(facts: Facts) -> Found:
    question = facts.asked.get("question", "")
    return so(question, question=question)


@claim("clock_stands")
def clock_stands(facts: Facts) -> Found:
    return so(facts.is_paused)


@claim("extended", "due_on", "reason")
def extended(facts: Facts) -> Found:
    """Until when, and why. Only what somebody has read is cited: a rule's source can be a page about laws."""
    case = facts.case
    if not case.extended_at or not case.due_on:
        return NOT_SO
    reason = DelayReason(case.extended_because)
    cites = cited(delays.of_law(x)[reason] for x in facts.laws if x.verified_on and reason in delays.of_law(x))
    words = f"{said(reason.label)} ({cites})" if cites else said(reason.label)
    return so(True, due_on=day(case.due_on), reason=words)


@claim("refused", "reason")
def refused(facts: Facts) -> Found:
    case = facts.case
    if case.outcome != Outcome.DENIED or not case.denial_reason:
        return NOT_SO
    reason = Refusal(case.denial_reason)
    cites = cited(reason.ground.cites)
    return so(True, reason=f"{said(reason.label)} ({cites})" if cites else said(reason.label))


@claim("words", "words")
def words(facts: Facts) -> Found:
    """What whoever answers says in their own words."""
    text = facts.asked.get("words", "")
    return so(text, words=text)


@claim("complain", "authority", "web", is_list=True)
def complain(facts: Facts) -> Found:
    """Where the person can complain (GDPR art. 12(4), 77): the authorities of their residence; where that is not known
    any more, as after an erasure, those of where the law counts that the answer is owed under."""
    places = [place for rule in facts.laws for place in rule.places if place != "*"]
    country = facts.case.subject.country or (places[0].partition("-")[0] if places else "")
    return [{"authority": said(one.name), "web": one.web} for one in authorities_for(country)]


@claim("court")
def court(facts: Facts) -> Found:
    """GDPR art. 79: also by a court."""
    return so({"gdpr", "uk_gdpr"} & {rule.law for rule in facts.laws})


@claim("appeal", late=("status_link",))
def appeal(facts: Facts) -> Found:
    """Where the law gives an appeal to ourselves first."""
    return so(facts.has_appeal and not issubclass(facts.kind, Inquiry))


@claim("record_kept")
def record_kept(facts: Facts) -> Found:
    """That a record of the request stays (11 CCR 7022(e)(4), 7101)."""
    return so(issubclass(facts.kind, Right))


@claim("upheld")
def upheld(facts: Facts) -> Found:
    return so(facts.case.kind == "appeal" and facts.case.outcome == Outcome.FULFILLED)


@claim("not_upheld")
def not_upheld(facts: Facts) -> Found:
    return so(facts.case.kind == "appeal" and facts.case.outcome == Outcome.DENIED)


@claim("complaint_right")
def complaint_right(facts: Facts) -> Found:
    return so(facts.case.kind == "complaint" and facts.case.outcome == Outcome.FULFILLED)


@claim("complaint_not")
def complaint_not(facts: Facts) -> Found:
    return so(facts.case.kind == "complaint" and facts.case.outcome == Outcome.DENIED)


@claim("reopened", "reopened_on")
def reopened(facts: Facts) -> Found:
    return so(facts.reopened_on and facts.case.state != State.CLOSED, reopened_on=day(facts.reopened_on))


@claim("promised", "answered_on")
def promised(facts: Facts) -> Found:
    return so(facts.answered_on, answered_on=day(facts.answered_on))
