"""Answers many requests at once: each gets the letter that answers it, in the person’s own language."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from privacy.admin.requests.forms import RequestIds
from privacy.admin.requests.many import Deed
from privacy.cases import letters
from privacy.catalogue import case_kinds
from privacy.models import Case, Staff
from privacy.selectors import cases


def may(member: Staff) -> bool:
    return bool(cases.kinds_for(member, "answer"))


def sort(ids: Sequence[UUID], member: Staff) -> tuple[list[Case], dict[Case, str]]:
    """(cases to which a letter can be written, {case: why not})."""
    found = list(Case.objects.select_related("subject").filter(pk__in=ids).order_by("due_on", "received_at"))
    allowed = set(cases.kinds_for(member, "answer"))
    refused = {row: "Not yours to answer." for row in found if row.kind not in allowed}
    without = letters.why_none([row for row in found if row not in refused])
    refused |= {row: without[row.pk] for row in found if row.pk in without}
    return [row for row in found if row not in refused], refused


def answer_selected(model_admin, request: HttpRequest, queryset) -> HttpResponse | None:
    """The list's action."""
    return MANY.from_list(request, queryset, "letters")


answer_selected.short_description = "Answer by letter…"


def of_many(free: list[Case]) -> dict[str, Any]:
    two = sum(case_kinds[row.kind].deciders == 2 for row in free)
    waits = [f"{two:,} of them wait for a second person, whose first page says so."] if two else []
    return {
        "sentences": ["Each gets the letter that answers it, made of what is recorded, in the person’s own language.",
                      "A letter of which something is not so any more stays here.", *waits],
        "done": "answered",
    }  # fmt: skip


MANY = Deed(
    url="admin:privacy_rightsrequest_answer_many", title="Answer {} by letter", submit="Write to {}",
    done="Written: the answers to {}.", left="{} left alone: nothing can be written to them now.",
    may=may, sort=sort, verb=letters.write_all,
    form=lambda data, initial, free: RequestIds(data, initial=initial), page=of_many,
)  # fmt: skip
