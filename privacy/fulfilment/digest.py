"""The daily digest: ordered in each member's morning, made of what is so when it goes out."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from privacy import regimes
from privacy.fulfilment import mail
from privacy.models import Case, Mail, Staff
from privacy.selectors import digest, urgency
from privacy.selectors.digest import Section

TEMPLATE = "digest"
MORNING = time(8), time(12)  # in the member's zone; a sweep that was away until noon says nothing any more
WORKING_DAYS = range(5)


def order_due() -> int:
    """Orders the digests of those whose morning it is, once a day each; returns how many. None for who is away or wants
    none."""
    wants = Staff.objects.filter(is_active=True, digest=True).exclude(email="")
    here = wants.filter(Q(absent_until=None) | Q(absent_until__lt=regimes.today()))
    return sum(mail.order(template=TEMPLATE, member=member, day=day) for member, day in _mornings(here))


def _mornings(members: Iterable[Staff]) -> Iterator[tuple[Staff, date]]:
    """(member, their day) of those who have not had today's."""
    due = [(member, now.date()) for member in members if is_morning(now := timezone.now().astimezone(zone_of(member)))]
    had = set(Mail.objects.filter(template=TEMPLATE, day__in={day for _, day in due}).values_list("member", "day"))
    return ((member, day) for member, day in due if (member.pk, day) not in had)


def zone_of(member: Staff) -> ZoneInfo:
    try:
        return ZoneInfo(member.time_zone)
    except (ZoneInfoNotFoundError, ValueError):  # one that the system no longer knows
        return ZoneInfo("UTC")


def is_morning(local: datetime) -> bool:
    begins, ends = MORNING
    return local.weekday() in WORKING_DAYS and begins <= local.time() < ends


@mail.template(TEMPLATE)
def compose(row: Mail) -> EmailMessage | None:
    """Counts, short ids and links; None when nothing waits, or they want none any more."""
    found = digest.sections(row.member) if row.member.is_active and row.member.digest else []
    if not found:
        return None
    text = "\n\n".join([*map(told, found), f"Turn this off: {address('account_time_zone')}"])
    subject = f"Kosenai Ops: {found[0].title.lower()}: {found[0].number:,}"
    return EmailMessage(subject, text + "\n", to=[row.member.email])


def told(section: Section) -> str:
    lines = [f"{section.title}: {section.number:,}", *(f"  {line_of(case)}" for case in section.named)]
    if section.number > len(section.named):
        lines.append(f"  and {section.number - len(section.named):,} more")
    return "\n".join([*lines, f"  {address('admin:privacy_rightsrequest_changelist')}?{section.query}"])


def line_of(case: Case) -> str:
    due = f", due {case.due_on:%d %b %Y}".replace(" 0", " ") if case.due_on else ""
    why = "; ".join(urgency.why_here(case))
    return f"{case}{due}{f' ({why})' if why else ''}"


def address(name: str) -> str:
    return f"{settings.SITE_URL}{reverse(name)}"
