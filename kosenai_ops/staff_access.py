"""Who gets in, for how long, and with how much proof. Staff are invited; data subjects never sign in here."""

import base64
import time
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, logout
from django.db import OperationalError
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from kosenai_ops.client_address import client_address
from privacy.jobs.slices import is_busy

# Where a member of staff without a second factor may go: to set one up, to prove who they are, and out.
OPEN_WITHOUT_SECOND_FACTOR = ("/accounts/2fa/", "/accounts/reauthenticate/", "/accounts/logout/", "/admin/logout/")
SECONDS_BETWEEN_WRITES = 60


class StaffAccounts(DefaultAccountAdapter):
    """Nobody signs up; staff come in by an invitation. Limits see the address that the lock sees."""

    def is_open_for_signup(self, request) -> bool:
        return False

    def get_client_ip(self, request) -> str:
        return client_address(request)

    def _get_login_attempts_cache_key(self, request, **credentials) -> str:
        """By name and address, as the lock: by the name alone, ten wrong passwords from anywhere would keep a colleague
        out. allauth has no public way to say so; a test notices when the method is renamed."""
        return f"{super()._get_login_attempts_cache_key(request, **credentials)} {client_address(request)}"


def name_to_lock(request: HttpRequest, credentials: dict | None) -> str | None:
    """The name whose failures are counted, in one spelling: the sign-in does not tell `Mara` from `mara` either."""
    name = (credentials or {}).get("username")
    return name and name.strip().lower()


class SecondFactors(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are stored encrypted: a stolen database signs nobody in."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last second factor stays where one is compulsory. Recovery codes alone are none."""
        if not settings.SECOND_FACTOR_COMPULSORY or authenticator.type == Authenticator.Type.RECOVERY_CODES:
            return True
        others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        return others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def _cipher() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"kosenai second factors").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def ask_again(request: HttpRequest) -> HttpResponseRedirect | None:
    """Before an approval: None when the person proved who they are within the last 10 minutes, else the way to do so.

    A proof is the password given again, or a second factor: given again, or at the sign-in itself.

    `if again := ask_again(request): return again`, at the top of the view, for GET and POST alike. A POST comes back as
    a GET of the same page: what was typed is not kept in the session, because it may name a person. In the demo: None.
    """
    since_proof = time.time() - last_proof(request)
    if not settings.REAUTHENTICATE_BEFORE_APPROVAL or since_proof < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return None
    method = get_adapter().get_reauthentication_methods(request.user)[0]
    return redirect(f"{method['url']}?{urlencode({'next': request.get_full_path()})}")


def last_proof(request: HttpRequest) -> float:
    """When the person last proved who they are, in seconds since 1970; 0.0 if never in this session. allauth's own
    answer leaves the sign-in out, with a second factor or without."""
    records = get_authentication_records(request, request.user)
    return max((r["at"] for r in records if r.get("reauthenticated") or r["method"] == "mfa"), default=0.0)


class WithRoles(AuthenticationBackend):
    """allauth's, which reads with every page who is there: the member and what their roles permit, in one query."""

    def get_user(self, user_id):
        member = get_user_model().with_roles(user_id)
        return member if member and self.user_can_authenticate(member) else None


class SessionLimits:
    """Ends a session 12 hours after its sign-in; 30 idle minutes end it by themselves (SESSION_COOKIE_AGE).

    The session is written at most once a minute, not with every page: on SQLite a write is a lock.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now, session = int(time.time()), request.session
            if now - session.setdefault("signed_in_at", now) > settings.SESSION_ABSOLUTE_AGE:
                logout(request)
            elif now - session.get("seen_at", 0) > SECONDS_BETWEEN_WRITES:
                session["seen_at"] = now
                note_use(request)
        return self.get_response(request)


def note_use(request: HttpRequest) -> None:
    """When the member and this session of theirs were last here. allauth's own would write with every page."""
    seen = timezone.now()
    try:
        get_user_model().objects.filter(pk=request.user.pk).update(last_used_at=seen)
        session = UserSession.objects.filter(session_key=request.session.session_key)
        session.update(last_seen_at=seen, ip=client_address(request))
    except OperationalError as fault:  # no page fails because of a note
        if not is_busy(fault):
            raise


class SecondFactor:
    """Sends staff who have no second factor to the page that sets one up, whatever they asked for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if self.is_missing(request):
            messages.warning(request, "Set up a second factor first: an authenticator app or a passkey.")
            return redirect(reverse("mfa_index"))
        return self.get_response(request)

    def is_missing(self, request) -> bool:
        if not settings.SECOND_FACTOR_COMPULSORY or request.path.startswith(OPEN_WITHOUT_SECOND_FACTOR):
            return False
        if not request.user.is_authenticated:
            return False
        factors = Authenticator.objects.filter(user=request.user)
        return not factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
