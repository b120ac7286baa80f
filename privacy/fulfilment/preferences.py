"""The mail by which somebody confirms that an opt-out of theirs ends: said once on the page of choices, and once from
the mailbox (11 CCR 7028(a))."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from privacy.catalogue import case_kinds
from privacy.evidence import sealing
from privacy.fulfilment.asking import GOOD_FOR, send
from privacy.models import Identifier

USE = "choice to confirm"


def mailbox_of(subject_id: UUID) -> str:
    """Where the person is written to; empty where we know no address."""
    found = Identifier.objects.filter(subject=subject_id, kind=Identifier.Kind.EMAIL).order_by("-is_primary", "value")
    return found.values_list("value", flat=True).first() or ""


def ask_to_confirm(subject_id: UUID, key: str) -> bool:
    """Sends the mail in the language in force; whether the mail server has taken it."""
    sealed = sealing.seal_letter({"subject": subject_id.hex, "choice": key}, USE)
    words = case_kinds[key].plainly
    what = gettext(words.name) if words else case_kinds[key].label
    address = f"{settings.SITE_URL}{reverse('confirm_choice', args=[sealed])}"
    subject = gettext("Please confirm that this ends: %(what)s") % {"what": what}
    return send(mailbox_of(subject_id), subject, "confirm_choice", {"what": what, "address": address})


def opened(text: str) -> tuple[UUID, str] | None:
    """(person, key of the opt-out); None for what is older than a day, or was not sealed by us for this."""
    found = sealing.unseal_letter(text, USE, GOOD_FOR)
    return (UUID(found["subject"]), str(found["choice"])) if found else None
