"""Rules that a constraint cannot say: evidence is append-only, frozen and erased accounts take no new rows."""

from django.db import migrations

from privacy.datamap.triggers import append_only, refuse_frozen

CONTENT = {
    "privacy_script": "owner_id",
    "privacy_shotlist": "owner_id",
    "privacy_upload": "owner_id",
    "privacy_note": "author_id",
    "privacy_prompt": "author_id",
    "privacy_feedback": "author_id",
    "privacy_session": "subject_id",
    "privacy_usageevent": "subject_id",
    "privacy_diagnosticevent": "subject_id",
    "privacy_deviceidentifier": "subject_id",
    "privacy_marketingpreference": "subject_id",
    "privacy_profilepreference": "subject_id",
    "privacy_scriptcoauthor": "subject_id",
    "privacy_membership": "subject_id",
}


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]
    operations = [
        append_only("privacy_auditentry"),
        *(refuse_frozen(table, column) for table, column in CONTENT.items()),
    ]
