"""How PostgreSQL is asked for rows by hundreds of ids: with one array, where Django sends a parameter each, which costs
a set of jobs more than finding the rows."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import ForeignKey, UUIDField
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In

from privacy.models.arrays import array


def is_of_ids(values: Any) -> bool:
    return isinstance(values, Collection) and bool(values) and all(isinstance(value, UUID) for value in values)


class AnyOfArray:
    lookup_name = "in"

    def get_prep_lookup(self):
        return list(self.rhs) if is_of_ids(self.rhs) else super().get_prep_lookup()

    def as_postgresql(self, compiler, connection):
        if not is_of_ids(self.rhs):
            return self.as_sql(compiler, connection)
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s::uuid[])", [*params, array(self.rhs)]


@UUIDField.register_lookup
class UUIDIn(AnyOfArray, In):
    pass


@ForeignKey.register_lookup
class ForeignKeyIn(AnyOfArray, RelatedIn):
    pass
