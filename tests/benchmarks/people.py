"""Makes people of a given number of rows with INSERT ... SELECT, among neighbours that fill the tables."""

import uuid

from django.db import connection

# Rows of each table in a hundred, of a person with thousands; small people get at least one of each.
SHARES = {
    "privacy_usageevent": 62, "privacy_diagnosticevent": 12, "privacy_session": 6, "privacy_prompt": 6,
    "privacy_note": 4, "privacy_shot": 4, "privacy_supportmessage": 2, "privacy_deviceidentifier": 1,
    "privacy_script": 1, "privacy_feedback": 1,
}  # fmt: skip
# Of a person whom no processor knows but the one that stores everything.
UNKNOWN = {"privacy_session": 40, "privacy_note": 30, "privacy_shot": 20, "privacy_script": 5, "privacy_feedback": 5}
TEXT = "'INT. STUDIO - NIGHT. The light falls on a page that nobody has read yet, take ' || g"
INSERTS = {
    "privacy_usageevent": (
        "(subject_id, session_key, name, properties, ip_address, occurred_at) SELECT %(s)s, gen_random_uuid(), "
        "'script.opened', jsonb_build_object('page', g, 'zoom', 1.25, 'panel', 'shots'), '192.0.2.7', "
        "now() - g * interval '1 second'"
    ),
    "privacy_diagnosticevent": (
        "(subject_id, level, message, context, occurred_at) SELECT %(s)s, 'info', 'render took ' || g || ' ms', "
        "jsonb_build_object('frame', g), now()"
    ),
    "privacy_session": (
        "(id, subject_id, clerk_session_id, ip_address, user_agent, started_at) SELECT gen_random_uuid(), %(s)s, "
        "'sess_' || g, '192.0.2.7', 'Mozilla/5.0', now()"
    ),
    "privacy_prompt": (
        f"(id, author_id, provider, response_id, text, created_at) SELECT gen_random_uuid(), %(s)s, 'openai', '', {TEXT}, now()"  # noqa: E501
    ),
    "privacy_note": f"(id, author_id, body, created_at) SELECT gen_random_uuid(), %(s)s, {TEXT}, now()",
    "privacy_feedback": f"(id, author_id, rating, body, created_at) SELECT gen_random_uuid(), %(s)s, 5, {TEXT}, now()",
    "privacy_script": (
        f"(id, owner_id, title, format, body, created_at, updated_at) SELECT gen_random_uuid(), %(s)s, 'Draft ' || g, "
        f"'fountain', repeat({TEXT}, 20), now(), now()"
    ),
    "privacy_shot": (
        f"(id, shot_list_id, number, description, camera) SELECT gen_random_uuid(), %(list)s, g, {TEXT}, '50 mm'"
    ),
    "privacy_supportmessage": (
        f"(id, conversation_id, body, sent_at) SELECT gen_random_uuid(), %(conversation)s, {TEXT}, now()"
    ),
    "privacy_deviceidentifier": (
        "(id, subject_id, kind, value, user_agent, first_seen_at, last_seen_at) SELECT gen_random_uuid(), %(s)s, "
        "'analytics_cookie', gen_random_uuid()::text, 'Mozilla/5.0', now(), now()"
    ),
}


SUBJECT = (
    "INSERT INTO privacy_datasubject (id, full_name, country, region, relation) VALUES "
    "(%(s)s, 'Ada Lovelace', 'DE', '', '')",
    "INSERT INTO privacy_identifier (id, subject_id, kind, value, is_primary) VALUES "
    "(gen_random_uuid(), %(s)s, 'email', %(s)s || '@example.com', true)",
    "INSERT INTO privacy_nametoken (subject_id, token) VALUES (%(s)s, 'adalovelace'), (%(s)s, 'lovelace')",
    "INSERT INTO privacy_shotlist (id, owner_id, title) VALUES (%(list)s, %(s)s, 'Shots')",
)
CUSTOMER = (
    "INSERT INTO privacy_supportconversation (id, subject_id, topic, status) VALUES "
    "(%(conversation)s, %(s)s, 'Help', 'open')",
    "INSERT INTO privacy_marketingpreference (id, subject_id, channel, opted_in, changed_at) VALUES "
    "(gen_random_uuid(), %(s)s, 'email', true, now())",
    "INSERT INTO billing_customer (id, subject_id, stripe_id, name, email, created_at) VALUES "
    "(%(customer)s, %(s)s, 'cus_' || %(customer)s, 'Ada Lovelace', %(s)s || '@example.com', now())",
    "INSERT INTO billing_invoice (id, stripe_id, customer_id, number, status, customer_name, customer_email, "
    "currency, total, amount_paid, issued_at) SELECT gen_random_uuid(), 'in_' || gen_random_uuid(), "
    "%(customer)s, 'K-' || g, 'paid', 'Ada Lovelace', 'ada@example.com', 'eur', 2000, 2000, now() "
    "FROM generate_series(1, 2) g",
)
CLERK = (
    "INSERT INTO privacy_identifier (id, subject_id, kind, value, is_primary) VALUES "
    "(gen_random_uuid(), %(s)s, 'clerk_id', 'user_' || %(s)s, false)",
)


def person(rows: int) -> uuid.UUID:
    """A person with about `rows` rows over all tables; returns the subject's id."""
    return insert((*SUBJECT, *CUSTOMER), SHARES, rows - 11)


def unknown(rows: int) -> uuid.UUID:
    """A person of whom only the processor that stores everything has got something."""
    return insert(SUBJECT, UNKNOWN, rows - 5)


def known_to_three(rows: int) -> uuid.UUID:
    """Known to Clerk, and by usage to analytics and logging."""
    return insert((*SUBJECT, *CLERK), UNKNOWN | {"privacy_usageevent": 5}, rows - 6)


def insert(singles: tuple[str, ...], shares: dict[str, int], rows: int) -> uuid.UUID:
    ids = {"s": uuid.uuid4(), "list": uuid.uuid4(), "conversation": uuid.uuid4(), "customer": uuid.uuid4()}
    with connection.cursor() as cursor:
        # Triggers and foreign keys are checked row by row, which would take minutes and is not what is measured.
        cursor.execute("SET session_replication_role = replica")
        for sql in singles:
            cursor.execute(sql, ids)
        for table, share in shares.items():
            number = max(1, rows * share // 100)
            cursor.execute(f"INSERT INTO {table} {INSERTS[table]} FROM generate_series(1, {number}) g", ids)
        cursor.execute("SET session_replication_role = origin")
    return ids["s"]


def neighbours(people: int, rows: int) -> None:
    """Other people, so that no measurement has the tables to itself."""
    for _ in range(people):
        person(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
