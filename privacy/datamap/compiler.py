"""Compiles declarations to SQL: which rows are the person's, and the statements that export and erase them.

The same text runs on SQLite and PostgreSQL. PostgreSQL may join the statements of `erasure` in one WITH; they
touch no row twice, which modifying CTEs ask for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, models

from privacy.datamap import registry
from privacy.datamap.declaration import Joint, Others, PersonalData
from privacy.datamap.fields import Column, far_end, field_of
from privacy.datamap.treatments import TEXT, HandOver, Keep, Treatment

Sql = tuple[str, list[Any]]


@dataclass(frozen=True)
class Scope:
    """Which subjects: `test` is SQL that follows a column, such as `= %s`."""

    test: str
    params: tuple[Any, ...] = ()

    @classmethod
    def one(cls, subject_id: UUID) -> "Scope":
        return cls("= %s", (_key(subject_id),))

    @classmethod
    def many(cls, subject_ids: Sequence[UUID]) -> "Scope":
        marks = ", ".join(["%s"] * len(subject_ids))
        return cls(f"IN ({marks})", tuple(_key(s) for s in subject_ids))

    @classmethod
    def table(cls, name: str) -> "Scope":
        """The subjects whose ids stand in column `id` of a (temporary) table of PostgreSQL. As an array, because then
        they are looked up by index even where a few heavy users make the planner expect half of a table."""
        return cls(f"= ANY(ARRAY(SELECT id FROM {_quote(name)}))")


@dataclass(frozen=True)
class Statement:
    """One DELETE or UPDATE. `action` is delete, anonymise, keep, hand over or detach."""

    declaration: type[PersonalData]
    action: str
    sql: str
    params: list[Any]
    where: str = ""
    where_params: tuple[Any, ...] = ()

    @property
    def table(self) -> str:
        return _table(self.declaration.model)


def rows(declaration: type[PersonalData], scope: Scope, *, own: bool = False, joint: bool = False) -> Sql:
    """WHERE clause of the subjects' rows; `own` leaves out, `joint` leaves only, the rows others share."""
    sql, params = _reach(declaration.model, declaration.path(), scope)
    if declaration.joint and (own or joint):
        others, others_params = _others_exist(declaration.model, declaration.joint.others, scope)
        sql, params = f"{sql} AND {'' if joint else 'NOT '}{others}", params + others_params
    return sql, params


def readable_rows(declaration: type[PersonalData], scope: Scope) -> Sql:
    """WHERE clause of the rows an access package holds: the subject's own, and those the subject co-owns, but none
    that is silent."""
    sql, params = _reach(declaration.model, declaration.path(), scope)
    if declaration.joint:
        o = declaration.joint.others
        member = _quote(_field(o.relation, o.subject).column)
        keys = f"SELECT j.{_quote(o.key)} FROM {_table_of(o.relation)} j WHERE j.{member} {scope.test}"
        sql = f"({sql} OR {_table(declaration.model)}.{_quote(o.here)} {_among(keys)})"
        params += scope.params
    return sql + _but_no_silent(declaration), params


def erasure(scope: Scope) -> tuple[list[Statement], list[Statement]]:
    """(detaching statements, in order; deleting and updating statements, leaves first) for the subjects."""
    return detachments(scope), [s for d in leaves_first() for s in erasing(d, scope)]


def erasing(declaration: type[PersonalData], scope: Scope) -> list[Statement]:
    """The statements that erase one model: delete or strip the subjects' own rows, strip the shared ones."""
    own, own_params = rows(declaration, scope, own=True)
    table = _table(declaration.model)
    if declaration.deletes_rows():
        statements = [
            Statement(declaration, "delete", f"DELETE FROM {table} WHERE {own}", own_params, own, tuple(own_params))
        ]
    else:
        statements = _update(declaration, declaration.outcome(), declaration.treatments(), own, own_params, scope)
    if declaration.joint:
        shared, shared_params = rows(declaration, scope, joint=True)
        statements += _update(declaration, "hand over", declaration.joint.fields, shared, shared_params, scope)
    return statements


def detachments(scope: Scope) -> list[Statement]:
    """UPDATEs that let other rows go on without the rows they point at, which are about to be deleted."""
    statements = []
    for declaration in leaves_first():
        for field, pointed_at in detaching_fields(declaration):
            target, target_params = rows(pointed_at, scope, own=True)
            column, table = _quote(field.column), _table(declaration.model)
            where = f"{column} IN (SELECT {_pk(pointed_at.model)} FROM {_table(pointed_at.model)} WHERE {target})"
            params = list(target_params)
            if declaration.deletes_rows():
                own, own_params = rows(declaration, scope, own=True)
                where, params = f"{where} AND NOT ({own})", params + own_params
            statements.append(
                Statement(
                    declaration,
                    "detach",
                    f"UPDATE {table} SET {column} = NULL WHERE {where}",
                    params,
                    where,
                    tuple(params),
                )  # fmt: skip
            )
    return statements


def detaching_fields(declaration: type[PersonalData]) -> list[tuple[Column, type[PersonalData]]]:
    """Nullable foreign keys of the model to rows that erasure deletes, other than on the path to the subject."""
    found = []
    for field in declaration.model._meta.concrete_fields:
        target = registry.declarations.get(far_end(field)) if isinstance(field, models.ForeignKey) else None
        if target and target.deletes_rows() and field.null and field.name != (declaration.path() or [""])[0]:
            found.append((field, target))
    return found


def leaves_first() -> list[type[PersonalData]]:
    """Declarations so that a model comes before every model it points at."""
    ordered: list[type[PersonalData]] = []
    state: dict[type[models.Model], bool] = {}

    def visit(model: type[models.Model]) -> None:
        if model in state or model not in registry.declarations:
            return
        state[model] = True
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is not model:
                visit(far_end(field))
        ordered.append(registry.declarations[model])

    for model in sorted(registry.declarations, key=lambda m: m._meta.label):
        visit(model)
    return ordered[::-1]


def columns(declaration: type[PersonalData]) -> list[Column]:
    """The columns an access package shows, in the model's order. That no row is silent needs no telling."""
    unseen = {*declaration.withheld, declaration.silent}
    return [f for f in declaration.model._meta.concrete_fields if f.name not in unseen]


def selection(declaration: type[PersonalData], scope: Scope) -> tuple[list[str], Sql]:
    """(column names, SELECT) of the package's rows: people other than the subject appear as a role."""
    table, names, expressions, params = _table(declaration.model), [], [], []
    for field in columns(declaration):
        column = f"{table}.{_quote(field.column)}"
        word = declaration.roles.get(field.name)
        if veiled := declaration.veiled.get(field.name):
            place = f"{table}.{_quote(field_of(declaration.model, veiled.field).column)}"
            marks = ", ".join(["%s"] * len(veiled.values))
            expressions.append(f"CASE WHEN {place} IN ({marks}) THEN %s ELSE {column} END")
            params += [*veiled.values, veiled.told]
        elif word is None and _is_subject_link(field):
            expressions.append(f"CASE WHEN {column} {scope.test} THEN 'you' ELSE 'another person' END")
            params += scope.params
        elif word is not None:
            expressions.append(f"CASE WHEN {column} IS NULL THEN NULL ELSE %s END")
            params.append(word)
        else:
            expressions.append(column)
        names.append(field.name)
    others = declaration.others or (declaration.joint and declaration.joint.others)
    if others:
        sql, others_params = _roles_of_others(declaration.model, others, scope)
        expressions.append(sql)
        params += others_params
        names.append("others")
    where, where_params = readable_rows(declaration, scope)
    listed = ", ".join(f"{e} AS {_quote(n)}" for e, n in zip(expressions, names, strict=True))
    return names, (f"SELECT {listed} FROM {table} WHERE {where}", params + where_params)


def _reach(model: type[models.Model], path: Sequence[str], scope: Scope) -> Sql:
    if not path:
        return f"{_table(model)}.{_pk(model)} {scope.test}", list(scope.params)
    field = field_of(model, path[0])
    column = f"{_table(model)}.{_quote(field.column)}"
    if len(path) == 1:
        return f"{column} {scope.test}", list(scope.params)
    parent = far_end(field)
    inner, params = _reach(parent, path[1:], scope)
    if joint := _joint_over(parent, path[1:]):
        others, others_params = _others_exist(parent, joint.others, scope)
        inner, params = f"{inner} AND NOT {others}", params + others_params
    return f"{column} IN (SELECT {_pk(parent)} FROM {_table(parent)} WHERE {inner})", params


def _joint_over(parent: type[models.Model], rest: Sequence[str]) -> Joint | None:
    """What the parent declares if its rows are joint by the rest of the path: they stay, and what is under them too."""
    declared = registry.declarations.get(parent)
    return declared.joint if declared and declared.path() == list(rest) else None


def _joint_parents(declaration: type[PersonalData]) -> list[tuple[type[models.Model], Joint]]:
    """The joint models that the path to the subject goes through."""
    model, path, found = declaration.model, declaration.path(), []
    for place, name in enumerate(path[:-1], start=1):
        model = far_end(field_of(model, name))
        if joint := _joint_over(model, path[place:]):
            found.append((model, joint))
    return found


def _update(
    declaration: type[PersonalData],
    action: str,
    treatments: Mapping[str, Treatment],
    where: str,
    where_params: list[Any],
    scope: Scope,
) -> list[Statement]:
    table, sets, params = _table(declaration.model), [], []
    for name, treatment in treatments.items():
        if isinstance(treatment, Keep):
            continue
        field = field_of(declaration.model, name)
        if isinstance(treatment, HandOver) and declaration.joint:
            sql, more = _successor(declaration.model, declaration.joint, scope)
        else:
            sql, more = treatment.sql(field, table, connection)
        sets.append(f"{_quote(field.column)} = {sql}")
        params += more
    if not sets:
        return []
    text = f"UPDATE {table} SET {', '.join(sets)} WHERE {where}"
    return [Statement(declaration, action, text, params + where_params, where, tuple(where_params))]


def _others_exist(model: type[models.Model], others: Others, scope: Scope) -> Sql:
    member = _field(others.relation, others.subject).column
    return (
        f"EXISTS (SELECT 1 FROM {_table_of(others.relation)} j WHERE j.{_quote(others.key)} = "
        f"{_table(model)}.{_quote(others.here)} AND NOT (j.{_quote(member)} {scope.test}))",
        list(scope.params),
    )


def _successor(model: type[models.Model], joint: Joint, scope: Scope) -> Sql:
    o = joint.others
    member = _quote(_field(o.relation, o.subject).column)
    return (
        f"(SELECT j.{member} FROM {_table_of(o.relation)} j WHERE j.{_quote(o.key)} = "
        f"{_table(model)}.{_quote(o.here)} AND NOT (j.{member} {scope.test}) "
        f"ORDER BY j.{_quote(joint.order_by)}, j.{_pk(_model(o.relation))} LIMIT 1)",
        list(scope.params),
    )


def _roles_of_others(model: type[models.Model], others: Others, scope: Scope) -> Sql:
    member = _quote(_field(others.relation, others.subject).column)
    role = f"j.{_quote(others.role)}"
    joined = f"group_concat({role}, ', ')" if connection.vendor == "sqlite" else f"string_agg({role}, ', ')"
    return (
        f"(SELECT {joined} FROM {_table_of(others.relation)} j WHERE j.{_quote(others.key)} = "
        f"{_table(model)}.{_quote(others.here)} AND NOT (j.{member} {scope.test}))",
        list(scope.params),
    )


def _among(select: str) -> str:
    """Membership of the selected keys that an index answers even behind an OR: there PostgreSQL takes IN and EXISTS
    for a filter and reads the whole table (1,084 ms of a million people's scripts, 48 ms so)."""
    return f"= ANY(ARRAY({select}))" if connection.vendor == "postgresql" else f"IN ({select})"


def _but_no_silent(declaration: type[PersonalData]) -> str:
    """The condition that leaves silent rows out of the package: nothing where the model has none."""
    if not declaration.silent:
        return ""
    *path, name = declaration.silent.split("__")
    if not path:
        return f" AND NOT {_table(declaration.model)}.{_quote(field_of(declaration.model, name).column)}"
    [link] = path
    field = field_of(declaration.model, link)
    parent = far_end(field)
    return (
        f" AND NOT EXISTS (SELECT 1 FROM {_table(parent)} p WHERE p.{_pk(parent)} = "
        f"{_table(declaration.model)}.{_quote(field.column)} AND p.{_quote(field_of(parent, name).column)})"
    )


def _is_subject_link(field: Column) -> bool:
    return isinstance(field, models.ForeignKey) and far_end(field)._meta.label == "privacy.DataSubject"


def _field(label: str, name: str) -> Column:
    return field_of(_model(label), name)


def _model(label: str) -> type[models.Model]:
    from django.apps import apps

    return apps.get_model(label)


def _table_of(label: str) -> str:
    return _table(_model(label))


def _table(model: type[models.Model]) -> str:
    return _quote(model._meta.db_table)


def _pk(model: type[models.Model]) -> str:
    return _quote(model._meta.pk.column)


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)


def subject_in(value: Any) -> UUID:
    """The subject's id as it came in a row: SQLite knows no such type."""
    return value if isinstance(value, UUID) else UUID(value)


def _key(subject_id: UUID) -> Any:
    return models.UUIDField().get_db_prep_value(subject_id, connection)


def all_declarations() -> Iterable[type[PersonalData]]:
    """Every declaration, by label."""
    return sorted(registry.declarations.values(), key=lambda d: d.label())


def counts(declaration: type[PersonalData], scope: Scope) -> Sql:
    """SELECT of (subject id, action, rows): what erasure would do to the model's rows, a subject at a time. A row of
    which nothing would be left counts for nothing, for there is nothing to erase in it and nothing that stays."""
    table, joins, subject = _chain(declaration)
    action, params = "%s", [declaration.outcome()]
    if declaration.joint:
        others, others_params = _others_exist(declaration.model, declaration.joint.others, scope)
        action, params = f"CASE WHEN {others} THEN 'hand over' ELSE %s END", others_params + params
    where, where_params = _own(declaration, subject, scope)
    if declaration.keeps():
        where += f" AND {_still_says_something(declaration)}"
    return f"SELECT {subject} AS who, {action} AS action, COUNT(*) FROM {table}{joins} WHERE {where} GROUP BY 1, 2", (
        params + where_params
    )


def readable_counts(declaration: type[PersonalData], scope: Scope) -> Sql:
    """SELECT of (subject id, rows): the rows that each subject's access package holds, as `readable_rows` has them."""
    table, joins, subject = _chain(declaration)
    where, params = _own(declaration, subject, scope)
    select = f"SELECT {subject} AS who FROM {table}{joins} WHERE {where}{_but_no_silent(declaration)}"
    if declaration.joint:
        o = declaration.joint.others
        member = f"j.{_quote(_field(o.relation, o.subject).column)}"
        joined = f"{_table_of(o.relation)} j JOIN {table} ON {table}.{_quote(o.here)} = j.{_quote(o.key)}{joins}"
        select += (
            f" UNION ALL SELECT who FROM (SELECT DISTINCT {member} AS who, {table}.{_pk(declaration.model)} "
            f"FROM {joined} WHERE {member} {scope.test} AND {member} <> {subject}) shared"
        )
        params += scope.params
    return f"SELECT who, COUNT(*) FROM ({select}) readable GROUP BY 1", params


def counts_of_all(declarations: Iterable[type[PersonalData]], scope: Scope) -> Sql:
    """One SELECT of (label, subject id, action, rows): `counts` of each of these."""
    return _union((d.label(), counts(d, scope)) for d in declarations)


def readable_counts_of_all(scope: Scope) -> Sql:
    """One SELECT of (label, subject id, rows): `readable_counts` of every declaration."""
    return _union((d.label(), readable_counts(d, scope)) for d in all_declarations())


def kept_until(scope: Scope) -> Sql:
    """One SELECT of (`label/place of the Keep in keeps()`, subject id, the latest moment from which it counts, as
    text)."""
    return _union(
        (f"{declaration.label()}/{place}", _latest(declaration, keep, scope))
        for declaration in all_declarations()
        for place, keep in enumerate(declaration.keeps())
    )


def _latest(declaration: type[PersonalData], keep: Keep, scope: Scope) -> Sql:
    table, joins, subject = _chain(declaration)
    column = f"{table}.{_quote(field_of(declaration.model, keep.until.after).column)}"
    where = f"{subject} {scope.test} AND {_still_says_something(declaration)}"
    return f"SELECT {subject}, CAST(MAX({column}) AS text) FROM {table}{joins} WHERE {where} GROUP BY 1", (
        list(scope.params)
    )


def _union(selects: Iterable[tuple[str, Sql]]) -> Sql:
    """All of these in one statement, each row with the name of its SELECT before it."""
    parts, params = [], []
    for name, (sql, more) in selects:
        parts.append(f"SELECT '{name}' AS told_of, c.* FROM ({sql}) c")
        params += more
    return " UNION ALL ".join(parts), params


def known_to_each(recipients: Iterable[str], scope: Scope) -> Sql:
    """One SELECT of (recipient, subject id): `known_to` of each of these."""
    return _union((recipient, known_to(recipient, scope)) for recipient in recipients)


def known_to(recipient: str, scope: Scope) -> Sql:
    """SELECT of the subjects' ids of whom the recipient has got something: those with a row in any declaration that
    names it. One look into an index a person and table, however many rows there are: EXISTS beside OR might be answered
    by PostgreSQL with a hash of the whole table."""
    model = next(d.model for d in registry.declarations.values() if not d.path())
    person = f"{_table(model)}.{_pk(model)}"
    reasons = ["FALSE"]
    for declaration in all_declarations():
        if recipient in declaration.recipients:
            table, joins, subject = _chain(declaration)
            found = f"(SELECT 1 FROM {table}{joins} WHERE {subject} = {person} LIMIT 1) IS NOT NULL"
            reasons.append(found if declaration.path() else "TRUE")
    return f"SELECT {person} FROM {_table(model)} WHERE {person} {scope.test} AND ({' OR '.join(reasons)})", (
        list(scope.params)
    )


def _own(declaration: type[PersonalData], subject: str, scope: Scope) -> Sql:
    """WHERE clause, over the joins of `_chain`, of the subjects' rows; not of those under a row that others share."""
    where, params = f"{subject} {scope.test}", list(scope.params)
    for parent, joint in _joint_parents(declaration):
        others, others_params = _others_exist(parent, joint.others, scope)
        where, params = f"{where} AND NOT {others}", params + others_params
    return where, params


def _still_says_something(declaration: type[PersonalData]) -> str:
    """Whether any field of the row that erasure keeps holds a value."""
    filled = []
    for name, treatment in declaration.treatments().items():
        if isinstance(treatment, Keep):
            field = field_of(declaration.model, name)
            column = f"{_table(declaration.model)}.{_quote(field.column)}"
            filled.append(
                f"{column} <> ''" if isinstance(field, (*TEXT, models.FileField)) else f"{column} IS NOT NULL"
            )
    return f"({' OR '.join(filled)})"


def _chain(declaration: type[PersonalData]) -> tuple[str, str, str]:
    """(table, joins, subject column) that lead from the row to its subject."""
    model, joins = declaration.model, ""
    path = declaration.path()
    for name in path[:-1]:
        field = field_of(model, name)
        parent = far_end(field)
        joins += f" JOIN {_table(parent)} ON {_table(parent)}.{_pk(parent)} = {_table(model)}.{_quote(field.column)}"
        model = parent
    column = field_of(model, path[-1]).column if path else model._meta.pk.column
    return _table(declaration.model), joins, f"{_table(model)}.{_quote(column)}"
