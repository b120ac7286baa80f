"""Compiles who gets what others share: the heir among them, and what may not be done to that heir."""

from django.db import models

from privacy.datamap.declaration import Joint, Others
from privacy.datamap.fields import field_of
from privacy.datamap.names import (
    CLOSED_AT,
    HOLD,
    LIFTED_AT,
    LIMIT,
    RELEASED_AT,
    SUBJECT,
    field_named,
    key_of,
    model_named,
    quoted,
    table_named,
    table_of,
)
from privacy.datamap.scope import Scope, Sql


def others_exist(model: type[models.Model], others: Others, scope: Scope) -> Sql:
    member = field_named(others.relation, others.subject).column
    return (
        f"EXISTS (SELECT 1 FROM {table_named(others.relation)} j WHERE j.{quoted(others.key)} = "
        f"{table_of(model)}.{quoted(others.here)} AND NOT (j.{quoted(member)} {scope.test}))",
        list(scope.params),
    )


def successor(model: type[models.Model], joint: Joint, scope: Scope) -> Sql:
    """The subject who is the heir."""
    return heir_column(model, joint, scope, quoted(field_named(joint.others.relation, joint.others.subject).column))


def heir_column(model: type[models.Model], joint: Joint, scope: Scope, column: str) -> Sql:
    """A column of the relation's row of the heir: who may go on working comes first, before those whose account is
    closed or frozen."""
    o = joint.others
    member, person = quoted(field_named(o.relation, o.subject).column), model_named(SUBJECT)
    closed = f"(p.{quoted(field_of(person, CLOSED_AT).column)} IS NOT NULL OR {is_frozen(f'j.{member}')})"
    ranked = [f"WHEN '{role}' THEN {place}" for place, role in enumerate(joint.ranks)]
    rank = f"CASE j.{quoted(o.role)} {' '.join(ranked)} ELSE {len(ranked)} END, " if ranked else ""
    joined = f"{table_named(o.relation)} j JOIN {table_of(person)} p ON p.{key_of(person)} = j.{member}"
    return (
        f"(SELECT j.{column} FROM {joined} "
        f"WHERE j.{quoted(o.key)} = {table_of(model)}.{quoted(o.here)} AND NOT (j.{member} {scope.test}) "
        f"ORDER BY {closed}, {rank}j.{quoted(joint.order_by)}, j.{key_of(model_named(o.relation))} LIMIT 1)",
        list(scope.params),
    )


def is_frozen(person: str) -> str:
    """Whether all processing of a person is limited; `person` is SQL of their id."""
    limit = model_named(LIMIT)
    whose, purpose, lifted = (f"l.{quoted(field_of(limit, name).column)}" for name in ("subject", "purpose", LIFTED_AT))
    where = f"{whose} = {person} AND {purpose} = '' AND {lifted} IS NULL"
    return f"EXISTS (SELECT 1 FROM {table_of(limit)} l WHERE {where})"


def is_held(person: str) -> str:
    """Whether a person is under a legal hold; `person` is SQL of their id."""
    hold = model_named(HOLD)
    whose, released = (f"h.{quoted(field_of(hold, name).column)}" for name in ("subject", RELEASED_AT))
    return f"EXISTS (SELECT 1 FROM {table_of(hold)} h WHERE {whose} = {person} AND {released} IS NULL)"
