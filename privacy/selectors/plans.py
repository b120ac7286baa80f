"""What a request would do, before it does it: the dry run that staff read and a plan is frozen from."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.files.storage import Storage
from django.db import connection, models

from privacy.connectors.base import connectors
from privacy.connectors.recipients import References, references_of_all
from privacy.datamap import PersonalData, compiler, registry
from privacy.datamap.readable import readable_counts_of_all
from privacy.datamap.scope import Scope, subject_in
from privacy.models import Case, CaseJob, Identifier, Job, Step
from privacy.selectors import mentions

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
    know any of them: {mode: {name: how many}}; `parts` what deciding for it approves."""

    title: str
    erases: bool
    subjects: int
    lines: list[ModelLine]
    files: int
    processors: dict[str, dict[str, int]]
    parts: frozenset[str] = frozenset()

    @property
    def rows(self) -> int:
        return sum(line.rows for line in self.lines)


@dataclass(frozen=True)
class There:
    """What is there of some people: {subject: {model label: {action: rows}}}, and {processor: {subject: its names for
    them}}."""

    rows: dict[UUID, dict[str, dict[str, int]]]
    known: dict[str, References]


def look(subject_ids: Sequence[UUID], scope: Scope | None = None) -> There:
    """`scope`, if given, names the same people."""
    return There(row_counts(subject_ids, scope), references_of_all(subject_ids, scope))


def erasure_plan(subject_ids: Sequence[UUID]) -> Plan:
    """The dry run of erasing these people, read with one query a model."""
    return Plan(
        title="What erasure does",
        erases=True,
        subjects=len(subject_ids),
        lines=model_lines(subject_ids),
        files=sum(file_counts(subject_ids).values()),
        processors=processor_counts(subject_ids),
        parts=frozenset().union(*erasure_parts(subject_ids).values()),
    )


def access_plan(subject_ids: Sequence[UUID]) -> Plan:
    """The dry run of exporting: rows and files a model."""
    return Plan(
        title="What the package holds",
        erases=False,
        subjects=len(subject_ids),
        lines=package_lines(subject_ids),
        files=sum(package_file_counts(subject_ids).values()),
        processors={},
    )


def row_counts(subject_ids: Sequence[UUID], scope: Scope | None = None) -> dict[UUID, dict[str, dict[str, int]]]:
    """{subject: {model label: {action: rows}}}; `scope`, if given, names the same people."""
    scope = scope or Scope.many(subject_ids)
    found: dict[UUID, dict[str, dict[str, int]]] = {s: {} for s in subject_ids}
    with connection.cursor() as cursor:
        cursor.execute(*compiler.counts_of_all(compiler.all_declarations(), scope))
        for label, key, action, rows in cursor.fetchall():
            found[subject_in(key)].setdefault(label, {})[action] = rows
    return found


def package_counts(
    subject_ids: Sequence[UUID], own: Mapping[str, int] = MappingProxyType(OWN_RECORD)
) -> dict[UUID, dict[str, int]]:
    """{subject: {model label: rows}} of the package that each of them gets: what is there, and what asking for it adds
    of its own."""
    scope = Scope.many(subject_ids)
    found = {s: Counter(own) for s in subject_ids}
    with connection.cursor() as cursor:
        cursor.execute(*readable_counts_of_all(scope))
        for label, key, rows in cursor.fetchall():
            found[subject_in(key)][label] += rows
    return {subject_id: dict(counted) for subject_id, counted in found.items()}


def package_lines(subject_ids: Sequence[UUID]) -> list[ModelLine]:
    totals = sum((Counter(counted) for counted in package_counts(subject_ids).values()), Counter())
    return [
        ModelLine(d.label(), name_of(d), {"export": totals[d.label()]})
        for d in compiler.all_declarations()
        if totals[d.label()]
    ]


def name_of(declaration: type[PersonalData]) -> str:
    return str(declaration.model._meta.verbose_name_plural).capitalize()


def model_lines(subject_ids: Sequence[UUID]) -> list[ModelLine]:
    totals: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    counted = row_counts(subject_ids)
    heirs, named = _handed_over(left_to_others(counted), subject_ids)
    for labels in counted.values():
        for label, actions in labels.items():
            for action, rows in actions.items():
                totals[label][action] += rows
    lines = []
    for declaration in compiler.all_declarations():
        actions = dict(totals.get(declaration.label(), {}))
        because = [k.because for k in declaration.keeps()] if "keep" in actions else []
        if "hand over" in actions and declaration.joint:
            because.append(declaration.joint.because)
        if actions:
            label = declaration.label()
            lines.append(ModelLine(label, name_of(declaration), actions, because, dict(heirs[label]), named[label]))
    return lines


def _handed_over(left: Collection[str], subject_ids: Sequence[UUID]) -> tuple[dict[str, Counter[UUID]], Counter[str]]:
    """({model label: {heir: rows}}, {model label: rows that name the person}) of what others get."""
    heirs: dict[str, Counter[UUID]] = defaultdict(Counter)
    scope = Scope.many(subject_ids)
    for heir in heirs_of(subject_ids, scope) if left else ():
        heirs[heir.label][heir.heir_id] += heir.rows
    named: Counter[str] = Counter()
    for labels in named_where(left, subject_ids, scope).values():
        named.update(labels)
    return heirs, named


def file_counts(subject_ids: Sequence[UUID]) -> dict[UUID, int]:
    """{subject: files that erasure would delete}; people without files are left out."""
    erased = ((d, f) for d in compiler.all_declarations() if d.deletes_rows() for f in d.file_fields())
    return _with_files(erased, subject_ids)


def package_file_counts(subject_ids: Sequence[UUID]) -> dict[UUID, int]:
    """{subject: files that the package would hold}."""
    shown = (
        (d, f) for d in compiler.all_declarations() for f in d.file_fields() if f.name not in d.withheld
    )  # fmt: skip
    return _with_files(shown, subject_ids)


def _with_files(
    fields: Iterable[tuple[type[PersonalData], models.FileField]], subject_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """In one query, a branch a field."""
    branches = [_with_a_file(declaration, file_field, subject_ids) for declaration, file_field in fields]
    found: Counter[UUID] = Counter()
    for subject_id, number in branches[0].union(*branches[1:], all=True) if branches else ():
        found[subject_id] += number
    return dict(found)


def _with_a_file(
    declaration: type[PersonalData], file_field: models.FileField, subject_ids: Sequence[UUID]
) -> models.QuerySet[Any, tuple[UUID, int]]:
    rows = declaration.model._default_manager.filter(**{f"{declaration.subject}__in": subject_ids})
    named = rows.exclude(**{file_field.name: ""})
    counted: models.QuerySet[Any, tuple[UUID, int]]
    counted = named.order_by().values_list(declaration.subject).annotate(n=models.Count("pk"))
    return counted


def files(scope: Scope, limit: int | None = None) -> list[tuple[models.FileField, list[str]]]:
    """(file field, stored names) of the rows that erasure will delete; at most `limit` names a field."""
    found = []
    with connection.cursor() as cursor:
        for declaration in compiler.all_declarations():
            if not declaration.deletes_rows():
                continue
            for file_field in declaration.file_fields():
                where, params = compiler.rows(declaration, scope, own=True)
                column = connection.ops.quote_name(file_field.column)
                table = connection.ops.quote_name(declaration.model._meta.db_table)
                tail = f" ORDER BY 1 LIMIT {int(limit)}" if limit else ""
                cursor.execute(f"SELECT {column} FROM {table} WHERE {where} AND {column} <> ''{tail}", params)
                found.append((file_field, [name for (name,) in cursor.fetchall()]))
    return found


def own_folders(subject_id: UUID) -> Iterator[tuple[Storage, str, list[str], list[str]]]:
    """(storage, name, folders in it, files in it) of the person's own folders; a storage without folders has none."""
    for declaration in registry.declarations.values():
        for file_field in declaration.file_fields() if declaration.folder else []:
            folder = declaration.folder.format(subject=subject_id)
            try:
                folders, names = file_field.storage.listdir(folder)
            except FileNotFoundError:
                continue
            yield file_field.storage, folder, folders, names


def has_folders(subject_id: UUID) -> bool:
    """Whether the person has any of their own; most have none."""
    return any(True for _ in own_folders(subject_id))


def stray_files(subject_id: UUID) -> list[tuple[Storage, str]]:
    """(storage, name) of files in the person's own folders: once the rows are gone, no row knows them."""
    return [(storage, f"{folder}/{name}") for storage, folder, _, names in own_folders(subject_id) for name in names]


def empty_folders(subject_id: UUID) -> list[tuple[Storage, str]]:
    """(storage, name) of the person's own folders that hold nothing."""
    return [
        (storage, folder) for storage, folder, folders, names in own_folders(subject_id) if not folders and not names
    ]


def processor_counts(subject_ids: Sequence[UUID]) -> dict[str, dict[str, int]]:
    """{how it is told: {processor name: how many of these people it knows}}."""
    found: dict[str, dict[str, int]] = {}
    for key, known in sorted(references_of_all(subject_ids).items()):
        if known:
            found.setdefault(connectors[key].mode, {})[connectors[key].name] = len(known)
    return found


def erasure_parts(subject_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """{person: what approving their erasure approves}: what happens to which tables, who gets what is handed over,
    which processors are asked. No counts, for usage grows daily; and not our own records, which deciding adds to."""
    return parts_of(look(subject_ids), subject_ids, Scope.many(subject_ids))


def parts_of(there: There, subject_ids: Sequence[UUID], scope: Scope) -> dict[UUID, frozenset[str]]:
    """The same, of what is there; `scope` names these people."""
    ours = {model._meta.label for model in registry.evidence()}
    found = {
        person: {
            f"{action} {label}" for label, actions in there.rows[person].items() if label not in ours
            for action in actions
        }
        for person in subject_ids
    }  # fmt: skip
    if left := left_to_others(there.rows):
        for heir in heirs_of(subject_ids, scope):
            found[heir.subject_id].add(f"pass {heir.label} {heir.heir_id}")
        for subject_id, labels in named_where(left, subject_ids, scope).items():
            found[subject_id].update(f"leave the name in {label}" for label in labels)
    for key, known in there.known.items():
        for subject_id in known.keys() & found.keys():
            found[subject_id].add(f"tell {key}")
    return {subject_id: frozenset(parts) for subject_id, parts in found.items()}


def left_to_others(counted: Mapping[UUID, Mapping[str, Mapping[str, int]]]) -> set[str]:
    """Labels of the models of which these people's rows are handed over."""
    return {label for labels in counted.values() for label, actions in labels.items() if "hand over" in actions}


def heirs_of(subject_ids: Sequence[UUID], scope: Scope) -> list[Heir]:
    """Who would get what of these people is handed over."""
    with connection.cursor() as cursor:
        cursor.execute(*compiler.heirs(scope))
        found = cursor.fetchall()
    to_id = subject_in
    return [Heir(label, to_id(subject), to_id(heir), rows) for label, subject, heir, rows in found]


def named_where(labels: Collection[str], subject_ids: Sequence[UUID], scope: Scope) -> dict[UUID, dict[str, int]]:
    """{person: {model label: rows}} of what is handed over and goes on naming them."""
    identifiers = list(Identifier.objects.filter(subject__in=subject_ids)) if labels else []
    return mentions.in_handed_over(labels, subject_ids, identifiers, scope)


def since_approved(jobs: Sequence[CaseJob], parts: Mapping[UUID, frozenset[str]]) -> dict[CaseJob, list[str]]:
    """{job: parts that its plan has got since it was decided}, of those that were and have got any."""
    new = {job: parts[job.subject_id].difference(job.approved) for job in jobs if job.approved}
    return {job: sorted(found) for job, found in new.items() if found}


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
