"""Marks that no accident writes, planted in everything personal, and a search for them in every guise."""

import base64
import gzip
import hashlib
import html
import io
import itertools
import json
import quopri
import secrets
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, quote_plus
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models

from privacy.datamap import Keep, compiler, registry
from privacy.datamap.declaration import PersonalData
from privacy.datamap.scope import Scope
from privacy.models import Identifier
from tests.tampering import owner_of_the_tables

COUNTER = itertools.count(1)
SHORT_NUMBER = 10  # digits; its four bytes in SQLite's file could be there by chance
SHORTEST = 16  # characters; a column for fewer can hold no mark
# What a case is about and what is limited is declared, like a choice.
KEYS_OF_THE_CATALOGUE = ("privacy.Case.kind", "privacy.Job.kind", "privacy.Limit.purpose")


@dataclass(frozen=True)
class Mark:
    """`text` was written to `place`; `stays` says that the map lets it survive the person's erasure."""

    place: str
    text: str
    stays: bool = False


def word() -> str:
    return f"mk{secrets.token_hex(5)}z{next(COUNTER):03}"


def rich() -> str:
    """16 characters that each encoding writes differently."""
    return f'Mk{secrets.token_hex(4)}É"&{next(COUNTER):03}'


def plant(subject_id: UUID) -> list[Mark]:
    """Writes a mark of its own into every personal field of every row of the person, and into their files."""
    marks = []
    for declaration in compiler.all_declarations():
        shared = set(rows(declaration, subject_id, joint=True)) if declaration.joint else set()
        for pk in rows(declaration, subject_id):
            written = dict(values_for(declaration, pk))
            with owner_of_the_tables():  # evidence, too, is given marks
                declaration.model.objects.filter(pk=pk).update(**{name: value for name, (value, _) in written.items()})
            for name, (_, texts) in written.items():
                stays = survives(declaration, name, shared=pk in shared)
                marks += [Mark(f"{declaration.label()}.{name}", text, stays) for text in texts]
    return marks


def rows(declaration: type[PersonalData], subject_id: UUID, **which) -> list:
    where, params = compiler.rows(declaration, Scope.one(subject_id), **which)
    return list(declaration.model.objects.extra(where=[where], params=params).values_list("pk", flat=True))


def survives(declaration: type[PersonalData], name: str, *, shared: bool) -> bool:
    if shared:
        return name not in declaration.joint.fields
    return isinstance(declaration.treatments()[name], Keep)


def values_for(declaration: type[PersonalData], pk) -> Iterator[tuple[str, tuple[object, list[str]]]]:
    """(field, (value to write, marks in it)) for every personal field that can hold one."""
    for name in declaration.fields:
        field = declaration.model._meta.get_field(name)
        if can_hold_a_mark(field):
            yield name, identifier_value(pk) if field.model is Identifier else value_for(field)


def can_hold_a_mark(field: models.Field) -> bool:
    """Not: choices, keys of the catalogue, links, yes or no, small numbers, texts of a few letters, and what makes the
    person erased."""
    if field.choices or isinstance(field, models.ForeignKey | models.BooleanField | models.SmallIntegerField):
        return False
    if isinstance(field, models.CharField) and field.max_length < SHORTEST:
        return False
    return str(field) not in ("privacy.DataSubject.erased_at", "privacy.Step.sealed", *KEYS_OF_THE_CATALOGUE)


def identifier_value(pk) -> tuple[str, list[str]]:
    mark = word()
    templates = {"email": "{}@example.com", "clerk_id": "user_{}", "stripe_id": "cus_{}"}
    return templates[Identifier.objects.get(pk=pk).kind].format(mark), [mark]


def value_for(field: models.Field) -> tuple[object, list[str]]:
    n = next(COUNTER)
    match field:
        case models.FileField():
            return marked_file()
        case models.BinaryField():
            mark = rich()
            return mark.encode(), [mark]
        case models.JSONField():
            mark, deep = rich(), rich()
            return {"text": mark, deep: [{"deeper": deep}]}, [mark, deep]
        case models.UUIDField():
            value = uuid4()
            return value, [str(value)]
        case models.GenericIPAddressField():
            value = f"2001:db8:{secrets.randbelow(55_000) + 10_000:x}:{n + 4096:x}::1"
            return value, [value]
        case models.EmailField():
            mark = word()
            return f"{mark}@example.com", [mark]
        case models.DateTimeField():
            # Each after the one before: what ends may not end before it began.
            by_chance = timedelta(milliseconds=secrets.randbelow(6_000) * 10 + 7)
            value = datetime(2019, 3, 7, tzinfo=UTC) + timedelta(seconds=61 * n) + by_chance
            return value, [f"{value:%H:%M:%S.%f}"[:-3]]
        case models.BigIntegerField() | models.PositiveBigIntegerField():
            value = 10**18 + secrets.randbelow(10**18)
            return value, [str(value)]
        case models.IntegerField():
            value = 10**9 + secrets.randbelow(10**9)
            return value, [str(value)]
        case models.CharField() if field.max_length == 64:
            value = secrets.token_hex(32)
            return value, [value]
    mark = rich()
    return mark, [mark]


def marked_file() -> tuple[str, list[str]]:
    """A zip with a mark in its name, one in a member's name, one in a member's text."""
    name, member, text = word(), word(), rich()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{member}.txt", text * 50)
    return default_storage.save(f"uploads/{name}.zip", ContentFile(content.getvalue())), [name, member, text]


def guises(text: str) -> set[bytes]:
    """The ways in which a text may be written: spellings times encodings."""
    spellings = {text, text.lower(), text.upper(), text[::-1], text.replace("-", "")}
    found = {guise for spelling in spellings for guise in encodings(spelling)}
    if text.isdecimal() and len(text) > SHORT_NUMBER:
        found.add(int(text).to_bytes(8))  # as SQLite stores it
    return found | digests(text) | digests(text.lower())


def encodings(text: str) -> Iterator[bytes]:
    data = text.encode()
    for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield escaped.encode()
        yield escaped.replace("\\", "\\\\").encode()  # in a dump of PostgreSQL's
        yield json.dumps(escaped)[1:-1].encode()
    yield from (data, quote(text, safe="").encode(), quote_plus(text).encode(), html.escape(text).encode())
    yield from (data.hex().encode(), data.hex().upper().encode(), quopri.encodestring(data))
    yield from (text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("latin-1"))
    for offset in range(3):
        # The first and last characters also hold bits of the neighbours, whatever they are.
        start, end = -(-8 * offset // 6), (8 * (offset + len(data))) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * offset + data)[start:end]


def digests(text: str) -> set[bytes]:
    """Unkeyed hashes: whoever can guess the text can find it by them."""
    found = [hashlib.new(name, text.encode()).digest() for name in ("md5", "sha1", "sha256")]
    return {guise for d in found for guise in (d, d.hex().encode(), base64.b64encode(d).rstrip(b"="))}


def unpacked(blob: bytes) -> Iterator[bytes]:
    """The blob, and what is in it if it is compressed, however deep."""
    yield blob
    if blob.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from unpacked(archive.read(name))
    elif blob.startswith(b"\x1f\x8b"):
        yield from unpacked(gzip.decompress(blob))
    elif blob[:2] in (b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
        yield from unpacked(zlib.decompress(blob))


def search(marks: Iterable[Mark], places: dict[str, list[bytes]]) -> dict[Mark, set[str]]:
    """Where each mark was found, in any guise; marks found nowhere are left out."""
    contents = {place: b"\n".join(part for blob in blobs for part in unpacked(blob)) for place, blobs in places.items()}
    found: dict[Mark, set[str]] = {}
    for mark in marks:
        wanted = guises(mark.text)
        if hits := {place for place, content in contents.items() if any(guise in content for guise in wanted)}:
            found[mark] = hits
    return found


def every_markable_field() -> set[str]:
    """Of all declarations, the personal fields that can hold a mark."""
    return {
        f"{d.label()}.{name}"
        for d in registry.declarations.values()
        for name in d.fields
        if can_hold_a_mark(d.model._meta.get_field(name))
    }
