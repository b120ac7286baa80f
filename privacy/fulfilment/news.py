"""Tells whoever looks after a case by mail that something has happened to it: once a day and kind of news, without a
name. The rest stands on their first page and in the digest."""

from django.core.mail import EmailMessage
from django.utils import timezone

from privacy import regimes
from privacy.fulfilment import mail
from privacy.fulfilment.digest import address, line_of, zone_of
from privacy.models import Case, Mail, Staff

# {kind of news: what the mail says}
NEWS = {
    "reply": "Mail has come in for cases of yours",
    "proof": "A proof of who asks was handed in for cases of yours",
    "fetched": "A package was fetched for cases of yours",
}
PREFIX = "news_"


def tell(case: Case, news: str) -> bool:
    """Orders the mail to the owner, or who stands in for them; whether there was anybody to tell, and nothing said of
    this kind today yet."""
    member = reader_of(case)
    if member is None or not member.is_active:
        return False
    return mail.order(template=f"{PREFIX}{news}", member=member, day=timezone.now().astimezone(zone_of(member)).date())


def reader_of(case: Case) -> Staff | None:
    owner = Staff.objects.select_related("deputy").filter(pk=case.owner_id).first() if case.owner_id else None
    if owner is None:
        return None
    is_away = owner.absent_until is not None and owner.absent_until >= regimes.today()
    return owner.deputy if is_away and owner.deputy else owner


def compose(row: Mail) -> EmailMessage | None:
    """No case is named that is not theirs to see, and nobody at all."""
    what = NEWS[row.template.removeprefix(PREFIX)]
    mine = Case.objects.filter(owner=row.member).order_by("due_on", "id")
    open_ones = [f"  {line_of(case)}" for case in mine.exclude(state="closed")[:3]]
    text = "\n".join([f"{what}. See your first page:", f"  {address('admin:index')}", "", "Yours now:", *open_ones])
    return EmailMessage(f"Kosenai Ops: {what[0].lower()}{what[1:]}", text + "\n", to=[row.member.email])


for _news in NEWS:
    mail.template(f"{PREFIX}{_news}")(compose)
