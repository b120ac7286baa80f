"""Acting on many requests at once: who they are is read, what stands in the way is said of each, and it is done to all
of the others or to none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin.actions import PEOPLE_SHOWN, requests_count
from privacy.admin.base import person_cell
from privacy.admin.requests.base import selected
from privacy.admin.requests.forms import RequestIds
from privacy.catalogue import NotAllowed
from privacy.models import Case, RightsRequest, Staff
from privacy.selectors.who import Who, who

LIST = "admin:privacy_rightsrequest_changelist"
LOOK_AGAIN = "A colleague was quicker with some of these, so nothing was done. Look again."


@dataclass(frozen=True)
class Deed:
    """What is done to many. `{}` in `title`, `submit`, `done` and `left` stands for how many requests.

    may: whether the member may do it to any. sort: (cases free for it, {case: why not}), of ids and a member.
    form: of the data sent or None, its initial, and the free cases. verb: takes `request_ids`, `actor` and what the
    form asks. page: what the confirmation says of the free cases beside this.
    """

    url: str
    title: str
    submit: str
    done: str
    left: str
    may: Callable[[Staff], bool]
    sort: Callable[[Sequence[UUID], Staff], tuple[list[Case], dict[Case, str]]]
    form: Callable[[Any, dict[str, Any], list[Case]], Form]
    verb: Callable[..., object]
    page: Callable[[list[Case]], dict[str, Any]]

    def from_list(self, request: HttpRequest, queryset: Any, deeds: str) -> HttpResponse | None:
        """The list's action."""
        ids = selected(request, queryset, deeds)
        return self.confirm(request, ids) if ids else None

    def carry_out(self, request: HttpRequest) -> HttpResponse:
        """The confirmation's target."""
        if not self.may(request.user):
            raise PermissionDenied("Your role does not allow this.")
        ids = RequestIds(request.POST)
        if request.method != "POST" or not ids.is_valid():
            messages.error(request, "The selection could not be read. Select again.")
            return redirect(LIST)
        free, refused = self.sort(ids.cleaned_data["requests"], request.user)
        form = self.form(request.POST, {}, free)
        if not form.is_valid():
            return self.confirm(request, ids.cleaned_data["requests"], form)
        asked = {name: value for name, value in form.cleaned_data.items() if name != "requests"}
        try:
            self.verb(request_ids=[row.pk for row in free], actor=request.user, **asked)
        except (NotAllowed, PermissionDenied):
            messages.warning(request, LOOK_AGAIN)
        except ValueError as refusal:
            messages.warning(request, str(refusal))
        else:
            self.tell(request, free, refused)
        return redirect(LIST)

    def tell(self, request: HttpRequest, free: Sequence[Case], refused: Mapping[Case, str]) -> None:
        if free:
            messages.success(request, self.done.format(requests_count(len(free))))
        if refused:
            messages.warning(request, self.left.format(requests_count(len(refused))))

    def confirm(self, request: HttpRequest, ids: Sequence[UUID], form: Form | None = None) -> HttpResponse:
        """What will happen, to which of them. Writes nothing."""
        if not self.may(request.user):
            raise PermissionDenied("Your role does not allow this.")
        free, refused = self.sort(ids, request.user)
        shown = [*free[:PEOPLE_SHOWN], *list(refused)[:PEOPLE_SHOWN]]
        people = who((row.subject_id for row in shown), request.user)
        initial = {"requests": " ".join(map(str, ids))}
        context = {
            **admin.site.each_context(request), "opts": RightsRequest._meta,
            "title": self.title.format(requests_count(len(ids))), "form": form or self.form(None, initial, free),
            "form_url": reverse(self.url), "cancel_url": reverse(LIST),
            "submit": self.submit.format(requests_count(len(free))), "is_pointless": not free,
            "rows": [(row, person_cell(people[row.subject_id])) for row in free[:PEOPLE_SHOWN]],
            **counted(free, {row: [text] for row, text in refused.items()}, people), **self.page(free),
        }  # fmt: skip
        return TemplateResponse(request, "admin/privacy/confirm_many.html", context)


def counted(free: Sequence[Case], refused: Mapping[Case, Sequence[str]], people: Mapping[UUID, Who]) -> dict[str, Any]:
    """How many there are, and those that are left alone, each with why."""
    left = list(refused.items())[:PEOPLE_SHOWN]
    return {
        "free_count": len(free), "rows_more": max(len(free) - PEOPLE_SHOWN, 0),
        "refused": [(row, person_cell(people[row.subject_id]), texts) for row, texts in left],
        "refused_count": len(refused), "refused_more": max(len(refused) - PEOPLE_SHOWN, 0),
    }  # fmt: skip
