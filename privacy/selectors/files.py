"""The files that erasing somebody deletes: those that rows name, and what else stands in folders of their own."""

from collections.abc import Iterator
from functools import cache
from uuid import UUID

from django.core.files.storage import Storage
from django.db import connection, models

from privacy.datamap import compiler, registry
from privacy.datamap.scope import Scope


def of_rows(scope: Scope, limit: int | None = None) -> list[tuple[models.FileField, list[str]]]:
    """(file field, stored names) of the rows that erasure will delete; at most `limit` names a field."""
    found = []
    with connection.cursor() as cursor:
        for declaration in compiler.all_declarations():
            if not declaration.deletes_rows():
                continue
            for file_field in declaration.file_fields():
                where, params = compiler.rows(declaration, scope, own=True)
                column = connection.ops.quote_name(file_field.column)
                table = connection.ops.quote_name(declaration.model._meta.db_table)
                tail = f" ORDER BY 1 LIMIT {int(limit)}" if limit else ""
                cursor.execute(f"SELECT {column} FROM {table} WHERE {where} AND {column} <> ''{tail}", params)
                found.append((file_field, [name for (name,) in cursor.fetchall()]))
    return found


@cache
def fields_with_folders() -> list[tuple[models.FileField, str]]:
    """(file field, its folder's name for each `{subject}`), which hundreds in a row are asked about."""
    return [(f, d.folder) for d in registry.declarations.values() if d.folder for f in d.file_fields()]


def own_folders(account: UUID) -> Iterator[tuple[Storage, str, list[str], list[str]]]:
    """(storage, name, folders in it, files in it) of an account's own folders; a storage without folders has none."""
    for file_field, name in fields_with_folders():
        folder = name.format(subject=account)
        try:
            folders, names = file_field.storage.listdir(folder)
        except FileNotFoundError:
            continue
        yield file_field.storage, folder, folders, names


def has_folders(account: UUID) -> bool:
    """Whether it has any of its own; most have none."""
    return any(True for _ in own_folders(account))


def stray_files(account: UUID) -> list[tuple[Storage, str]]:
    """(storage, name) of files in an account's own folders: once the rows are gone, no row knows them."""
    return [(storage, f"{folder}/{name}") for storage, folder, _, names in own_folders(account) for name in names]


def empty_folders(account: UUID) -> list[tuple[Storage, str]]:
    """(storage, name) of an account's own folders that hold nothing."""
    return [(storage, folder) for storage, folder, folders, names in own_folders(account) if not folders and not names]
