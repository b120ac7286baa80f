"""What stands on a case's page beside the case: small rows of many tables, all of them in one query."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    DateField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    QuerySet,
    UUIDField,
    Value,
    When,
)
from django.db.models import Case as Choice
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from privacy.models import (
    Case,
    CaseComment,
    CaseFile,
    ClockPause,
    DataSubject,
    Dossier,
    Factor,
    Job,
    Letter,
    Processor,
    Receipt,
    Reply,
    Staff,
)
from privacy.selectors.who import Who, named, shown


class Row(NamedTuple):
    """Of whichever table; what a table has nothing for is empty, or None. `of` is the id of the row that it belongs
    to, `at` a time, `since` and `until` are days."""

    what: str
    row_id: Any
    of: Any
    by: str
    at: Any
    word: str
    told: str
    bytes: int
    since: Any
    until: Any


# Typed, because the first table of a union says of which types the columns are.
EMPTY: dict[str, Any] = {
    "row_id": Cast(Value(None), UUIDField()), "of": Cast(Value(None), UUIDField()), "by": Value(""),
    "at": Cast(Value(None), DateTimeField()), "word": Value(""), "told": Value(""),
    "bytes": Value(0, BigIntegerField()), "since": Cast(Value(None), DateField()),
    "until": Cast(Value(None), DateField()),
}  # fmt: skip


@dataclass(frozen=True)
class File:
    id: UUID
    name: str
    size: int


@dataclass(frozen=True)
class Comment:
    written_by: str
    written_at: datetime
    text: str
    files: Sequence[File]


@dataclass(frozen=True)
class Weighed:
    """A factor of the dossier."""

    side: str
    text: str
    noted_by: str
    noted_at: datetime


@dataclass(frozen=True)
class Weighing:
    """The dossier in force, and who has confirmed it when; empty while nobody has."""

    factors: Sequence[Weighed]
    confirmed_by: str
    confirmed_at: datetime | None


@dataclass(frozen=True)
class Post:
    """A letter, or a mail that came in (`is_reply`). `state` is the letter's, or `bounced`; or whether the mail was
    read. `at` is when it went out, else when it was written, or came in."""

    id: UUID
    kind: str
    state: str
    at: datetime
    is_reply: bool
    is_stuck: bool


@dataclass(frozen=True)
class Beside:
    """`people` are those who were asked for, as far as the viewer may know them; `processors` are rows of the
    inventory, by key."""

    comments: Sequence[Comment]
    letters: Sequence[Post]
    dossier: Weighing | None
    pauses: Sequence[ClockPause]
    followed_by: Sequence[Case]
    receipt: Receipt | None
    people: Mapping[UUID, Who]
    processors: Mapping[str, Processor]


def of(case: Case, viewer: Staff, people: Collection[UUID], processors: Collection[str] = ()) -> Beside:
    """Of a case with what it has joined; of what is about the person's own words only what the viewer may see."""
    first, *others = _tables(case, viewer, people, processors)
    rows: dict[str, list[Row]] = defaultdict(list)
    for values in first.union(*others, all=True).order_by("at", "since", "row_id"):
        row = Row(*values)
        rows[row.what].append(row)
    return Beside(
        comments=_comments(rows),
        letters=_post(rows),
        dossier=_dossier(rows),
        pauses=[ClockPause(pk=r.row_id, why=r.word, began_on=r.since, ended_on=r.until) for r in rows[PAUSE]],
        followed_by=[Case(pk=row.row_id, kind=row.word) for row in rows[FOLLOWER]],
        receipt=next((Receipt(pk=r.row_id, sha256=r.told, issued_at=r.at) for r in reversed(rows[RECEIPT])), None),
        people={subject_id: Who(subject_id) for subject_id in people} | _people(rows),
        processors={r.word: Processor(key=r.word, console=r.by, instructions=r.told) for r in rows[PROCESSOR]},
    )


COMMENT, FILE, DOSSIER, FACTOR, PAUSE, FOLLOWER, RECEIPT, PERSON, PROCESSOR, LETTER, REPLY = (
    str(model._meta.model_name)
    for model in (
        CaseComment, CaseFile, Dossier, Factor, ClockPause, Case, Receipt, DataSubject, Processor, Letter, Reply,
    )
)  # fmt: skip
BOUNCED, READ = "bounced", "read"


def _tables(
    case: Case, viewer: Staff, people: Collection[UUID], processors: Collection[str]
) -> Iterator[QuerySet[Any, Any]]:
    yield _rows(case.pauses.all(), row_id=F("pk"), word=F("why"), since=F("began_on"), until=F("ended_on"))
    yield _rows(case.followed_by.all(), row_id=F("pk"), word=F("kind"), at=F("received_at"))
    receipts = Receipt.objects.filter(request__in=case.answered_with())
    yield _rows(receipts, row_id=F("pk"), told=F("sha256"), at=F("issued_at"))
    if processors:
        at_work = Processor.objects.filter(key__in=processors)
        yield _rows(at_work, word=F("key"), by=F("console"), told=F("instructions"))
    if viewer.sees_personal_data:
        yield from _of_people(case, people)


def _of_people(case: Case, people: Collection[UUID]) -> Iterator[QuerySet[Any, Any]]:
    written = {"row_id": F("pk"), "told": F("text")}
    yield _rows(case.comments.all(), **written, by=F("written_by__username"), at=F("written_at"))
    yield from _of_letters(case)
    files = CaseFile.objects.filter(comment__case=case)
    yield _rows(files, row_id=F("pk"), of=F("comment"), word=F("name"), bytes=F("size"))
    dossiers = case.dossiers.filter(withdrawn_at=None)
    yield _rows(dossiers, row_id=F("pk"), by=F("confirmed_by__username"), at=F("confirmed_at"))
    factors = Factor.objects.filter(dossier__in=dossiers)
    yield _rows(factors, **written, word=F("side"), by=F("noted_by__username"), at=F("noted_at"))
    if people:
        yield _rows(named(people), row_id=F("pk"), word=F("full_name"), told=F("address"), at=F("erased_at"))


def _of_letters(case: Case) -> Iterator[QuerySet[Any, Any]]:
    stuck = Job.objects.filter(pk=OuterRef("pk"), ended_at=None).exclude(parked_because="")
    state = Choice(When(bounced_at__isnull=False, then=Value(BOUNCED)), default=F("state"))
    is_stuck = Choice(When(Exists(stuck), then=Value(1)), default=Value(0), output_field=BigIntegerField())
    written_or_sent = Coalesce("sent_at", "made_at")
    yield _rows(case.letters.all(), row_id=F("pk"), word=F("kind"), told=state, at=written_or_sent, bytes=is_stuck)
    is_read = Choice(When(read_at__isnull=False, then=Value(READ)), default=Value(""))
    yield _rows(case.replies.all(), row_id=F("pk"), word=F("kind"), told=is_read, at=F("received_at"))


def _rows(rows: QuerySet[Any, Any], **filled: Combinable) -> QuerySet[Any, Any]:
    """As the columns of Row."""
    columns = {"what": Value(str(rows.model._meta.model_name))} | EMPTY | filled
    told: QuerySet[Any, Any] = rows.order_by().annotate(**columns).values_list(*Row._fields)
    return told


def _comments(rows: Mapping[str, Sequence[Row]]) -> list[Comment]:
    files: dict[UUID | None, list[File]] = defaultdict(list)
    for row in rows[FILE]:
        files[row.of].append(File(row.row_id, row.word, row.bytes))
    return [Comment(row.by, row.at, row.told, files[row.row_id]) for row in rows[COMMENT]]


def _post(rows: Mapping[str, Sequence[Row]]) -> list[Post]:
    found = [(row, False) for row in rows[LETTER]] + [(row, True) for row in rows[REPLY]]
    post = [Post(row.row_id, row.word, row.told, row.at, is_reply, bool(row.bytes)) for row, is_reply in found]
    return sorted(post, key=lambda one: one.at)


def _dossier(rows: Mapping[str, Sequence[Row]]) -> Weighing | None:
    factors = [Weighed(row.word, row.told, row.by, row.at) for row in rows[FACTOR]]
    return next((Weighing(factors, row.by, row.at) for row in rows[DOSSIER]), None)


def _people(rows: Mapping[str, Sequence[Row]]) -> dict[UUID, Who]:
    return {row.row_id: shown(row.row_id, row.word, row.told, row.at) for row in rows[PERSON]}
