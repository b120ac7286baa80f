"""What a member of staff is told in the morning: how much waits for them, and which cases. No names: mail is read
anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from privacy.models import AccessPackage, Case, Staff, State
from privacy.selectors import cases, deadlines, letters, urgency

NAMED = 5  # cases of a section; the rest is counted


@dataclass(frozen=True)
class Section:
    """`query` leads to the queue with the same cases; `named` are the first of them by urgency."""

    title: str
    number: int
    named: list[Case]
    query: str


def sections(member: Staff) -> list[Section]:
    """Those in which something waits, the most pressing first: two queries each."""
    found = []
    for title, condition, query in _asked(member):
        rows = Case.objects.filter(condition)
        if number := rows.count():
            named = list(urgency.ranked(rows).order_by(*urgency.order())[:NAMED])
            found.append(Section(title, number, named, urlencode(query)))
    return found


def _asked(member: Staff) -> Iterator[tuple[str, Q, dict[str, str]]]:
    """(title, which cases, the same in the queue's filters), as far as the member's role can do something."""
    is_open = cases.OPEN
    if works := cases.kinds_for(member, "ask"):
        mine = cases.of(member)
        yield "Yours, overdue", mine & deadlines.overdue(), {"queue": "mine", "deadline": "overdue"}
        yield "Yours, due in 7 days", mine & deadlines.due_soon(), {"queue": "mine", "deadline": "week"}
        yield "Yours, something came in", Q(owner=member) & Q(letters.HAS_NEWS), {"queue": "news"}
        yield "Yours, package fetched", Q(owner=member) & fetched_lately(), {"queue": "all", "state": State.CLOSED}
    if cases.decides(member):
        yield "Waiting for your decision", is_open & cases.decidable_by(member), {"queue": "approval"}
    if works:
        yield "Escalated to you", is_open & cases.escalated_to(member), {"deadline": "to_me"}
        yield "Nobody’s", cases.unassigned() & Q(kind__in=works), {"queue": "unassigned"}


def fetched_lately() -> Q:
    """Whose package was fetched since yesterday."""
    lately = AccessPackage.objects.filter(request=OuterRef("pk"), downloaded_at__gt=Now() - timedelta(days=1))
    return Q(Exists(lately))
