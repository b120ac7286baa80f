"""System checks: a table, a field, a path or a reason that is missing stops the start."""

from django.apps import apps
from django.core.checks import Error, Tags, register
from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models
from django.db.migrations.recorder import MigrationRecorder

from privacy.datamap import registry
from privacy.datamap.declaration import PersonalData
from privacy.datamap.treatments import DeleteRow, HandOver, Keep

SUBJECT = "privacy.DataSubject"


@register("datamap")
def check_data_map(app_configs, **kwargs) -> list[Error]:
    """Every model declared once, every field once, every path, treatment and reason sound."""
    errors = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed:
            continue
        declared, exempted = registry.declarations.get(model), registry.exemptions.get(model)
        if declared and exempted is not None:
            errors.append(_error("E001", model, "is both declared and exempted"))
        elif declared:
            errors += _check_declaration(declared)
        elif exempted is not None:
            errors += _check_exemption(model, exempted)
        else:
            errors.append(_error("E002", model, "is not in the data map: declare it in personal_data.py, or exempt it"))
    return errors


@register(Tags.database)
def check_tables(app_configs, databases=None, **kwargs) -> list[Error]:
    """Every table of the database belongs to a model of the data map (run by `check --database default`)."""
    errors = []
    for alias in databases or []:
        connection = connections[alias]
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor))
        known = {m._meta.db_table for m in [*registry.declarations, *registry.exemptions]}
        known.add(MigrationRecorder.Migration._meta.db_table)
        errors += [
            Error(f"Table {table!r} belongs to no model of the data map.", id="datamap.E011")
            for table in sorted(tables - known)
        ]
    return errors


def _check_exemption(model, because) -> list[Error]:
    errors = []
    if len(because.strip()) < 15:
        errors.append(_error("E003", model, "is exempted without a reason a reader could check"))
    if any(_points_at_subject(field) for field in model._meta.concrete_fields):
        errors.append(_error("E004", model, "is exempted but points at the data subject"))
    return errors


def _check_declaration(declaration: type[PersonalData]) -> list[Error]:
    model = declaration.model
    errors = _check_completeness(declaration) + _check_path(declaration)
    missing = [a for a in ("purpose", "lawful_basis", "retention") if not hasattr(declaration, a)]
    errors += [_error("E008", model, f"has no {name}") for name in missing]
    for name, treatment in declaration.treatments().items():
        errors += _check_treatment(declaration, name, treatment)
    deleted = [isinstance(t, DeleteRow) for t in declaration.treatments().values()]
    if any(deleted) and not all(deleted):
        errors.append(_error("E009", model, "deletes the row for some fields and keeps it for others"))
    if declaration.joint:
        for name, treatment in declaration.joint.fields.items():
            errors += _check_treatment(declaration, name, treatment, joint=True)
    return errors + _check_dangling(declaration)


def _check_completeness(declaration) -> list[Error]:
    model, errors = declaration.model, []
    names = {f.name for f in model._meta.concrete_fields}
    personal, other = set(declaration.fields), set(declaration.not_personal)
    for name in sorted(names - personal - other):
        errors.append(_error("E005", model, f"does not say whether {name!r} is personal"))
    for name in sorted(personal & other):
        errors.append(_error("E006", model, f"calls {name!r} both personal and not personal"))
    for name in sorted((personal | other | set(declaration.withheld) | set(declaration.roles)) - names):
        errors.append(_error("E006", model, f"names {name!r}, which is not a field"))
    for name, because in declaration.withheld.items():
        if not because.strip():
            errors.append(_error("E003", model, f"withholds {name!r} without a reason"))
    return errors


def _check_path(declaration) -> list[Error]:
    model = declaration.model
    for name in declaration.path():
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return [_error("E007", declaration.model, f"has a path through {name!r}, which is not a field")]
        if not isinstance(field, models.ForeignKey):
            return [_error("E007", declaration.model, f"has a path through {name!r}, which is not a foreign key")]
        if field.null:
            return [_error("E007", declaration.model, f"has a path through {name!r}, which may be NULL")]
        model = field.related_model
    if model._meta.label != SUBJECT:
        return [_error("E007", declaration.model, f"has a path that ends at {model._meta.label}, not at {SUBJECT}")]
    return []


def _check_treatment(declaration, name, treatment, *, joint=False) -> list[Error]:
    model = declaration.model
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return []  # named by _check_completeness
    if isinstance(treatment, HandOver):
        sound = joint and _points_at_subject(field)
        return [] if sound else [_error("E010", model, f"hands over {name!r}, which is no joint link to the subject")]
    fault = treatment.fault(field)
    alone = any(
        name in c.fields and not isinstance(treatment, DeleteRow | Keep) and len(c.fields) == 1
        for c in model._meta.total_unique_constraints
    )
    if not fault and alone and treatment.word in ("blank", "stamp"):
        fault = "a constant on a UNIQUE column"
    return [_error("E010", model, f"cannot erase {name!r}: {fault}")] if fault else []


def _check_dangling(declaration) -> list[Error]:
    """A row that stays must not point, NOT NULL, at a row that goes."""
    errors = []
    for field in declaration.model._meta.concrete_fields:
        target = registry.declarations.get(field.related_model) if isinstance(field, models.ForeignKey) else None
        if not target or not target.deletes_rows() or field.null:
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


def _is_membership(declaration, field, target) -> bool:
    """Whether the row is what makes its target joint: then the target stays as long as the row does."""
    joint = target.joint
    return bool(joint) and joint.others.relation == declaration.label() and joint.others.key == field.column


def _points_at_subject(field) -> bool:
    return isinstance(field, models.ForeignKey) and field.related_model._meta.label == SUBJECT


def _error(number: str, model, text: str) -> Error:
    return Error(f"{model._meta.label} {text}.", obj=model, id=f"datamap.{number}")
