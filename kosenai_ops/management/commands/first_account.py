"""`manage.py first_account NAME EMAIL`: the way into a back office that has no staff yet."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from privacy.catalogue import NotAllowed
from privacy.fulfilment import invitations


class Command(BaseCommand):
    help = (
        "Makes the first manager, who keeps the accounts and invites the others, and prints a link that sets their "
        "password. The link works once, for seven days; no password is asked for or printed here."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("email")

    def handle(self, *args, username: str, email: str, **options):
        try:
            token = invitations.first(username=username, email=email)
        except NotAllowed as refusal:
            raise CommandError(str(refusal)) from refusal
        scheme = "https" if settings.HTTPS else "http"
        page = reverse("account_invitation", args=[token])
        self.stdout.write(f"{scheme}://{settings.ALLOWED_HOSTS[0].lstrip('.')}{page}")
