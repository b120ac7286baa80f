"""System checks: a table, a field, a path or a reason that is missing stops the start."""

import re
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.core.checks import Error, Tags, register
from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from privacy.datamap import registry, triggers
from privacy.datamap.declaration import Evidence, Joint, Others, PersonalData
from privacy.datamap.fields import Column, date_fault, far_end, field_of
from privacy.datamap.names import SUBJECT
from privacy.datamap.treatments import TEXT, DeleteRow, HandOver, Treatment
from privacy.datamap.vocabulary import LawfulBasis, Use

PROCESSOR = "privacy.Processor"
KEY = re.compile(r"[a-z][a-z0-9_]+")
NEEDED = ("subject", "purpose", "lawful_basis", "retention")


@register("datamap")
def check_data_map(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Every model declared once, every field once, every path, treatment and reason sound."""
    errors, known = [], registry.models_with_tables()
    for model in known:
        declared, exempted = registry.declarations.get(model), registry.exemptions.get(model)
        eraser = registry.erasers.get(model)
        if (declared is not None) + (exempted is not None) + (eraser is not None) > 1:
            errors.append(_error("E001", model, "is more than one of declared, exempted and erased by what it quotes"))
        elif declared:
            errors += _check_declaration(declared)
        elif eraser:
            errors += _check_exemption(model, eraser.because)
        elif exempted is not None:
            errors += _check_exemption(model, exempted)
        else:
            errors.append(_error("E002", model, "is not in the data map: declare it in personal_data, or exempt it"))
    for model, evidence in registry.evidence().items():
        errors += _check_evidence(model, evidence)
    stale = [model for model in [*registry.declarations, *registry.exemptions, *registry.erasers] if model not in known]
    errors += [_error("E013", model, "has no table of its own: its place in the data map is stale") for model in stale]
    return errors


@register(Tags.database)
def check_tables(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[Error]:
    """Every table and column belongs to the data map, every recipient to the inventory (`check --database default`)."""
    errors = []
    for alias in databases or []:
        if is_migrated(connections[alias]):
            errors += (
                _check_columns(connections[alias]) + _check_recipients(alias) + _check_triggers(connections[alias])
            )
    return errors


def is_migrated(connection: BaseDatabaseWrapper) -> bool:
    """`migrate` runs these checks first: before it has run, the tables are those of the version before."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _check_columns(connection: BaseDatabaseWrapper) -> list[Error]:
    errors = []
    fields: dict[str, set[str]] = {}
    for model in registry.models_with_tables():
        fields.setdefault(model._meta.db_table, set()).update(f.column for f in model._meta.local_concrete_fields)
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table not in fields:
                errors.append(Error(f"Table {table!r} belongs to no model of the data map.", id="datamap.E011"))
                continue
            columns = {c.name for c in connection.introspection.get_table_description(cursor, table)}
            errors += [
                Error(f"Column {name!r} of table {table!r} belongs to no field of the data map.", id="datamap.E011")
                for name in sorted(columns - fields[table])
            ]
    return errors


def _check_recipients(alias: str) -> list[Error]:
    inventory = set(apps.get_model(PROCESSOR).objects.using(alias).values_list("key", flat=True))
    return [
        _error("E015", declaration.model, f"names {key!r} as recipient, which is no processor of the inventory")
        for declaration in registry.declarations.values()
        for key in sorted(set(declaration.recipients) - inventory)
    ]


def _check_triggers(connection: BaseDatabaseWrapper) -> list[Error]:
    """They are lifted while migrations run: one that failed half-way has left the database without them."""
    if not (names := triggers.differences(connection)):
        return []
    text = f"{len(names)} triggers are not as the data map says, such as {names[0]!r}. Run `manage.py migrate`."
    return [Error(text, id="datamap.E016")]


def _check_exemption(model: type[models.Model], because: str) -> list[Error]:
    errors = []
    if len(because.strip()) < 15:
        errors.append(_error("E003", model, "is exempted without a reason a reader could check"))
    if any(_points_at_subject(field) for field in model._meta.concrete_fields):
        errors.append(_error("E004", model, "is exempted but points at the data subject"))
    if any(isinstance(field, GenericForeignKey) for field in model._meta.private_fields):
        errors.append(_error("E004", model, "is exempted but may point at the data subject by a generic foreign key"))
    for field in model._meta.concrete_fields:
        if target := _deleted_by_erasure(field):
            text = f"is exempted, but {field.name!r} points at {target.label()}, whose rows erasure deletes"
            errors.append(_error("E012", model, text))
    return errors


def _check_declaration(declaration: type[PersonalData]) -> list[Error]:
    model = declaration.model
    missing = [name for name in NEEDED if not hasattr(declaration, name)]
    if missing:
        return [_error("E008", model, f"has no {name}") for name in missing]
    errors = _check_completeness(declaration) + _check_path(declaration) + _check_why(declaration)
    if errors:
        return errors  # the rest would stumble over the same faults
    for name, treatment in declaration.treatments().items():
        errors += _check_treatment(declaration, name, treatment)
    errors += _check_outcome(declaration)
    if declaration.joint:
        for name, treatment in declaration.joint.fields.items():
            errors += _check_treatment(declaration, name, treatment, joint=True)
        errors += _check_joint(declaration, declaration.joint)
    if declaration.others:
        errors += _check_others(declaration, declaration.others)
    return errors + _check_guards(declaration) + _check_dangling(declaration)


def _check_completeness(declaration: type[PersonalData]) -> list[Error]:
    model, errors = declaration.model, []
    names = {f.name for f in model._meta.concrete_fields}
    personal, other = set(declaration.fields), set(declaration.not_personal)
    named = personal | other | set(declaration.withheld) | set(declaration.veiled) | set(declaration.roles)
    named |= {veiled.field for veiled in declaration.veiled.values()} | set(declaration.silent.split("__")[:1]) - {""}
    if declaration.joint:
        named |= set(declaration.joint.fields)
    for name in sorted(names - personal - other):
        errors.append(_error("E005", model, f"does not say whether {name!r} is personal"))
    for name in sorted(personal & other):
        errors.append(_error("E006", model, f"calls {name!r} both personal and not personal"))
    for name in sorted(named - names):
        errors.append(_error("E006", model, f"names {name!r}, which is not a field"))
    reasons = declaration.withheld | {name: veiled.because for name, veiled in declaration.veiled.items()}
    for name, because in reasons.items():
        if not because.strip():
            errors.append(_error("E003", model, f"withholds {name!r} without a reason"))
    if model._meta.parents:
        errors.append(_error("E013", model, "inherits columns of another table: the statements of one reach only one"))
    return errors


def _check_path(declaration: type[PersonalData]) -> list[Error]:
    model = declaration.model
    for name in declaration.path():
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return [_error("E007", declaration.model, f"has a path through {name!r}, which is not a field")]
        if not isinstance(field, models.ForeignKey):
            return [_error("E007", declaration.model, f"has a path through {name!r}, which is not a foreign key")]
        if field.null and not declaration.about_nobody:
            return [_error("E007", declaration.model, f"has a path through {name!r}, which may be NULL")]
        if not field.target_field.primary_key:
            return [_error("E007", declaration.model, f"has a path through {name!r}, which leads to no primary key")]
        model = far_end(field)
    if model._meta.label != SUBJECT:
        return [_error("E007", declaration.model, f"has a path that ends at {model._meta.label}, not at {SUBJECT}")]
    return []


def _check_why(declaration: type[PersonalData]) -> list[Error]:
    """Purposes, bases, recipients and retention are of their vocabularies, and the retention can be counted."""
    model, errors = declaration.model, []
    for purpose, basis in declaration.purposes().items():
        if not isinstance(purpose, Use):
            errors.append(_error("E018", model, f"has the purpose {purpose!r}, which is no Use"))
        if not isinstance(basis, LawfulBasis):
            errors.append(_error("E018", model, f"has the lawful basis {basis!r}, which is no LawfulBasis"))
    for key in declaration.recipients:
        if not KEY.fullmatch(key):
            errors.append(_error("E018", model, f"names {key!r} as recipient, which can be no processor's key"))
    retention = declaration.retention
    if retention.has_end != bool(retention.after):
        errors.append(_error("E019", model, "is kept for a period without a start, or from a start without a period"))
    elif retention.has_end and (fault := date_fault(model, retention.after)):
        errors.append(_error("E019", model, f"is kept for a period that {fault}"))
    for name, personal in declaration.fields.items():
        if personal.special and not isinstance(field_of(model, name), (*TEXT, models.JSONField, models.FileField)):
            errors.append(_error("E020", model, f"calls {name!r} special, in which nobody can write"))
        errors += _check_by_others(declaration, name, personal.by_others)
    return errors


def _check_by_others(declaration: type[PersonalData], name: str, where: bool | str) -> list[Error]:
    """What is searched is text that the package shows as it is stored, and where it is searched can be told."""
    if not where:
        return []
    model, field = declaration.model, field_of(declaration.model, name)
    if not isinstance(field, TEXT) or field.choices:
        return [_error("E021", model, f"says that others write {name!r}, in which nobody can write")]
    if declaration.derived or name in (*declaration.withheld, *declaration.veiled, *declaration.roles):
        return [_error("E021", model, f"says that others write {name!r}, which no package shows as it is stored")]
    if isinstance(where, str) and not next((f.null for f in model._meta.concrete_fields if f.name == where), False):
        return [_error("E021", model, f"says that others write {name!r} by {where!r}, which is no field to be empty")]
    return []


def _check_outcome(declaration: type[PersonalData]) -> list[Error]:
    deleted = [isinstance(t, DeleteRow) for t in declaration.treatments().values()]
    if not deleted:
        return [_error("E009", declaration.model, "names no personal field, so erasure would leave its rows alone")]
    if any(deleted) and not all(deleted):
        return [_error("E009", declaration.model, "deletes the row for some fields and keeps it for others")]
    return []


def _check_treatment(
    declaration: type[PersonalData], name: str, treatment: Treatment, *, joint: bool = False
) -> list[Error]:
    model = declaration.model
    field = field_of(model, name)
    if isinstance(treatment, HandOver):
        sound = joint and _points_at_subject(field)
        return [] if sound else [_error("E010", model, f"hands over {name!r}, which is no joint link to the subject")]
    fault = treatment.fault(field)
    if not fault and treatment.word in ("blank", "stamp") and name in _fields_that_differ(model):
        fault = "a constant on a UNIQUE column"
    return [_error("E010", model, f"cannot erase {name!r}: {fault}")] if fault else []


def _fields_that_differ(model: type[models.Model]) -> set[str]:
    """Names of the fields in UNIQUE constraints without a condition: two rows of a person must stay apart."""
    alone = [[f.name] for f in model._meta.concrete_fields if f.unique]
    together = [c.fields for c in model._meta.total_unique_constraints] + list(model._meta.unique_together)
    return {name for names in [*alone, *together] for name in names}


def _check_guards(declaration: type[PersonalData]) -> list[Error]:
    """What the triggers are compiled from."""
    model, errors = declaration.model, []
    if declaration.despite_freeze and len(declaration.despite_freeze.strip()) < 15:
        errors.append(_error("E003", model, "comes in despite a freeze without a reason a reader could check"))
    for name, personal in declaration.fields.items():
        if personal.despite_hold and len(personal.despite_hold.strip()) < 15:
            errors.append(_error("E003", model, f"lets {name!r} change under a hold without a reason to check"))
        if personal.starts_processing and not isinstance(model._meta.get_field(name), models.BooleanField):
            errors.append(_error("E017", model, f"starts processing by {name!r}, which is no yes or no"))
    return errors


def _check_evidence(model: type[models.Model], evidence: Evidence) -> list[Error]:
    names = {field.name for field in model._meta.concrete_fields}
    return [
        _error("E006", model, f"names {name!r} as evidence, which is not a field")
        for name in sorted(evidence.named() - names)
    ]


def _check_joint(declaration: type[PersonalData], joint: Joint) -> list[Error]:
    path, errors = declaration.path(), _check_others(declaration, joint.others)
    if not joint.because.strip():
        errors.append(_error("E003", declaration.model, "is joint without a reason"))
    if len(path) != 1 or not isinstance(joint.fields.get(path[0]), HandOver):
        errors.append(_error("E014", declaration.model, "is joint, but does not hand over its link to the subject"))
    if joint.along:
        errors += _check_along(declaration, joint)
    return errors


def _check_along(declaration: type[PersonalData], joint: Joint) -> list[Error]:
    link = next((f for f in declaration.model._meta.concrete_fields if f.name == joint.along), None)
    target = registry.declarations.get(far_end(link)) if isinstance(link, models.ForeignKey) else None
    if target and target.joint and not target.joint.along and target.joint.others.relation == joint.others.relation:
        return []
    text = f"goes along with {joint.along!r}, which is no link to a joint row of the same people"
    return [_error("E014", declaration.model, text)]


def _check_others(declaration: type[PersonalData], others: Others) -> list[Error]:
    model = declaration.model
    try:
        relation = apps.get_model(others.relation)
    except (LookupError, ValueError):
        return [_error("E014", model, f"tells others from {others.relation!r}, which is not a model")]
    columns = {f.column for f in relation._meta.concrete_fields}
    wanted = {others.key, others.role} | ({declaration.joint.order_by} if declaration.joint else set())
    errors = [
        _error("E014", model, f"tells others from {others.relation}, which has no column {name!r}")
        for name in sorted(wanted - columns)
    ]
    if others.here not in {f.column for f in model._meta.concrete_fields}:
        errors.append(_error("E014", model, f"tells others by its column {others.here!r}, which it does not have"))
    links = {f.name for f in relation._meta.concrete_fields if _points_at_subject(f)}
    if others.subject not in links:
        text = f"tells others from {others.relation}, where {others.subject!r} is no link to the subject"
        errors.append(_error("E014", model, text))
    return errors


def _check_dangling(declaration: type[PersonalData]) -> list[Error]:
    """A row that stays must not point, NOT NULL, at a row that goes."""
    errors = []
    for field in declaration.model._meta.concrete_fields:
        target = _deleted_by_erasure(field)
        if not target or field.null:
            continue
        if field.name == (declaration.path() or [""])[0]:
            if not declaration.deletes_rows():
                errors.append(_error("E012", declaration.model, f"stays, but {field.name!r} points at a deleted row"))
        elif not _is_membership(declaration, field, target):
            errors.append(
                _error(
                    "E012",
                    declaration.model,
                    f"may belong to another person, but {field.name!r} points at a row that erasure deletes: "
                    "let it be NULL, or go to the subject through it",
                )
            )
    return errors


def _deleted_by_erasure(field: Column) -> type[PersonalData] | None:
    """The declaration of the model that a foreign key points at, if erasure deletes its rows."""
    target = registry.declarations.get(far_end(field)) if isinstance(field, models.ForeignKey) else None
    return target if target and target.deletes_rows() else None


def _is_membership(declaration: type[PersonalData], field: Column, target: type[PersonalData]) -> bool:
    """Whether the row is what makes its target joint: then the target stays as long as the row does."""
    joint = target.joint
    return joint is not None and joint.others.relation == declaration.label() and joint.others.key == field.column


def _points_at_subject(field: Column) -> bool:
    return isinstance(field, models.ForeignKey) and far_end(field)._meta.label == SUBJECT


def _error(number: str, model: type[models.Model], text: str) -> Error:
    return Error(f"{model._meta.label} {text}.", obj=model, id=f"datamap.{number}")
