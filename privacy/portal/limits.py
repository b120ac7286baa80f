"""How often the portal writes to a mailbox, and listens to an address of the internet.

A school sits behind one address: that is limited only where no school gets to. What is scarce for an abuser is the
mailbox of somebody else, and the work that a form takes.
"""

import time
from datetime import timedelta

from allauth.core import ratelimit
from django.core.cache import caches
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from privacy.models.addresses import folded_email

DAY = int(timedelta(days=1).total_seconds())
WAIT = 300  # seconds; of the rates in ACCOUNT_RATE_LIMITS
# Mails a day to one mailbox: of one kind, and of all kinds together with and without a proof of work.
OF_ONE_KIND, OF_ALL_KINDS, UNPROVED = 3, 12, 6


def is_too_busy(request: HttpRequest, action: str = "portal_posted") -> bool:
    """Whether more comes from this address of the internet than from a school."""
    return ratelimit.consume_or_429(request, action=action, limit_get=True) is not None


class Mailbox:
    """How many mails to an address may still be sent today. Its provider's rules say which addresses are one mailbox; a
    hash under our key is all that is kept, for a day."""

    def __init__(self, address: str):
        self.address = folded_email(address)

    def take(self, kind: str, *, is_proved: bool) -> bool:
        """Whether one more may be sent, which is then counted."""
        of_kind, of_all = self._sent(kind), self._sent("")
        if len(of_kind) >= OF_ONE_KIND or len(of_all) >= (OF_ALL_KINDS if is_proved else UNPROVED):
            return False
        now = time.time()
        self._keep(kind, [*of_kind, now])
        self._keep("", [*of_all, now])
        return True

    def give_back(self, kind: str) -> None:
        """The last one was not sent."""
        for name in (kind, ""):
            self._keep(name, self._sent(name)[:-1])

    def _sent(self, kind: str) -> list[float]:
        since = time.time() - DAY
        return [at for at in caches["portal"].get(self._key(kind), []) if at > since]

    def _keep(self, kind: str, sent: list[float]) -> None:
        caches["portal"].set(self._key(kind), sent, DAY)

    def _key(self, kind: str) -> str:
        return (
            f"mails:{salted_hmac('privacy.portal.mailbox', f'{kind}:{self.address}', algorithm='sha256').hexdigest()}"
        )
