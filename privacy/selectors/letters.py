"""Letters and what came back for them, for pages and lists."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import CharField, DateTimeField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast

from privacy.models import Job, Letter, Reply, Step

UNREAD = Reply.objects.filter(case=OuterRef("pk"), read_at=None)
# Of cases: something came in that nobody has read; a letter waits for a second person.
HAS_NEWS = Exists(UNREAD.exclude(kind=Reply.Kind.AUTOMATIC))
AWAITS_APPROVAL = Exists(
    Letter.objects.filter(case=OuterRef("pk"), state=Letter.State.PREPARED, way=Letter.Way.EMAIL, approved_by=None)
)


@dataclass(frozen=True)
class Line:
    """A letter, or a mail that came in (`is_reply`); `at` is when it was made or received."""

    id: UUID
    kind: str
    state: str
    at: datetime
    sent_at: datetime | None
    bounced_at: datetime | None
    is_reply: bool
    is_read: bool
    is_stuck: bool


def of_case(case_id: UUID) -> list[Line]:
    """All of one case, the oldest first, in one query."""
    none = Cast(Value(None), DateTimeField())
    letters = Letter.objects.filter(case=case_id).order_by()
    stuck = Job.objects.filter(pk=OuterRef("pk"), ended_at=None).exclude(parked_because="")
    columns = ("pk", "kind", "state", "made_at", "sent_at", "bounced_at", "is_reply", "is_read", "is_stuck")
    ours = letters.annotate(is_reply=Value(False), is_read=Value(True), is_stuck=Exists(stuck)).values_list(*columns)
    came = Reply.objects.filter(case=case_id).order_by().annotate(
        state=Cast(Value(""), CharField()), sent_at=none, bounced_at=none, is_reply=Value(True),
        is_read=Q(read_at__isnull=False), is_stuck=Value(False),
    )  # fmt: skip
    theirs = came.values_list(
        "pk", "kind", "state", "received_at", "sent_at", "bounced_at", "is_reply", "is_read", "is_stuck"
    )
    return [Line(*row) for row in ours.union(theirs, all=True).order_by("made_at")]


def is_in_doubt(letter: Letter) -> bool:
    """Whether it may have gone out, and nobody knows."""
    return Step.objects.filter(job=letter.pk, job__ended_at=None, result__has_key="handed_over").exists()


def parked_because(letter: Letter) -> str:
    return Job.objects.filter(pk=letter.pk, ended_at=None).values_list("parked_because", flat=True).first() or ""
