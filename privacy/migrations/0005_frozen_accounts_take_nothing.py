"""Three tables that 0002 forgot: a frozen or erased account takes no new identifier, team or conversation either."""

from django.db import migrations

from privacy.datamap.triggers import refuse_frozen


class Migration(migrations.Migration):
    dependencies = [("privacy", "0004_indexes_of_lists_and_dashboard")]
    operations = [
        refuse_frozen("privacy_identifier", "subject_id"),
        refuse_frozen("privacy_team", "owner_id"),
        refuse_frozen("privacy_supportconversation", "subject_id"),
    ]
