"""What a careful person would write by hand for this schema: the yardstick. One transaction, one statement a table."""

import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

SCRIPTS = "SELECT id FROM privacy_script WHERE owner_id {is_theirs}"
CUSTOMERS = "SELECT id FROM billing_customer WHERE subject_id {is_theirs}"
STATEMENTS = [
    "UPDATE privacy_note SET script_id = NULL WHERE script_id IN (" + SCRIPTS + ")",
    "DELETE FROM privacy_usageevent WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_diagnosticevent WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_session WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_deviceidentifier WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_prompt WHERE author_id {is_theirs}",
    "DELETE FROM privacy_feedback WHERE author_id {is_theirs}",
    "DELETE FROM privacy_note WHERE author_id {is_theirs}",
    "DELETE FROM privacy_upload WHERE owner_id {is_theirs}",
    "DELETE FROM privacy_shot WHERE shot_list_id IN (SELECT id FROM privacy_shotlist WHERE owner_id {is_theirs})",
    "DELETE FROM privacy_shotlist WHERE owner_id {is_theirs}",
    "DELETE FROM privacy_scriptcoauthor WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_script WHERE owner_id {is_theirs}",
    "DELETE FROM privacy_attachment WHERE message_id IN (SELECT m.id FROM privacy_supportmessage m "
    "JOIN privacy_supportconversation c ON c.id = m.conversation_id WHERE c.subject_id {is_theirs})",
    "DELETE FROM privacy_supportmessage WHERE conversation_id IN "
    "(SELECT id FROM privacy_supportconversation WHERE subject_id {is_theirs})",
    "DELETE FROM privacy_supportconversation WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_marketingpreference WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_profilepreference WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_membership WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_team WHERE owner_id {is_theirs}",
    "DELETE FROM billing_paymentmethod WHERE customer_id IN (" + CUSTOMERS + ")",
    "DELETE FROM billing_subscription WHERE customer_id IN (" + CUSTOMERS + ")",
    "UPDATE billing_invoiceline SET description = '' WHERE invoice_id IN "
    "(SELECT id FROM billing_invoice WHERE customer_id IN (" + CUSTOMERS + "))",
    "UPDATE billing_invoice SET customer_name = '', customer_email = '' WHERE customer_id IN (" + CUSTOMERS + ")",
    "UPDATE billing_creditnote SET reason = '' WHERE customer_id IN (" + CUSTOMERS + ")",
    "UPDATE billing_refund SET reason = '' WHERE customer_id IN (" + CUSTOMERS + ")",
    "UPDATE billing_customer SET name = '', email = '' WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_identifier WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_nametoken WHERE subject_id {is_theirs}",
    "UPDATE privacy_datasubject SET full_name = '', country = '', region = '', erased_at = now() WHERE id {is_theirs}",
]


def erase(subject_ids: list) -> None:
    """Erases these people; an array parameter, as one would for many."""
    is_theirs = "= %s" if len(subject_ids) == 1 else "= ANY(%s)"
    value = subject_ids[0] if len(subject_ids) == 1 else subject_ids
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in STATEMENTS:
            sql = statement.format(is_theirs=is_theirs)
            cursor.execute(sql, [value] * sql.count("%s"))


def erase_together(subject_ids: list) -> None:
    """Erases these people in one WITH over a temporary table of their ids."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS theirs (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS")
        cursor.execute("INSERT INTO theirs SELECT unnest(%s::uuid[])", [subject_ids])
        cursor.execute("ANALYZE theirs")
        detaching, *rest = [s.format(is_theirs="= ANY(ARRAY(SELECT id FROM theirs))") for s in STATEMENTS]
        cursor.execute(detaching)
        parts = ", ".join(f"s{n} AS ({sql} RETURNING 1)" for n, sql in enumerate(rest))
        cursor.execute(f"WITH {parts} SELECT 1")


EXPORTED = {
    "privacy_datasubject": "id",
    "privacy_identifier": "subject_id",
    "privacy_usageevent": "subject_id",
    "privacy_diagnosticevent": "subject_id",
    "privacy_session": "subject_id",
    "privacy_deviceidentifier": "subject_id",
    "privacy_marketingpreference": "subject_id",
    "privacy_prompt": "author_id",
    "privacy_note": "author_id",
    "privacy_feedback": "author_id",
    "privacy_script": "owner_id",
    "privacy_shotlist": "owner_id",
    "privacy_supportconversation": "subject_id",
    "billing_customer": "subject_id",
    "privacy_shot": "shot_list_id IN (SELECT id FROM privacy_shotlist WHERE owner_id",
    "privacy_supportmessage": "conversation_id IN (SELECT id FROM privacy_supportconversation WHERE subject_id",
    "billing_invoice": "customer_id IN (SELECT id FROM billing_customer WHERE subject_id",
}


def export(subject_id, folder: Path) -> None:
    """Every table as JSON lines and as CSV, by one psql with COPY, each file through `gzip -1`."""
    commands = []
    for table, column in EXPORTED.items():
        where = f"{column} = '{subject_id}'" + (")" if "(" in column else "")
        rows = f"SELECT * FROM {table} WHERE {where}"
        as_json = "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'"
        commands += [
            f"COPY (SELECT row_to_json(r) FROM ({rows}) r) TO STDOUT ({as_json}) "
            f"\\g | gzip -1 > {folder}/{table}.jsonl.gz",
            f"COPY ({rows}) TO STDOUT (FORMAT csv, HEADER) \\g | gzip -1 > {folder}/{table}.csv.gz",
        ]
    url = settings.DATABASE_URL.replace("postgres://", "postgresql://")
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", url], input="\n".join(commands), text=True, check=True)
