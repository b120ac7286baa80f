"""What a person may take to another controller: the dry run of a package that holds only what they gave."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from privacy.datamap import compiler, readable
from privacy.datamap.scope import Scope, Sql
from privacy.models.accounts import scope_of
from privacy.selectors.plans import ModelLine, Plan, name_of


def portability_plan(subject_ids: Sequence[UUID], scope: Scope | None = None) -> Plan:
    scope = scope or scope_of(subject_ids)
    found = counts(subject_ids, scope)
    return Plan(
        title="What the package holds",
        erases=False,
        subjects=len(subject_ids),
        lines=[
            ModelLine(d.label(), name_of(d), {"export": found[d.label()]})
            for d in compiler.all_declarations()
            if found[d.label()]
        ],
        files=files(subject_ids, scope),
        processors={},
    )


def counts(subject_ids: Sequence[UUID], scope: Scope | None = None) -> Counter[str]:
    """{model label: rows}."""
    return _told(readable.given_counts_of_all(scope or scope_of(subject_ids)))


def files(subject_ids: Sequence[UUID], scope: Scope | None = None) -> int:
    return _told(readable.given_files_of_all(scope or scope_of(subject_ids))).total()


def _told(sql: Sql) -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(*sql)
        return Counter(dict(cursor.fetchall()))
