"""The one-click link of a letter of news (RFC 8058): a signed token in place of a sign-in, and the two headers.

A token names one person by our own id, and never expires: letters are old when they are opened. It opens nothing but
this page.
"""

from uuid import UUID

from django.core import signing
from django.urls import reverse

SALT = "privacy.unsubscribe"


def token_for(subject_id: UUID) -> str:
    return signing.dumps(subject_id.hex, salt=SALT)


def subject_of(token: str) -> UUID | None:
    """Whose token it is; None for one that we have not signed for this."""
    try:
        return UUID(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def headers_for(subject_id: UUID, origin: str) -> dict[str, str]:
    """What a letter of news has to carry. `origin` is ours, such as https://privacy.example.com."""
    address = f"{origin}{reverse('unsubscribe', args=[token_for(subject_id)])}"
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
