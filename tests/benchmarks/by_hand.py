"""What a careful person would write by hand for this schema: the yardstick. One transaction, one statement a table."""

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
    "UPDATE billing_refund SET reason = '' WHERE customer_id IN (" + CUSTOMERS + ")",
    "UPDATE billing_customer SET name = '', email = '' WHERE subject_id {is_theirs}",
    "DELETE FROM privacy_identifier WHERE subject_id {is_theirs}",
    "UPDATE privacy_datasubject SET full_name = '', country = '', erased_at = now() WHERE id {is_theirs}",
]


def erase(subject_ids: list) -> None:
    """Erases these people; an array parameter, as one would for many."""
    is_theirs = "= %s" if len(subject_ids) == 1 else "= ANY(%s)"
    value = subject_ids[0] if len(subject_ids) == 1 else subject_ids
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in STATEMENTS:
            sql = statement.format(is_theirs=is_theirs)
            cursor.execute(sql, [value] * sql.count("%s"))
