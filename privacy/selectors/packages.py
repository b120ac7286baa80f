"""Finds access packages by the token of their link."""

import hashlib
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from privacy.models import AccessPackage

REMIND_BEFORE = timedelta(days=2)
RESUMABLE = timedelta(minutes=15)  # after the first byte: a download that broke off is taken up by the same link
UNUSED = Q(downloaded_at__isnull=True) | Q(downloaded_at__lt=F("token_issued_at"))


def token_digest(token: str) -> str:
    """SHA-256. A plain hash is enough: the token is 256 random bits, which nobody can guess back."""
    return hashlib.sha256(token.encode()).hexdigest()


def available() -> QuerySet[AccessPackage]:
    """Packages that can still be given."""
    return AccessPackage.objects.filter(swept_at__isnull=True, expires_at__gt=Now()).exclude(file="")


def to_remind() -> QuerySet[AccessPackage]:
    """Packages whose link was given and not used, and that are deleted soon: the person is to be reminded."""
    soon = Now() + REMIND_BEFORE
    return available().filter(UNUSED, token_issued_at__isnull=False, expires_at__lte=soon)


def by_token(token: str) -> AccessPackage | None:
    """The package a link leads to; None for a link that is wrong, used, replaced or expired."""
    return linked(token).filter(UNUSED | Q(downloaded_at__gt=Now() - RESUMABLE)).first()


def linked(token: str) -> QuerySet[AccessPackage]:
    """The package of this link, whether the link is used or not."""
    return available().filter(token_sha256=token_digest(token))


def resumable_until(package: AccessPackage) -> datetime | None:
    """How long the download that has begun by the package's present link can be taken up; None if none has."""
    begun, issued = package.downloaded_at, package.token_issued_at
    return begun + RESUMABLE if begun and issued and begun >= issued else None
