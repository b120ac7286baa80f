"""What is so of letters and of what came back for them."""

from django.db.models import Exists, OuterRef

from privacy.models import Job, Letter, Reply, Step

UNREAD = Reply.objects.filter(case=OuterRef("pk"), read_at=None)
# Of cases: something came in that nobody has read; a letter waits for a second person.
HAS_NEWS = Exists(UNREAD.exclude(kind=Reply.Kind.AUTOMATIC))
AWAITS_APPROVAL = Exists(
    Letter.objects.filter(case=OuterRef("pk"), state=Letter.State.PREPARED, way=Letter.Way.EMAIL, approved_by=None)
)


def is_in_doubt(letter: Letter) -> bool:
    """Whether it may have gone out, and nobody knows."""
    return Step.objects.filter(job=letter.pk, job__ended_at=None, result__has_key="handed_over").exists()


def parked_because(letter: Letter) -> str:
    return Job.objects.filter(pk=letter.pk, ended_at=None).values_list("parked_because", flat=True).first() or ""
