"""Who is one person: accounts are merged into one and split off again, and what was another's from the beginning is
separated; each by two members of staff.

Merging moves nothing. The accounts keep their rows, and what comes in later comes in under the account that it names; a
right asked about the person is about all of them. So a split gives back exactly what was there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Now

from privacy.cases.kinds import register
from privacy.catalogue import Decision, Duty, Fact, May, NotAllowed, Permit, Question, Stage, StepKind
from privacy.catalogue.cases import reason
from privacy.datamap import compiler
from privacy.duties import limits
from privacy.evidence import audit
from privacy.evidence.commitments import pseudonym
from privacy.evidence.events import Event
from privacy.fulfilment import names
from privacy.jobs.handlers import local, one_by_one
from privacy.jobs.outcomes import Done
from privacy.models import Case, CaseJob, DataSubject, Job, Likeness, Staff, State, Step
from privacy.models.accounts import accounts_of
from privacy.roles import AGENT, APPROVER, MANAGER, must_have
from privacy.selectors import plans, standing
from privacy.selectors.cases import sealed_of

ASK = Permit("merge_datasubject", "Can ask to merge or split people, and tell them apart", (AGENT, APPROVER, MANAGER))
DECIDE = Permit("approve_merge", "Can approve that people are merged or split", (APPROVER, MANAGER))
# Of either side: what is in force for one account would not be for the other.
UNSETTLED = frozenset({Fact.ERASED, Fact.HELD, Fact.FLAGGED, Fact.CHILD})


def person_named(text: str) -> str:
    """The id of the person that staff name by id or by short id. Raises ValueError in words for the screen."""
    given = text.lower().removeprefix("subject ").strip()
    try:
        known = DataSubject.objects.filter(pk=UUID(given)) if len(given) > SHORT_ID else _starting_with(given)
    except (ValueError, ValidationError) as error:
        raise ValueError("Give the id of a person, long or short: it stands on their page.") from error
    found = list(known.values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise ValueError("Several people have this short id; give the long one." if found else "Nobody has this id.")
    return str(found[0])


SHORT_ID = 8


def _starting_with(start: str) -> Any:
    if len(start) != SHORT_ID:
        raise ValueError
    return DataSubject.objects.filter(pk__range=(UUID(start + "0" * 24), UUID(start + "f" * 24)))


INTO = Question(
    "into", "Into whom?", "person", help="The id of the person who stays, long or short. It stands on their page.",
    missing="Say into whom.", placeholder="1a2b3c4d", check=person_named,
)  # fmt: skip


def not_one(asked: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, list[str]]:
    """{account: why it cannot be merged into whom the answers name}."""
    into = {subject_id: UUID(answers["into"]) for subject_id, answers in asked.items() if answers.get("into")}
    people = DataSubject.objects.in_bulk([*into, *into.values()])
    facts = standing.facts_of(list(people))
    found = {}
    for subject_id, other_id in into.items():
        mine, other = people.get(subject_id), people.get(other_id)
        if mine and other:
            against = _against(mine, other, facts.get(other_id, set()))
            found[subject_id] = against + _unfinished(mine, other)
    return found


def _against(mine: DataSubject, other: DataSubject, so: set[Fact]) -> list[str]:
    if mine == other or other.merged_into_id == mine.pk:
        return ["They are one person already."]
    if other.merged_into_id:
        return [f"{other} is an account of another person: merge into Subject {str(other.merged_into_id)[:8]}."]
    if other.relation and not mine.relation:
        return [f"{other} has no account: merge it into this one."]
    return [f"Of {other}: {standing.IS[fact]}" for fact in sorted(so & UNSETTLED)]


def _unfinished(mine: DataSubject, other: DataSubject) -> list[str]:
    """An answer that is being made would be about a part of the person."""
    is_open = Case.objects.filter(~Q(state=State.CLOSED), ~Q(kind__in=[Merge.key, Split.key]), subject=mine)
    works = Job.objects.filter(subject__in=[mine, other], ended_at=None)
    if is_open.exists():
        return [f"Requests about {mine} are open: answer or withdraw them first."]
    return ["Work about one of the two is being done: wait until it has ended."] if works.exists() else []


def merge(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """Makes each case's account one of the person who was named; {case: who, as evidence names them}."""
    told = {}
    for case in cases:
        answers = sealed_of(case)
        into = UUID(answers["into"])
        list(DataSubject.objects.select_for_update().filter(pk__in=[case.subject_id, into]).order_by("id"))
        if against := not_one({case.subject_id: answers})[case.subject_id]:
            raise NotAllowed(against[0])
        accounts = accounts_of([case.subject_id])
        DataSubject.objects.filter(pk__in=accounts).update(merged_into=into)
        told[case.pk] = {"merged": sorted(map(pseudonym, accounts)), "into": pseudonym(into)}
        shared = limits.share(accounts_of([into]), case.approved_by)
        if asked_for := [limit for limit in shared if limit.is_asked_for]:
            told[case.pk]["limits"] = limits.ids_of(asked_for)
    return told


def split(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """Makes each case's account a person of its own again."""
    told = {}
    for case in cases:
        account = DataSubject.objects.get(pk=case.subject_id)
        DataSubject.objects.filter(pk=account.pk).update(merged_into=None)
        told[case.pk] = {"split": pseudonym(account.pk), "from": pseudonym(str(account.merged_into_id))}
    return told


def unfinished_of_the_person(asked: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, list[str]]:
    """{account: why it cannot be split off now}."""
    people = dict(DataSubject.objects.filter(pk__in=asked, merged_into__isnull=False).values_list("pk", "merged_into"))
    busy = set(Job.objects.filter(subject__in=people.values(), ended_at=None).values_list("subject", flat=True))
    words = "Work about the person is being done: wait until it has ended."
    return {account: [words] for account, person in people.items() if person in busy}


@local("people.merge")
@one_by_one
def record_what_is_one(job: CaseJob, step: Step) -> Done:
    """Writes down how many rows of the account are read together with the person's from now on."""
    return Done({"rows": _rows_of(job.subject_id)}, units=1)


@local("people.split")
@one_by_one
def record_what_is_apart(job: CaseJob, step: Step) -> Done:
    """Writes down how many rows are the account's alone again."""
    return Done({"rows": _rows_of(job.subject_id)}, units=1)


def _rows_of(subject_id: UUID) -> int:
    return sum(sum(actions.values()) for actions in plans.row_counts([subject_id])[subject_id].values())


def tell_apart(*, subject_id: UUID, other_id: UUID, actor: Staff) -> None:
    """Staff say that these are two people, though they have one address: nobody is asked about them again. Raises
    PermissionDenied, and NotAllowed where nothing is asked."""
    must_have(actor, ASK.name)
    with transaction.atomic():
        pair = Q(subject=subject_id, other=other_id) | Q(subject=other_id, other=subject_id)
        if not Likeness.objects.filter(pair, apart_at=None).update(apart_at=Now(), apart_by=actor):
            raise NotAllowed("Nobody asks about these two any more.")
        chain = audit.subject_chain(subject_id)
        audit.append(chain, Event.PEOPLE_TOLD_APART, actor=actor, other=pseudonym(other_id))


class OfAccounts(Duty):
    """What merging and splitting have in common."""

    reach = "account"
    is_dangerous = True
    may = May(ask=ASK, decide=DECIDE, deny=DECIDE, cancel=ASK, retry=DECIDE)
    deciders = 2


@register
class Merge(OfAccounts):
    key, label, icon = "merge", "Merge of two people", "merge"
    button, title, submit = "Merge…", "Ask to merge {people} into another person", "Ask for the merge"
    happens = (
        "Nothing is merged yet: another member of staff has to approve. You cannot approve it yourself.",
        "Then the two are one person: exports, erasures, holds and flags of the one are of both accounts.",
        "What the one has opted out of, objected to or had restricted then holds for both, and after a split, too.",
        "Nothing is moved. Each account keeps its rows, and a split gives them back as they were.",
    )
    asks = (INTO, reason(read_by_the_person=False))
    decision = Decision(
        "Approve the merge…", "Merge them",
        (
            "You agree that the two accounts are one person’s.",
            "From then on exports, erasures, holds and flags of the one are of both. Nothing is moved.",
            "What the one has opted out of, objected to or had restricted holds for both from now on.",
        ),
        "Merged: {cases}.", "Waits for another person’s approval", "merge", is_dangerous=True,
    )  # fmt: skip
    refuses = dict.fromkeys(Stage, UNSETTLED | {Fact.MERGED})
    against, dry_run, takes_effect = not_one, plans.merge_plan, merge
    steps = (StepKind("people.merge", "Record what is one person’s now"),)


@register
class Split(OfAccounts):
    key, label, icon = "split", "Split of an account", "call_split"
    button, title, submit = "Split off…", "Ask to split {people} off", "Ask for the split"
    happens = (
        "Nothing is split yet: another member of staff has to approve. You cannot approve it yourself.",
        "Then the account is a person of its own again, with the rows that it always had. Holds and flags that are in "
        "force stay in force for both.",
        "What was erased or handed over while they were one stays so.",
    )
    decision = Decision(
        "Approve the split…", "Split it off",
        (
            "You agree that the account is not this person’s.",
            "From then on it is a person of its own, with the rows that it always had.",
        ),
        "Split off: {cases}.", "Waits for another person’s approval", "split", is_dangerous=True,
    )  # fmt: skip
    needs = dict.fromkeys(Stage, frozenset({Fact.MERGED}))
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    against, takes_effect = unfinished_of_the_person, split
    steps = (StepKind("people.split", "Record what is apart again"),)


# --- What was another's from the beginning ----------------------------------------------------------------------------


def ids_in(text: str) -> str:
    """The ids that staff give, parted by blanks or commas. Raises ValueError in words for the screen."""
    try:
        return " ".join(str(UUID(part)) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise ValueError("Give ids, parted by blanks; each stands in the address of its own page.") from error


WHAT = Question(
    "what", "What is another person’s?", "text", at_most=4_000,
    help="The ids of identifiers, customers, scripts and whatever else, parted by blanks: each stands in the address "
    "of its own page. What hangs on them, such as invoices on a customer, goes along.",
    missing="Say what.", placeholder="0f1e2d3c-…", check=ids_in,
)  # fmt: skip


def rows_named(subject_id: UUID, ids: Iterable[str]) -> dict[tuple[type[models.Model], str], list[Any]]:
    """{(model, its foreign key to the person): keys of the rows among these that are the person's own}, in one
    query."""
    wanted, links = list(map(UUID, ids)), dict(_links_to_people())
    first, *others = (
        model._default_manager.filter(**{"pk__in": wanted, link: subject_id}).order_by()
        .values_list(Value(model._meta.label), "pk")
        for model, link in links.items()
    )  # fmt: skip
    found: dict[tuple[type[models.Model], str], list[Any]] = {}
    for label, key in first.union(*others, all=True):
        model = apps.get_model(label)
        found.setdefault((model, links[model]), []).append(key)
    return found


def _links_to_people() -> Iterator[tuple[type[models.Model], str]]:
    """(model, its foreign key to the person) of what can be another's."""
    for declared in compiler.all_declarations():
        [link, *further] = declared.path() or [""]
        if link and not further and not declared.evidence and isinstance(declared.model._meta.pk, models.UUIDField):
            yield declared.model, link


def not_theirs(asked: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, list[str]]:
    """{person: that something named is nothing of theirs}."""
    found = {}
    for subject_id, answers in asked.items():
        named = set(str(answers.get("what", "")).split())
        known = sum(map(len, rows_named(subject_id, named).values()))
        if known < len(named):
            found[subject_id] = [
                f"{len(named) - known} of the {len(named)} ids are of nothing that is this person’s own."
            ]
    return found


def newcomer_of(case: Case) -> UUID:
    """The id of the person who gets what is separated."""
    return uuid5(case.pk, "separate")


def separate(cases: Sequence[Case]) -> dict[UUID, dict[str, Any]]:
    """Gives what each case names to a person of its own; {case: how much of what, and to whom}."""
    told = {}
    for case in cases:
        to = DataSubject.objects.create(pk=newcomer_of(case))
        moved = {}
        for (model, link), keys in rows_named(case.subject_id, sealed_of(case)["what"].split()).items():
            moved[model._meta.label] = model._default_manager.filter(pk__in=keys).update(**{link: to})
        names.index([case.subject_id, to.pk])
        told[case.pk] = {"moved": moved, "from": pseudonym(str(case.subject_id)), "to": pseudonym(to.pk)}
    return told


@local("people.separate")
@one_by_one
def record_what_is_separate(job: CaseJob, step: Step) -> Done:
    """Writes down who has it now, and how many rows that are with what hangs on them."""
    to = newcomer_of(job.case)
    return Done({"rows": _rows_of(to), "subject": str(to)[:SHORT_ID]}, units=1)


@register
class Separate(OfAccounts):
    key, label, icon = "separate", "Separation of what is another’s", "person_remove"
    button, title, submit = (
        "Separate…",
        "Ask to separate from {people} what is another person’s",
        "Ask for the separation",
    )
    happens = (
        "Nothing is moved yet: another member of staff has to approve. You cannot approve it yourself.",
        "Then what you name goes to a new person without a name, whose id the request tells, with what hangs on it.",
        "A merge of the two brings it together again.",
    )
    asks = (WHAT, reason(read_by_the_person=False))
    decision = Decision(
        "Approve the separation…", "Separate it",
        (
            "You agree that what is named below is not this person’s.",
            "It goes to a new person without a name, with what hangs on it.",
        ),
        "Separated: {cases}.", "Waits for another person’s approval", "separate", is_dangerous=True,
    )  # fmt: skip
    refuses = dict.fromkeys(Stage, UNSETTLED)
    against, takes_effect = not_theirs, separate
    steps = (StepKind("people.separate", "Record what is another person’s now"),)
