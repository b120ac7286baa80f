"""Compiles who has got something about whom."""

from privacy.datamap import registry
from privacy.datamap.compiler import all_declarations, way_to_subject
from privacy.datamap.names import key_of, table_of
from privacy.datamap.scope import Scope, Sql


def known_to(recipient: str, scope: Scope) -> Sql:
    """SELECT of the subjects' ids of whom the recipient has got something: those with a row in any declaration that
    names it. One look into an index a person and table, however many rows there are: EXISTS beside OR might be answered
    by PostgreSQL with a hash of the whole table."""
    model = next(d.model for d in registry.declarations.values() if not d.path())
    person = f"{table_of(model)}.{key_of(model)}"
    reasons = ["FALSE"]
    for declaration in all_declarations():
        if recipient in declaration.recipients:
            table, joins, subject = way_to_subject(declaration)
            found = f"(SELECT 1 FROM {table}{joins} WHERE {subject} = {person} LIMIT 1) IS NOT NULL"
            reasons.append(found if declaration.path() else "TRUE")
    return f"SELECT {person} FROM {table_of(model)} WHERE {person} {scope.test} AND ({' OR '.join(reasons)})", (
        list(scope.params)
    )
