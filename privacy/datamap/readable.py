"""Compiles what a package holds: which rows, with which columns, and how many; for access, and for portability only
what the person gave."""

from collections.abc import Mapping
from types import MappingProxyType

from django.db import connection, models

from privacy.datamap.compiler import all_declarations, own_rows, reach, union, way_to_subject
from privacy.datamap.declaration import Others, PersonalData
from privacy.datamap.fields import Column, far_end, field_of
from privacy.datamap.names import field_named, key_of, quoted, table_named, table_of
from privacy.datamap.scope import Scope, Sql


def readable_rows(declaration: type[PersonalData], scope: Scope, *, given_only: bool = False) -> Sql:
    """WHERE clause of the rows a package holds: the subject's own, and those the subject co-owns, but none that is
    silent. Of what only the person gave, none that others share in owning and none that others wrote."""
    sql, params = reach(declaration.model, declaration.path(), scope)
    if declaration.joint and not declaration.joint.along and not given_only:
        o = declaration.joint.others
        member = quoted(field_named(o.relation, o.subject).column)
        keys = f"SELECT j.{quoted(o.key)} FROM {table_named(o.relation)} j WHERE j.{member} {scope.test}"
        sql = f"({sql} OR {table_of(declaration.model)}.{quoted(o.here)} {_among(keys)})"
        params += scope.params
    by_others = _but_of_others(declaration) if given_only else ""
    return sql + _but_no_silent(declaration) + by_others, params


def columns(declaration: type[PersonalData]) -> list[Column]:
    """The columns an access package shows, in the model's order. That no row is silent needs no telling."""
    unseen = {*declaration.withheld, declaration.silent}
    return [f for f in declaration.model._meta.concrete_fields if f.name not in unseen]


NOTHING_INSTEAD: Mapping[str, Mapping[str, str]] = MappingProxyType({})


def selection(
    declaration: type[PersonalData],
    scope: Scope,
    instead: Mapping[str, Mapping[str, str]] = NOTHING_INSTEAD,
    *,
    given_only: bool = False,
) -> tuple[list[str], Sql]:
    """(column names, SELECT) of the package's rows: people other than the subject appear as a role. `instead` is what
    is told in the place of a stored text, {field: {primary key: text}}."""
    table, names, expressions, params = table_of(declaration.model), [], [], []
    for field in columns(declaration):
        column = f"{table}.{quoted(field.column)}"
        word = declaration.roles.get(field.name)
        if veiled := declaration.veiled.get(field.name):
            place = f"{table}.{quoted(field_of(declaration.model, veiled.field).column)}"
            marks = ", ".join(["%s"] * len(veiled.values))
            expressions.append(f"CASE WHEN {place} IN ({marks}) THEN %s ELSE {column} END")
            params += [*veiled.values, veiled.told]
        elif word is None and _is_subject_link(field):
            told = f"WHEN {column} {scope.test} THEN 'you' WHEN {column} IS NOT NULL THEN 'another person'"
            expressions.append(f"CASE {told} END")
            params += scope.params
        elif word is not None:
            expressions.append(f"CASE WHEN {column} IS NULL THEN NULL ELSE %s END")
            params.append(word)
        elif texts := instead.get(field.name):
            key = declaration.model._meta.pk
            expressions.append(f"CASE {table}.{quoted(key.column)} {'WHEN %s THEN %s ' * len(texts)}ELSE {column} END")
            params += [part for pk, text in texts.items() for part in (key.get_db_prep_value(pk, connection), text)]
        else:
            expressions.append(column)
        names.append(field.name)
    shares = declaration.joint if declaration.joint and not declaration.joint.along else None
    if others := declaration.others or (shares and shares.others):
        sql, others_params = _roles_of_others(declaration.model, others, scope)
        expressions.append(sql)
        params += others_params
        names.append("others")
    where, where_params = readable_rows(declaration, scope, given_only=given_only)
    listed = ", ".join(f"{e} AS {quoted(n)}" for e, n in zip(expressions, names, strict=True))
    return names, (f"SELECT {listed} FROM {table} WHERE {where}", params + where_params)


def written_by_others(scope: Scope) -> Sql:
    """One SELECT of (label, field, primary key, text), in the order of the first three: what an access package holds
    and others may have written."""
    selects = []
    for declaration in all_declarations():
        for name, where in declaration.by_others().items():
            table, key = table_of(declaration.model), key_of(declaration.model)
            text = f"{table}.{quoted(field_of(declaration.model, name).column)}"
            rows, params = readable_rows(declaration, scope)
            if isinstance(where, str):
                rows = f"({rows}) AND {table}.{quoted(field_of(declaration.model, where).column)} IS NOT NULL"
            select = f"SELECT '{name}', CAST({table}.{key} AS TEXT), {text} FROM {table} WHERE {rows} AND {text} <> ''"
            selects.append((declaration.label(), (select, params)))
    sql, params = union(selects)
    return f"{sql} ORDER BY 1, 2, 3", params


def readable_counts(declaration: type[PersonalData], scope: Scope) -> Sql:
    """SELECT of (subject id, rows): the rows that each subject's access package holds, as `readable_rows` has them."""
    table, joins, subject = way_to_subject(declaration)
    where, params = own_rows(declaration, subject, scope)
    select = f"SELECT {subject} AS who FROM {table}{joins} WHERE {where}{_but_no_silent(declaration)}"
    if declaration.joint and not declaration.joint.along:
        o = declaration.joint.others
        member = f"j.{quoted(field_named(o.relation, o.subject).column)}"
        joined = f"{table_named(o.relation)} j JOIN {table} ON {table}.{quoted(o.here)} = j.{quoted(o.key)}{joins}"
        select += (
            f" UNION ALL SELECT who FROM (SELECT DISTINCT {member} AS who, {table}.{key_of(declaration.model)} "
            f"FROM {joined} WHERE {member} {scope.test} AND {member} <> {subject}) shared"
        )
        params += scope.params
    return f"SELECT who, COUNT(*) FROM ({select}) readable GROUP BY 1", params


def readable_counts_of_all(scope: Scope) -> Sql:
    """One SELECT of (label, subject id, rows): `readable_counts` of every declaration."""
    return union((d.label(), readable_counts(d, scope)) for d in all_declarations() if not d.derived)


def given_counts_of_all(scope: Scope) -> Sql:
    """One SELECT of (label, rows): what these subjects gave."""
    return union((d.label(), _counted(d, "", scope)) for d in all_declarations() if d.is_portable() and not d.derived)


def given_files_of_all(scope: Scope) -> Sql:
    """One SELECT of (label, files): those among it."""
    return union(
        (d.label(), _counted(d, f" AND {table_of(d.model)}.{quoted(field.column)} <> ''", scope))
        for d in all_declarations()
        if d.is_portable()
        for field in d.file_fields()
    )


def _counted(declaration: type[PersonalData], further: str, scope: Scope) -> Sql:
    where, params = readable_rows(declaration, scope, given_only=True)
    return f"SELECT COUNT(*) FROM {table_of(declaration.model)} WHERE {where}{further}", params


def _roles_of_others(model: type[models.Model], others: Others, scope: Scope) -> Sql:
    member = quoted(field_named(others.relation, others.subject).column)
    role = f"j.{quoted(others.role)}"
    joined = f"group_concat({role}, ', ')" if connection.vendor == "sqlite" else f"string_agg({role}, ', ')"
    return (
        f"(SELECT {joined} FROM {table_named(others.relation)} j WHERE j.{quoted(others.key)} = "
        f"{table_of(model)}.{quoted(others.here)} AND NOT (j.{member} {scope.test}))",
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
    return f" AND NOT {_says_yes(declaration.model, table_of(declaration.model), declaration.silent.split('__'))}"


def _says_yes(model: type[models.Model], row: str, path: list[str]) -> str:
    """SQL of the yes or no at the end of a path of foreign keys from a row."""
    first, *rest = path
    field = field_of(model, first)
    column = f"{row}.{quoted(field.column)}"
    if not rest:
        return column
    parent, alias = far_end(field), f"p{len(rest)}"
    is_it = f"{alias}.{key_of(parent)} = {column} AND {_says_yes(parent, alias, rest)}"
    return f"EXISTS (SELECT 1 FROM {table_of(parent)} {alias} WHERE {is_it})"


def _but_of_others(declaration: type[PersonalData]) -> str:
    """The condition that leaves out what others wrote: nothing where the person writes all."""
    if not declaration.given_if_null:
        return ""
    *path, name = declaration.given_if_null.split("__")
    table = table_of(declaration.model)
    if not path:
        return f" AND {table}.{quoted(field_of(declaration.model, name).column)} IS NULL"
    [link] = path
    field = field_of(declaration.model, link)
    parent = far_end(field)
    return (
        f" AND EXISTS (SELECT 1 FROM {table_of(parent)} p WHERE p.{key_of(parent)} = "
        f"{table}.{quoted(field.column)} AND p.{quoted(field_of(parent, name).column)} IS NULL)"
    )


def _is_subject_link(field: Column) -> bool:
    return isinstance(field, models.ForeignKey) and far_end(field)._meta.label == "privacy.DataSubject"
