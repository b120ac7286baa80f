"""What a member of staff is told in the morning: how much waits for them, and which cases. No names: mail is read
anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q

from privacy.models import Case, Staff
from privacy.selectors import cases, deadlines, urgency

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
        rows = Case.objects.filter(cases.OPEN, condition)
        if number := rows.count():
            named = list(urgency.ranked(rows).order_by(*urgency.order())[:NAMED])
            found.append(Section(title, number, named, urlencode(query)))
    return found


def _asked(member: Staff) -> Iterator[tuple[str, Q, dict[str, str]]]:
    """(title, which open cases, the same in the queue's filters), as far as the member's role can do something."""
    if works := cases.kinds_for(member, "ask"):
        yield "Yours, overdue", cases.of(member) & deadlines.overdue(), {"queue": "mine", "deadline": "overdue"}
        yield "Yours, due in 7 days", cases.of(member) & deadlines.due_soon(), {"queue": "mine", "deadline": "week"}
    if cases.decides(member):
        yield "Waiting for your decision", cases.decidable_by(member), {"queue": "approval"}
    if works:
        yield "Escalated to you", cases.escalated_to(member), {"deadline": "to_me"}
        yield "Nobody’s", cases.unassigned() & Q(kind__in=works), {"queue": "unassigned"}
