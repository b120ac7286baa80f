"""Recipients without a call of their own: of whom each has got something is read from the data map."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from privacy.connectors.base import Call, Connector
from privacy.datamap import compiler
from privacy.jobs.outcomes import Waiting


class Recipient(Connector):
    """A company that gets data and offers nothing to call. It is told by a person, who names the account's id."""

    def references_of(self, subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, list[str]]]:
        """Those with a row in a declaration that names the recipient, with one query for all."""
        with connection.cursor() as cursor:
            cursor.execute(*compiler.known_to(self.key, compiler.Scope.many(subject_ids)))
            found = [UUID(str(key)) for (key,) in cursor.fetchall()]
        return {subject_id: {"account_id": [str(subject_id)]} for subject_id in found}

    def erase(self, call: Call) -> Waiting:
        return Waiting(f"{self.name} has no call for this: ask them to erase, then attest their answer here")
