"""How PostgreSQL is asked for rows by hundreds of ids: with one array, where Django sends a parameter each, which costs
a set of jobs more than finding the rows."""

from uuid import UUID

from django.db.models import ForeignKey, UUIDField
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In


class AnyOfArray:
    lookup_name = "in"

    def as_postgresql(self, compiler, connection):
        if not self.rhs_is_direct_value() or not self.rhs or not all(isinstance(value, UUID) for value in self.rhs):
            return self.as_sql(compiler, connection)
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s)", [*params, list(self.rhs)]


@UUIDField.register_lookup
class UUIDIn(AnyOfArray, In):
    pass


@ForeignKey.register_lookup
class ForeignKeyIn(AnyOfArray, RelatedIn):
    pass
