"""Finds access packages by the token of their link."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from privacy.models import AccessPackage, Batch, Case, State
from privacy.selectors.cases import IS_PARKED

REMIND_BEFORE = timedelta(days=2)
RESUMABLE = timedelta(minutes=15)  # after the first byte: a download that broke off is taken up by the same link
UNUSED = Q(downloaded_at__isnull=True) | Q(downloaded_at__lt=F("token_issued_at"))


def token_digest(token: str) -> str:
    """SHA-256. A plain hash is enough: the token is 256 random bits, which nobody can guess back."""
    return hashlib.sha256(token.encode()).hexdigest()


def available() -> QuerySet[AccessPackage]:
    """Packages that can still be given."""
    return AccessPackage.objects.filter(swept_at__isnull=True, expires_at__gt=Now()).exclude(file="")


def to_hand_over() -> Q:
    """The cases whose answer is a package that can be given now."""
    of_case = Q(request=OuterRef("pk")) | Q(request=OuterRef("joined__case"))
    return Q(state=State.ANSWERING) & Q(Exists(available().filter(of_case)))


def answering(cases: Sequence[Case]) -> dict[UUID, AccessPackage]:
    """{case: the last package that was built for it}, of those that have one."""
    ids = Case.objects.filter(pk__in=[case.pk for case in cases]).values_list("pk", "joined__case")
    sources = {pk: [source for source in (pk, joined) if source] for pk, joined in ids}
    built = AccessPackage.objects.filter(request__in={source for both in sources.values() for source in both})
    of_request = {package.request_id: package for package in built.order_by("created_at")}
    found = {pk: [of_request[source] for source in both if source in of_request] for pk, both in sources.items()}
    return {pk: max(several, key=lambda package: package.created_at) for pk, several in found.items() if several}


def of_batch(batch: Batch) -> dict[str, int]:
    """How many of its cases are ready to be handed over, and where the others are, with one query."""
    return batch.cases.order_by().aggregate(
        ready=Count("id", filter=to_hand_over()),
        being_built=Count("id", filter=Q(state=State.FULFILLING) & ~Q(IS_PARKED)),
        parked=Count("id", filter=~Q(state=State.CLOSED) & Q(IS_PARKED)),
        unproved=Count("id", filter=Q(state__in=[State.RECEIVED, State.VERIFYING, State.DECIDING])),
        otherwise=Count("id", filter=Q(state=State.ANSWERING) & ~to_hand_over()),
        closed=Count("id", filter=Q(state=State.CLOSED)),
    )


def to_remind() -> QuerySet[AccessPackage]:
    """Packages whose link was given and not used, and that are deleted soon: the person is to be reminded."""
    soon = Now() + REMIND_BEFORE
    return available().filter(UNUSED, token_issued_at__isnull=False, expires_at__lte=soon)


def by_token(token: str) -> AccessPackage | None:
    """The package a link leads to; None for a link that is wrong, used, replaced or expired."""
    return linked(token).filter(UNUSED | Q(downloaded_at__gt=Now() - RESUMABLE)).first()


def of_case(case: Case) -> AccessPackage | None:
    """The last one that was built for it, with `is_to_remind`."""
    of_this = to_remind().filter(pk=OuterRef("pk"))
    built = AccessPackage.objects.filter(request__in=case.answered_with()).annotate(is_to_remind=Exists(of_this))
    return built.order_by("-created_at").first()


def linked(token: str) -> QuerySet[AccessPackage]:
    """The package of this link, whether the link is used or not."""
    return available().filter(token_sha256=token_digest(token))


def resumable_until(package: AccessPackage) -> datetime | None:
    """How long the download that has begun by the package's present link can be taken up; None if none has."""
    begun, issued = package.downloaded_at, package.token_issued_at
    return begun + RESUMABLE if begun and issued and begun >= issued else None
