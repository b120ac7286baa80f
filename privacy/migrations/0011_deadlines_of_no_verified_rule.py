"""Open requests of people outside the EEA, the United Kingdom and the United States had the GDPR's date, which no law
gave them. They get what a new request gets: the verified rule of the residence, else the earliest of all rules held.

The rules are written out as they stood, because a migration must not change with the code. Closed requests keep what
they were answered by; those of people already erased do too, for their residence is gone.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import migrations

CONTROLLER_ZONE = ZoneInfo("America/Los_Angeles")
OTHER_LAW_APPLIES = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK GB US"
).split()
VERIFIED = {
    ("access", "BR"): ("lgpd", 15),
    ("access", "CA"): ("pipeda", 30),
    ("access", "CH"): ("fadp", 30),
    ("erasure", "KR"): ("pipa", 10),
}
NONE_VERIFIED = ("none_verified", 10)
AT_A_TIME = 1_000


def mend(apps, schema_editor):
    requests = apps.get_model("privacy", "RightsRequest").objects.using(schema_editor.connection.alias)
    wrong = (
        requests.filter(regime="gdpr", closed_at=None, subject__erased_at=None)
        .exclude(subject__country__in=OTHER_LAW_APPLIES)
        .select_related("subject")
    )
    while found := list(wrong[:AT_A_TIME]):
        for request in found:
            request.regime, days = VERIFIED.get((request.kind, request.subject.country), NONE_VERIFIED)
            request.due_on = request.received_at.astimezone(CONTROLLER_ZONE).date() + timedelta(days=days)
        requests.bulk_update(found, ["regime", "due_on"])


class Migration(migrations.Migration):
    dependencies = [("privacy", "0010_silent_holds")]
    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]
