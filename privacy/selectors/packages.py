"""Finds access packages by the token of their link."""

import hashlib

from django.db.models import QuerySet
from django.db.models.functions import Now

from privacy.models import AccessPackage


def token_digest(token: str) -> str:
    """SHA-256. A plain hash is enough: the token is 256 random bits, which nobody can guess back."""
    return hashlib.sha256(token.encode()).hexdigest()


def available() -> QuerySet[AccessPackage]:
    """Packages that can still be handed over."""
    return AccessPackage.objects.filter(swept_at__isnull=True, expires_at__gt=Now()).exclude(file="")


def by_token(token: str) -> AccessPackage | None:
    """The package a link leads to; None for a link that is wrong, used, replaced or expired."""
    return available().filter(token_sha256=token_digest(token)).first()
