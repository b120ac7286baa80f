"""Migration operations for rules that a constraint cannot say."""

from django.db import migrations

POSTGRES_APPEND_ONLY = """
CREATE OR REPLACE FUNCTION kosenai_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'evidence is append-only' USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION kosenai_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION kosenai_append_only();
"""
POSTGRES_APPEND_ONLY_OFF = """
DROP TRIGGER {table}_append_only ON {table};
DROP TRIGGER {table}_no_truncate ON {table};
"""
SQLITE_APPEND_ONLY = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
"""
SQLITE_APPEND_ONLY_OFF = "DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete;"

POSTGRES_FROZEN = """
CREATE OR REPLACE FUNCTION kosenai_refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Waits for an erasure that is under way; the next statement sees what it has done.
  PERFORM 1 FROM privacy_datasubject WHERE id = (to_jsonb(NEW) ->> TG_ARGV[0])::uuid FOR KEY SHARE;
  IF EXISTS (SELECT 1 FROM privacy_datasubject WHERE id = (to_jsonb(NEW) ->> TG_ARGV[0])::uuid
             AND (erased_at IS NOT NULL OR frozen_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'the account is frozen or erased' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER {table}_frozen BEFORE INSERT ON {table}
FOR EACH ROW EXECUTE FUNCTION kosenai_refuse_frozen('{column}');
"""
POSTGRES_FROZEN_OFF = "DROP TRIGGER {table}_frozen ON {table};"
SQLITE_FROZEN = """
CREATE TRIGGER {table}_frozen BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM privacy_datasubject WHERE id = NEW.{column}
             AND (erased_at IS NOT NULL OR frozen_at IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: the account is frozen or erased'); END;
"""
SQLITE_FROZEN_OFF = "DROP TRIGGER {table}_frozen;"


def append_only(table: str) -> migrations.RunPython:
    """Refuses UPDATE, DELETE and (on PostgreSQL) TRUNCATE of the table. The table's owner can still disable it;
    `verify_audit` is what finds that."""
    return _per_vendor(
        POSTGRES_APPEND_ONLY.format(table=table), POSTGRES_APPEND_ONLY_OFF.format(table=table),
        SQLITE_APPEND_ONLY.format(table=table), SQLITE_APPEND_ONLY_OFF.format(table=table),
    )  # fmt: skip


def refuse_frozen(table: str, column: str) -> migrations.RunPython:
    """Refuses a new row of a frozen or erased account, with an IntegrityError, whoever writes it."""
    return _per_vendor(
        POSTGRES_FROZEN.format(table=table, column=column), POSTGRES_FROZEN_OFF.format(table=table),
        SQLITE_FROZEN.format(table=table, column=column), SQLITE_FROZEN_OFF.format(table=table),
    )  # fmt: skip


def _per_vendor(postgres: str, postgres_off: str, sqlite: str, sqlite_off: str) -> migrations.RunPython:
    def run(postgres_sql, sqlite_sql):
        def execute(apps, editor):
            sql = postgres_sql if editor.connection.vendor == "postgresql" else sqlite_sql
            if editor.connection.vendor == "postgresql":
                editor.execute(sql, params=None)
            else:
                for statement in _statements(sql):
                    editor.execute(statement, params=None)

        return execute

    return migrations.RunPython(run(postgres, sqlite), run(postgres_off, sqlite_off))


def _statements(sql: str) -> list[str]:
    """SQLite takes one statement a call; a trigger's own semicolons stand before END."""
    import sqlite3

    found, text = [], ""
    for line in sql.replace("; DROP", ";\nDROP").strip().splitlines():
        text += line + "\n"
        if sqlite3.complete_statement(text):
            found.append(text)
            text = ""
    return found
