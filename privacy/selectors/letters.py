"""What is so of letters and of what came back for them."""

from django.db.models import Exists, OuterRef, QuerySet

from privacy.models import Job, Letter, Reply, Step

# Of cases: something came in that nobody has read, and that a person wrote or a server sent back.
HAS_NEWS = Exists(Reply.objects.filter(case=OuterRef("pk"), read_at=None).exclude(kind=Reply.Kind.AUTOMATIC))


def to_approve() -> QuerySet[Letter]:
    """Of the case in OuterRef("pk"): letters that wait for a second person."""
    waiting = Letter.objects.filter(state=Letter.State.PREPARED, approved_by=None, case__deciders=2)
    return waiting.filter(case=OuterRef("pk"))


def is_in_doubt(letter: Letter) -> bool:
    """Whether it may have gone out, and nobody knows."""
    return Step.objects.filter(job=letter.pk, job__ended_at=None, result__has_key="handed_over").exists()


def parked_because(letter: Letter) -> str:
    return Job.objects.filter(pk=letter.pk, ended_at=None).values_list("parked_because", flat=True).first() or ""
