"""`manage.py reset_second_factor NAME`: for a colleague whose telephone and recovery codes are lost."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction


class Command(BaseCommand):
    help = "Removes a staff member's second factors and ends their sessions; they set up new ones at the next sign-in."

    def add_arguments(self, parser):
        parser.add_argument("username")

    @transaction.atomic
    def handle(self, *args, username: str, **options):
        member = get_user_model().objects.filter(username=username).first()
        if not member:
            raise CommandError(f"There is no staff member {username!r}.")
        factors, _ = Authenticator.objects.filter(user=member).delete()
        sessions = UserSession.objects.filter(user=member)
        ended = len(sessions)
        for session in sessions:
            session.end()
        self.stdout.write(f"{username}: {factors} second factors removed, {ended} sessions ended.")
