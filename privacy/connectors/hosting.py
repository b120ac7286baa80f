"""Cloud hosting: stores every row and every file, and backups of them."""

from datetime import date, timedelta

from django.conf import settings

from privacy.connectors.base import Call, expires, register, retained
from privacy.connectors.recipients import Recipient
from privacy.jobs.outcomes import Done

BACKUPS = "Backups and archived changes (WAL) are not edited; they go when newer ones take their place"


@register
class Hosting(Recipient):
    """Our own steps erase the rows and files in its database and storage. What it still has is backups, which
    nobody edits: the last that holds the person is gone BACKUP_DAYS after this step."""

    key = "hosting"
    name = "Cloud hosting"

    @property
    def mode(self) -> str:
        return "expiry"

    def erase(self, call: Call) -> Done:
        return expires([retained("backups", BACKUPS, date.today() + timedelta(days=settings.BACKUP_DAYS))])
