"""The link by which a person sees how their case stands: a signed token in place of a sign-in.

It names the case by our own id and opens its page in the portal and nothing else. It is good for as long as somebody
may come back to what they were answered, and dies with the signing key.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "privacy.case"
GOOD_FOR = timedelta(days=400)  # an answer may take four months, and an appeal against it a year


def token_for(case_id: UUID) -> str:
    return signing.dumps(case_id.hex, salt=SALT)


def case_of(token: str) -> UUID | None:
    """Whose token it is; None for one that is too old, or that we have not signed for this."""
    try:
        return UUID(signing.loads(token, salt=SALT, max_age=GOOD_FOR))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def address_of(case_id: UUID) -> str:
    """The whole address, for a letter: a worker knows no request."""
    return f"{settings.SITE_URL}{reverse('case', args=[token_for(case_id)])}"
