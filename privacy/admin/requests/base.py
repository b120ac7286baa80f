"""What the pages about one request share: the row, the permission, the way back, and the verb that is called."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from privacy.admin.actions import check_permission
from privacy.admin.base import ReadOnlyAdmin, person_cell
from privacy.admin.forms import MAX_PEOPLE
from privacy.catalogue import CaseKind, NotAllowed, Permit, case_kinds
from privacy.evidence.keys import MissingKey
from privacy.models import Case, RightsRequest, Staff
from privacy.selectors import cases
from privacy.selectors.who import Who, who


def has(user: Staff, permit: Permit | None) -> bool:
    return permit is not None and user.has_perm(permit.name)


def check_permit(request: HttpRequest, permit: Permit | None) -> None:
    if not has(request.user, permit):
        raise PermissionDenied("Your role does not allow this.")


def on_request(view: Callable) -> Callable:
    """Gives the view its request row; an unknown id leads to the list, with a message and not an error page."""

    @wraps(view)
    def with_row(request: HttpRequest, request_id: UUID, **kwargs) -> HttpResponse:
        check_permission(request, "privacy.view_rightsrequest")
        row = cases.with_all(Case.objects.filter(pk=request_id)).first()
        if row is None:
            messages.error(request, "There is no such request; it may be an old link.")
            return redirect("admin:privacy_rightsrequest_changelist")
        return view(request, row, **kwargs)

    return with_row


def page(name: str, row: Case) -> str:
    return reverse(f"admin:privacy_rightsrequest_{name}", args=[row.id])


def person_of(request: HttpRequest, row: Case) -> Who:
    """Whom it is about, as far as this member of staff may know."""
    return who([row.subject_id], request.user)[row.subject_id]


def request_page(row: Case) -> str:
    return reverse("admin:privacy_rightsrequest_change", args=[row.id])


def sealed(kind: type[CaseKind], row: Case) -> dict[str, Any]:
    """What is kept sealed with the case, or that it cannot be opened."""
    try:
        return {"sealed": labelled(kind, cases.sealed_of(row), row.subject_id)}
    except MissingKey:
        return {"cannot_open": True}


def others_in(row: Case) -> dict[str, UUID]:
    """{question: whom its answer names}."""
    asked = {question.name: question.label for question in case_kinds[row.kind].asks if question.type == "person"}
    try:
        given = cases.sealed_of(row) if asked else {}
    except MissingKey:  # the page says so
        return {}
    return {label.removesuffix("?"): UUID(given[name]) for name, label in asked.items() if name in given}


def others_named(row: Case, known: Mapping[UUID, Who]) -> dict[str, Any]:
    """{question: who} of the people whom the answers name; `known` are they, as far as the viewer may know them."""
    return {label: person_cell(known[subject_id]) for label, subject_id in others_in(row).items()}


def labelled(kind: type[CaseKind], given: dict[str, str], subject_id: UUID) -> dict[str, str]:
    """The answers by the words of their questions, what was chosen in words too."""
    labels = {question.name: question.label.removesuffix(" (optional)") for question in kind.asks}
    values = {question.name for question in kind.asks if question.type == "values"}
    choices = (question for question in kind.asks if question.type == "choice" and question.name in given)
    switched = {question.name: "Yes" for question in kind.asks if question.type == "switch"}
    given = {name: switched.get(name, answer) for name, answer in given.items()}
    chosen = {question.name: dict(question.choices_for([subject_id])) for question in choices}
    told = {labels.get(n, n): chosen.get(n, {}).get(answer, answer) for n, answer in given.items() if n not in values}
    return told | {words: text for name in values & given.keys() for words, text in changes_in(given[name])}


def changes_in(answer: str) -> Iterator[tuple[str, str]]:
    """(what, before → after) of each value that is put right."""
    for words, before, after in json.loads(answer).values():
        yield words, f"{before or '–'} → {after or '–'}"


def ask(request: HttpRequest, row: Case, form, *, title: str, submit: str, **more) -> HttpResponse:
    """The confirmation page of a decision on one request."""
    context = context_of(request, row, title=title) | {
        "form": form,
        "form_url": request.path,
        "cancel_url": request_page(row),
        "submit": submit,
        **more,
    }
    return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)


def context_of(request: HttpRequest, row: Case, *, title: str) -> dict[str, Any]:
    """What every page about one request says at its head."""
    return {
        **admin.site.each_context(request),
        "title": title,
        "opts": RightsRequest._meta,
        "original": row,
        "row": row,
        "who": person_of(request, row),
    }


def carry_out(request: HttpRequest, row: Case, verb: Callable, done: str, **given) -> HttpResponse:
    """Calls the verb and goes back to the request; a refusal, such as on a stale page, becomes a message."""
    try:
        verb(actor=request.user, **given)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(request_page(row))


class EvidenceOfRequest(ReadOnlyAdmin):
    """A list of what requests left behind; the page of one is its request's."""

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return redirect("admin:privacy_rightsrequest_change", row.request_id)

    @display(description="Request", ordering="request")
    def request_link(self, row):
        url = reverse("admin:privacy_rightsrequest_change", args=[row.request_id])
        return format_html('<a class="ops-link" href="{}">{}</a>', url, row.request)


def selected(request: HttpRequest, queryset: QuerySet[Case], deeds: str) -> list[UUID]:
    """What the list's action is about, the most urgent first; none, and a message, if they are too many to be read."""
    ids = list(queryset.order_by("due_on", "received_at").values_list("pk", flat=True)[: MAX_PEOPLE + 1])
    if len(ids) > MAX_PEOPLE:
        messages.error(request, f"At most {MAX_PEOPLE:,} {deeds} at once. Narrow the list by its filters.")
        return []
    return ids
