"""What a request would do, before it does it: the dry run that staff read and a plan is frozen from."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from privacy.connectors.base import References, connectors, read_names
from privacy.connectors.recipients import asked_for, by_person
from privacy.datamap import PersonalData, compiler, registry
from privacy.datamap.readable import readable_counts_of_all
from privacy.datamap.scope import Scope
from privacy.models import Case, CaseJob, Job, Step
from privacy.models.accounts import scope_of
from privacy.selectors import mentions, redactions

# The export's own: its job with one step, and before it is asked for its request too. The package's row is written when
# the package is closed.
OWN_JOB = {Job._meta.label: 1, Step._meta.label: 1}
OWN_RECORD = {Case._meta.label: 1} | OWN_JOB


@dataclass
class ModelLine:
    """What a request would do to one model: rows by action, the reasons for what stays, who gets how much of what is
    handed over, and how much of that names the person."""

    label: str
    name: str
    actions: dict[str, int]
    because: list[str] = field(default_factory=list)
    heirs: dict[UUID, int] = field(default_factory=dict)
    named: int = 0

    @property
    def rows(self) -> int:
        return sum(self.actions.values())


@dataclass(frozen=True)
class Heir:
    """Who gets how many rows of a model that a person leaves to others."""

    label: str
    subject_id: UUID
    heir_id: UUID
    rows: int


@dataclass
class Plan:
    """The dry run for some people, under a title; `erases` when it takes something away. `processors` are those that
    know any of them: {mode: {name: how many}}; `parts_of` each person is what deciding for them approves."""

    title: str
    erases: bool
    subjects: int
    lines: list[ModelLine]
    files: int
    processors: dict[str, dict[str, int]]
    parts_of: Mapping[UUID, frozenset[str]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(line.rows for line in self.lines)

    @property
    def heirs(self) -> set[UUID]:
        return {heir for line in self.lines for heir in line.heirs}

    @property
    def parts(self) -> frozenset[str]:
        """What deciding for all of them approves."""
        return frozenset().union(*self.parts_of.values())


@dataclass(frozen=True)
class Counted:
    """{person: {model label: {action: rows}}}, who inherits, and {person: files of rows that erasure deletes}."""

    rows: dict[UUID, dict[str, dict[str, int]]]
    heirs: list[Heir]
    files: dict[UUID, int]


@dataclass(frozen=True)
class There(Counted):
    """What is there of some people, {processor: {person: its names for them}}, and what we call them."""

    known: dict[str, References]
    names: dict[str, UUID]


def look(subject_ids: Sequence[UUID], scope: Scope | None = None) -> There:
    """`scope`, if given, names the same people."""
    scope = scope or scope_of(subject_ids)
    accounts = list(scope.people or subject_ids)
    counted = count(subject_ids, scope)
    called = read_names(asked_for(accounts, scope) | mentions.asked_for(accounts))
    names = mentions.names_in(called.pop(mentions.OURS))
    known = {key: by_person(theirs, scope) for key, theirs in called.items()}
    return There(counted.rows, counted.heirs, counted.files, known, names)


@dataclass(frozen=True)
class Found:
    """What the dry run of an erasure is made from: what is there, and {person: {model label: rows that go on naming
    them}}."""

    there: There
    named: dict[UUID, dict[str, int]]


def find(subject_ids: Sequence[UUID], scope: Scope | None = None) -> Found:
    """`scope`, if given, names the same people."""
    scope = scope or scope_of(subject_ids)
    return found_in(look(subject_ids, scope), subject_ids, scope)


def found_in(seen: There, subject_ids: Sequence[UUID], scope: Scope) -> Found:
    """Of what was seen, perhaps of others too, that of these people; `scope` names them."""
    these = {*subject_ids}
    there = There(
        rows={subject_id: seen.rows[subject_id] for subject_id in subject_ids},
        heirs=[heir for heir in seen.heirs if heir.subject_id in these],
        files={subject_id: seen.files[subject_id] for subject_id in subject_ids},
        known={key: {pk: names[pk] for pk in names.keys() & these} for key, names in seen.known.items()},
        names={name: account for name, account in seen.names.items() if scope.person(account) in these},
    )
    return Found(there, mentions.in_handed_over(left_to_others(there.rows), there.names, scope))


def erasure_plan(subject_ids: Sequence[UUID], scope: Scope | None = None) -> Plan:
    """The dry run of erasing these people, each thing read once."""
    found = find(subject_ids, scope)
    return Plan(
        title="What erasure does",
        erases=True,
        subjects=len(subject_ids),
        lines=model_lines(found),
        files=sum(found.there.files.values()),
        processors=processor_counts(found.there.known),
        parts_of=parts_in(found),
    )


def access_plan(subject_ids: Sequence[UUID], scope: Scope | None = None) -> Plan:
    """The dry run of exporting: rows and files a model."""
    scope = scope or scope_of(subject_ids)
    return Plan(
        title="What the package holds",
        erases=False,
        subjects=len(subject_ids),
        lines=package_lines(subject_ids, scope),
        files=sum(package_file_counts(subject_ids, scope).values()),
        processors={},
    )


def merge_plan(subject_ids: Sequence[UUID], scope: Scope | None = None) -> Plan:
    """The dry run of merging these accounts into another person: what is read together with theirs from then on."""
    totals: Counter[str] = Counter()
    counted = count(subject_ids, scope)
    for labels in counted.rows.values():
        totals.update({label: sum(actions.values()) for label, actions in labels.items()})
    found = [d for d in compiler.all_declarations() if totals[d.label()]]
    lines = [ModelLine(d.label(), name_of(d), {"join": totals[d.label()]}) for d in found]
    return Plan(
        title="What is read together with the other’s",
        erases=False,
        subjects=len(subject_ids),
        lines=lines,
        files=sum(counted.files.values()),
        processors={},
    )


def row_counts(subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, dict[str, int]]]:
    """{subject: {model label: {action: rows}}}."""
    return count(subject_ids).rows


def count(subject_ids: Sequence[UUID], scope: Scope | None = None) -> Counted:
    """In one query, with who inherits; `scope`, if given, names the same people."""
    scope = scope or scope_of(subject_ids)
    counted = Counted({s: {} for s in subject_ids}, [], dict.fromkeys(subject_ids, 0))
    with connection.cursor() as cursor:
        cursor.execute(*compiler.counts_of_all(compiler.all_declarations(), scope))
        for label, key, action, heir, rows, files in cursor.fetchall():
            person = scope.person(key)
            of_model = counted.rows[person].setdefault(label, {})
            of_model[action] = of_model.get(action, 0) + rows
            counted.files[person] += files if action == "delete" else 0
            if heir:
                counted.heirs.append(Heir(label, person, UUID(heir), rows))
    return counted


def package_counts(
    subject_ids: Sequence[UUID], scope: Scope | None = None, own: Mapping[str, int] = MappingProxyType(OWN_RECORD)
) -> dict[UUID, dict[str, int]]:
    """{subject: {model label: rows}} of the package that each of them gets: what is there, and what asking for it adds
    of its own."""
    scope = scope or scope_of(subject_ids)
    found = {s: Counter(own) for s in subject_ids}
    with connection.cursor() as cursor:
        cursor.execute(*readable_counts_of_all(scope))
        for label, key, rows in cursor.fetchall():
            found[scope.person(key)][label] += rows
    for counted in found.values():
        counted[Step._meta.label] += bool(redactions.to_search(counted))  # the step that does
    return {subject_id: dict(counted) for subject_id, counted in found.items()}


def package_lines(subject_ids: Sequence[UUID], scope: Scope) -> list[ModelLine]:
    totals = sum((Counter(counted) for counted in package_counts(subject_ids, scope).values()), Counter())
    return [
        ModelLine(d.label(), name_of(d), {"export": totals[d.label()]})
        for d in compiler.all_declarations()
        if totals[d.label()]
    ]


def name_of(declaration: type[PersonalData]) -> str:
    return str(declaration.model._meta.verbose_name_plural).capitalize()


def model_lines(found: Found) -> list[ModelLine]:
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for labels in found.there.rows.values():
        for label, actions in labels.items():
            totals[label].update(actions)
    return [_model_line(d, dict(totals[d.label()]), found) for d in compiler.all_declarations() if totals[d.label()]]


def _model_line(declaration: type[PersonalData], actions: dict[str, int], found: Found) -> ModelLine:
    label, heirs = declaration.label(), Counter[UUID]()
    because = [k.because for k in declaration.keeps()] if "keep" in actions else []
    if "hand over" in actions and declaration.joint:
        because.append(declaration.joint.because)
    for heir in found.there.heirs:
        if heir.label == label:
            heirs[heir.heir_id] += heir.rows
    named = sum(labels.get(label, 0) for labels in found.named.values())
    return ModelLine(label, name_of(declaration), actions, because, dict(heirs), named)


def file_counts(subject_ids: Sequence[UUID], scope: Scope | None = None) -> dict[UUID, int]:
    """{subject: files that erasure would delete}; people without files are left out. `scope`, if given, names the same
    people."""
    erased = ((d, f) for d in compiler.all_declarations() if d.deletes_rows() for f in d.file_fields())
    return _with_files(erased, subject_ids, scope or scope_of(subject_ids))


def package_file_counts(subject_ids: Sequence[UUID], scope: Scope) -> dict[UUID, int]:
    """{subject: files that the package would hold}."""
    shown = (
        (d, f) for d in compiler.all_declarations() for f in d.file_fields() if f.name not in d.withheld
    )  # fmt: skip
    return _with_files(shown, subject_ids, scope)


def _with_files(
    fields: Iterable[tuple[type[PersonalData], models.FileField]], subject_ids: Sequence[UUID], scope: Scope
) -> dict[UUID, int]:
    """In one query, a branch a field."""
    accounts = list(scope.people or subject_ids)
    branches = [_with_a_file(declaration, file_field, accounts) for declaration, file_field in fields]
    found: Counter[UUID] = Counter()
    for account, number in branches[0].union(*branches[1:], all=True) if branches else ():
        found[scope.person(account)] += number
    return dict(found)


def _with_a_file(
    declaration: type[PersonalData], file_field: models.FileField, subject_ids: Sequence[UUID]
) -> models.QuerySet[Any, tuple[UUID, int]]:
    rows = declaration.model._default_manager.filter(**{f"{declaration.subject}__in": subject_ids})
    named = rows.exclude(**{file_field.name: ""})
    counted: models.QuerySet[Any, tuple[UUID, int]]
    counted = named.order_by().values_list(declaration.subject).annotate(n=models.Count("pk"))
    return counted


def processor_counts(known: Mapping[str, References]) -> dict[str, dict[str, int]]:
    """{how it is told: {processor name: how many people it knows}}."""
    found: dict[str, dict[str, int]] = {}
    for key, people in sorted(known.items()):
        if people:
            found.setdefault(connectors[key].mode, {})[connectors[key].name] = len(people)
    return found


def erasure_parts(subject_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """{person: what approving their erasure approves}: what happens to which tables, who gets what is handed over,
    which processors are asked. No counts, for usage grows daily; and not our own records, which deciding adds to, nor
    what is made from other rows."""
    return parts_in(find(subject_ids))


def parts_in(found: Found) -> dict[UUID, frozenset[str]]:
    ours = {model._meta.label for model in registry.evidence()}
    ours |= {declared.label() for declared in compiler.all_declarations() if declared.derived}
    parts = {
        person: {f"{action} {label}" for label, actions in labels.items() if label not in ours for action in actions}
        for person, labels in found.there.rows.items()
    }
    for heir in found.there.heirs:
        parts[heir.subject_id].add(f"pass {heir.label} {heir.heir_id}")
    for subject_id, labels in found.named.items():
        parts[subject_id].update(f"leave the name in {label}" for label in labels)
    for key, people in found.there.known.items():
        for subject_id in people:
            parts[subject_id].add(f"tell {key}")
    return {subject_id: frozenset(of_person) for subject_id, of_person in parts.items()}


def left_to_others(counted: Mapping[UUID, Mapping[str, Mapping[str, int]]]) -> set[str]:
    """Labels of the models of which these people's rows are handed over."""
    return {label for labels in counted.values() for label, actions in labels.items() if "hand over" in actions}


def read_approved(jobs: Sequence[CaseJob]) -> None:
    """Gives jobs that a worker has locked the parts of their plans as they were decided: it locks them without."""
    approved = dict(Job.objects.filter(pk__in=[job.pk for job in jobs]).order_by().values_list("pk", "approved"))
    for job in jobs:
        job.approved = approved[job.pk]


def since_approved(jobs: Sequence[CaseJob], parts: Mapping[UUID, frozenset[str]]) -> dict[CaseJob, list[str]]:
    """{job: parts that its plan has got since it was decided}, of those that were and have got any."""
    new = {job: parts[job.subject_id].difference(job.approved) for job in jobs if job.approved}
    return {job: sorted(found) for job, found in new.items() if found}


def since_asked(case: Case, parts: Collection[str]) -> list[str]:
    """What has changed in the plan since the case was asked for, in sentences; none for one of before plans were noted
    at that time."""
    if not case.planned:
        return []
    new, gone = set(parts) - set(case.planned), set(case.planned) - set(parts)
    told = {"New in the plan since it was asked for": new, "In the plan then, and no longer": gone}
    return [f"{what}: {in_words(found)}." for what, found in told.items() if found]


def in_words(parts: Iterable[str]) -> str:
    """`delete notes, pass teams to Subject 1a2b3c4d, tell Clerk`."""
    return ", ".join(map(_in_words, sorted(parts)))


def _in_words(part: str) -> str:
    if part.startswith("pass "):
        _, label, heir = part.split()
        return f"pass {thing_named(label)} to Subject {heir[:8]}"
    action, _, thing = part.rpartition(" ")
    return f"{action} {thing_named(thing)}"


def thing_named(name: str) -> str:
    """What staff call a processor by its key, or the rows of a model by its label."""
    if name in connectors:
        return connectors[name].name
    return str(apps.get_model(name)._meta.verbose_name_plural)
