"""Compiles declarations to SQL: which rows are the person's, what erasure would do to them, and the statements that do.

The same text runs on SQLite and PostgreSQL. PostgreSQL may join the statements of `erasure` in one WITH; they
touch no row twice, which modifying CTEs ask for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from privacy.datamap import registry
from privacy.datamap.declaration import Joint, PersonalData
from privacy.datamap.fields import Column, far_end, field_of
from privacy.datamap.heirs import heir_column, is_held, others_exist, successor
from privacy.datamap.names import key_of, model_named, quoted, table_of
from privacy.datamap.scope import Scope, Sql
from privacy.datamap.treatments import TEXT, HandOver, Keep, Treatment


@dataclass(frozen=True)
class Statement:
    """One DELETE or UPDATE. `action` is delete, anonymise, keep, hand over, detach or promote; `on` the table that it
    changes where that is not the declaration's own."""

    declaration: type[PersonalData]
    action: str
    sql: str
    params: list[Any]
    where: str = ""
    where_params: tuple[Any, ...] = ()
    on: str = ""

    @property
    def table(self) -> str:
        return self.on or table_of(self.declaration.model)


def all_declarations() -> Iterable[type[PersonalData]]:
    """Every declaration, by label."""
    return sorted(registry.declarations.values(), key=lambda d: d.label())


def rows(declaration: type[PersonalData], scope: Scope, *, own: bool = False, joint: bool = False) -> Sql:
    """WHERE clause of the subjects' rows; `own` leaves out, `joint` leaves only, the rows others share."""
    sql, params = reach(declaration.model, declaration.path(), scope)
    chosen, chosen_params = scope.among(declaration.label())
    sql, params = sql + chosen, params + chosen_params
    if declaration.joint and (own or joint):
        shared, shared_params = is_shared(declaration.model, declaration.joint, scope)
        sql, params = f"{sql} AND {'' if joint else 'NOT '}{shared}", params + shared_params
    return sql, params


def erasure(scope: Scope) -> tuple[list[Statement], list[Statement]]:
    """(statements that let others' rows go on, in order; deleting and updating statements, leaves first) for the
    subjects."""
    return [*detachments(scope), *promotions(scope)], [s for d in leaves_first() for s in erasing(d, scope)]


def erasing(declaration: type[PersonalData], scope: Scope) -> list[Statement]:
    """The statements that erase one model: delete or strip the subjects' own rows, strip the shared ones."""
    own, own_params = rows(declaration, scope, own=True)
    table = table_of(declaration.model)
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
            column, table = quoted(field.column), table_of(declaration.model)
            where = f"{column} IN (SELECT {key_of(pointed_at.model)} FROM {table_of(pointed_at.model)} WHERE {target})"
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


def promotions(scope: Scope) -> list[Statement]:
    """UPDATEs that give each heir their role in what is handed over to them. Of one under a legal hold it stays as it
    is, as all that is stored of them does; what is handed over names them as its owner all the same."""
    statements = []
    for declaration in leaves_first():
        if not (joint := declaration.joint) or not joint.becomes:
            continue
        relation = model_named(joint.others.relation)
        heir, heir_params = heir_column(declaration.model, joint, scope, key_of(relation))
        shared, shared_params = rows(declaration, scope, joint=True)
        where = f"{key_of(relation)} IN (SELECT {heir} FROM {table_of(declaration.model)} WHERE {shared})"
        if joint.others.role in registry.declarations[relation].held():
            member = field_of(relation, joint.others.subject)
            where += f" AND NOT {is_held(f'{table_of(relation)}.{quoted(member.column)}')}"
        params = heir_params + shared_params
        sql = f"UPDATE {table_of(relation)} SET {quoted(joint.others.role)} = %s WHERE {where}"
        statements.append(
            Statement(
                declaration, "promote", sql, [joint.becomes, *params], where, tuple(params), on=table_of(relation)
            )
        )
    return statements


def handed_over(declaration: type[PersonalData], columns: Sequence[str], scope: Scope) -> Sql:
    """SELECT of (subject id, text) of the rows that others get: all of these columns, a line each."""
    table, _, subject = way_to_subject(declaration)
    where, params = rows(declaration, scope, joint=True)
    lines = (f"COALESCE(CAST({table}.{quoted(column)} AS text), '')" for column in columns)
    return f"SELECT {subject}, {" || '\n' || ".join(lines)} FROM {table} WHERE {where}", params


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


def counts(declaration: type[PersonalData], scope: Scope) -> Sql:
    """SELECT of (subject id, action, heir's id as text, rows, files): what erasure would do to the model's rows, a
    subject at a time, and who would get them. A row of which nothing would be left counts for nothing, for there is
    nothing to erase in it and nothing that stays."""
    table, joins, subject = way_to_subject(declaration)
    action, params = "%s", [declaration.outcome()]
    if declaration.joint:
        shared, shared_params = is_shared(declaration.model, declaration.joint, scope)
        action, params = f"CASE WHEN {shared} THEN 'hand over' ELSE %s END", shared_params + params
    heir, heir_params = _heir_of(declaration, scope)
    where, where_params = own_rows(declaration, subject, scope)
    chosen, chosen_params = scope.among(declaration.label())
    where, where_params = where + chosen, where_params + chosen_params
    if declaration.keeps():
        where += f" AND {_still_says_something(declaration)}"
    counted = f"COUNT(*), {_files_in(declaration)}"
    select = f"SELECT {subject} AS who, {action} AS action, {heir} AS heir, {counted} FROM {table}{joins}"
    return f"{select} WHERE {where} GROUP BY 1, 2, 3", params + heir_params + where_params


def _heir_of(declaration: type[PersonalData], scope: Scope) -> Sql:
    """Who would get the row, as text. What goes along with another row goes to that one's heir, and is not told
    again."""
    joint = declaration.joint
    if joint is None or joint.along:
        return "CAST(NULL AS text)", []
    shared, params = is_shared(declaration.model, joint, scope)
    heir, heir_params = successor(declaration.model, joint, scope)
    return f"CASE WHEN {shared} THEN CAST({heir} AS text) END", params + heir_params


def _files_in(declaration: type[PersonalData]) -> str:
    table = table_of(declaration.model)
    filled = (f"COUNT(NULLIF({table}.{quoted(field.column)}, ''))" for field in declaration.file_fields())
    return " + ".join(filled) or "0"


def counts_of_all(declarations: Iterable[type[PersonalData]], scope: Scope) -> Sql:
    """One SELECT of (label, subject id, action, heir's id, rows, files): `counts` of each of these."""
    return union((d.label(), counts(d, scope)) for d in declarations)


def kept(scope: Scope) -> Sql:
    """One SELECT of (label, subject id, rows of which something stays, and for each of the declaration's `keeps()` the
    latest moment from which it counts, as text)."""
    keeping = [declaration for declaration in all_declarations() if declaration.keeps()]
    most = max((len(declaration.keeps()) for declaration in keeping), default=0)
    return union((declaration.label(), _kept(declaration, most, scope)) for declaration in keeping)


def _kept(declaration: type[PersonalData], most: int, scope: Scope) -> Sql:
    table, joins, subject = way_to_subject(declaration)
    paths = [keep.until.after.split("__") for keep in declaration.keeps()]
    moments = [f"CAST(MAX({value_at(declaration.model, path)}) AS text)" for path in paths]
    moments += ["CAST(NULL AS text)"] * (most - len(moments))
    own, params = _under_no_shared(declaration, scope)
    rows = f"SUM(CASE WHEN {own} THEN 1 ELSE 0 END)" if own else "COUNT(*)"
    where = f"{subject} {scope.test} AND {_still_says_something(declaration)}"
    select = f"SELECT {subject}, {rows}, {', '.join(moments)} FROM {table}{joins} WHERE {where} GROUP BY 1"
    return select, [*params, *scope.params]


def value_at(model: type[models.Model], path: Sequence[str]) -> str:
    """SQL of the value at the end of a path of foreign keys."""
    field = field_of(model, path[0])
    column = f"{table_of(model)}.{quoted(field.column)}"
    if len(path) == 1:
        return column
    parent = far_end(field)
    where = f"{table_of(parent)}.{key_of(parent)} = {column}"
    return f"(SELECT {value_at(parent, path[1:])} FROM {table_of(parent)} WHERE {where})"


def union(selects: Iterable[tuple[str, Sql]]) -> Sql:
    """All of these in one statement, each row with the name of its SELECT before it."""
    parts, params = [], []
    for name, (sql, more) in selects:
        parts.append(f"SELECT '{name}' AS told_of, c.* FROM ({sql}) c")
        params += more
    return " UNION ALL ".join(parts), params


def reach(model: type[models.Model], path: Sequence[str], scope: Scope) -> Sql:
    if not path:
        return f"{table_of(model)}.{key_of(model)} {scope.test}", list(scope.params)
    field = field_of(model, path[0])
    column = f"{table_of(model)}.{quoted(field.column)}"
    if len(path) == 1:
        return f"{column} {scope.test}", list(scope.params)
    parent = far_end(field)
    inner, params = reach(parent, path[1:], scope)
    if joint := _joint_over(parent, path[1:]):
        shared, shared_params = is_shared(parent, joint, scope)
        inner, params = f"{inner} AND NOT {shared}", params + shared_params
    return f"{column} IN (SELECT {key_of(parent)} FROM {table_of(parent)} WHERE {inner})", params


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
    table, sets, params = table_of(declaration.model), [], []
    for name, treatment in treatments.items():
        if isinstance(treatment, Keep):
            continue
        field = field_of(declaration.model, name)
        if isinstance(treatment, HandOver) and declaration.joint:
            sql, more = successor(declaration.model, declaration.joint, scope)
        else:
            sql, more = treatment.sql(field, table, connection)
        sets.append(f"{quoted(field.column)} = {sql}")
        params += more
    if not sets:
        return []
    text = f"UPDATE {table} SET {', '.join(sets)} WHERE {where}"
    return [Statement(declaration, action, text, params + where_params, where, tuple(where_params))]


def is_shared(model: type[models.Model], joint: Joint, scope: Scope) -> Sql:
    """Whether a row of the subjects is handed over and not erased: others share it, or the same person's row that it
    goes along with."""
    others, params = others_exist(model, joint.others, scope)
    if not joint.along:
        return others, params
    link = field_of(model, joint.along)
    parent, table = far_end(link), table_of(model)
    theirs, ours = (quoted(field_of(m, registry.declarations[m].path()[0]).column) for m in (parent, model))
    same_person = f"{table_of(parent)}.{theirs} = {table}.{ours}"
    where = f"{table_of(parent)}.{key_of(parent)} = {table}.{quoted(link.column)} AND {same_person}"
    return f"({others} AND EXISTS (SELECT 1 FROM {table_of(parent)} WHERE {where}))", params


def own_rows(declaration: type[PersonalData], subject: str, scope: Scope) -> Sql:
    """WHERE clause, over the joins of `way_to_subject`, of the subjects' own rows; not of those under a row that others
    share."""
    own, params = _under_no_shared(declaration, scope)
    where = f"{subject} {scope.test}"
    return f"{where} AND {own}" if own else where, [*scope.params, *params]


def _under_no_shared(declaration: type[PersonalData], scope: Scope) -> Sql:
    """Empty where no model on the path to the subject is joint."""
    shared = [is_shared(parent, joint, scope) for parent, joint in _joint_parents(declaration)]
    return " AND ".join(f"NOT {sql}" for sql, _ in shared), [param for _, params in shared for param in params]


def _still_says_something(declaration: type[PersonalData]) -> str:
    """Whether any field of the row that erasure keeps holds a value."""
    filled = []
    for name, treatment in declaration.treatments().items():
        if isinstance(treatment, Keep):
            field = field_of(declaration.model, name)
            column = f"{table_of(declaration.model)}.{quoted(field.column)}"
            filled.append(
                f"{column} <> ''" if isinstance(field, (*TEXT, models.FileField)) else f"{column} IS NOT NULL"
            )
    return f"({' OR '.join(filled)})"


def way_to_subject(declaration: type[PersonalData]) -> tuple[str, str, str]:
    """(table, joins, subject column) that lead from the row to its subject."""
    model, joins = declaration.model, ""
    path = declaration.path()
    for name in path[:-1]:
        field = field_of(model, name)
        parent = far_end(field)
        there = table_of(parent)
        joins += f" JOIN {there} ON {there}.{key_of(parent)} = {table_of(model)}.{quoted(field.column)}"
        model = parent
    column = field_of(model, path[-1]).column if path else model._meta.pk.column
    return table_of(declaration.model), joins, f"{table_of(model)}.{quoted(column)}"
