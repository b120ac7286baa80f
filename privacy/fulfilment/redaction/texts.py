"""The texts of a person's package that others may have written, and the digest by which two looks at them are one."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.datamap import readable
from privacy.datamap.names import model_named
from privacy.models.accounts import scope_of

AT_ONCE = 500
NOTHING = ""  # the digest of no texts


@dataclass(frozen=True)
class Text:
    """One text: of which row's field, and what it says."""

    label: str
    field: str
    row: str
    text: str

    @property
    def place(self) -> tuple[str, str, str]:
        return self.label, self.field, self.row

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode(errors="surrogatepass")).hexdigest()


def texts_of(subject_id: UUID, reader: BaseDatabaseWrapper = connection) -> Iterator[Text]:
    """All of them, always in one order."""
    sql, params = readable.written_by_others(scope_of([subject_id]))
    with reader.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(AT_ONCE):
            for label, field, key, text in rows:
                yield Text(label, field, str(model_named(label)._meta.pk.to_python(key)), text)


def digest_of(texts: Iterable[Text], before: str = NOTHING) -> str:
    """Of the texts in this order, and of what was `before` them."""
    for text in texts:
        before = hashlib.sha256(f"{before}:{':'.join(text.place)}:{text.sha256}".encode()).hexdigest()
    return before
