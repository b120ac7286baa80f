"""What staff ask for about people: every right and duty, read from its declaration. Each has four steps: permission, a
page that shows what will happen, enqueue, message.

Nothing is written here. What is opened, and whether it may be, is decided by privacy.cases; when it is done, by a
worker.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin.base import person_cell
from privacy.admin.forms import MAX_PEOPLE, CaseForm
from privacy.admin.plans import heirs_in, told_of
from privacy.cases import requests
from privacy.catalogue import CaseKind, Duty, Inquiry, Right, case_kinds
from privacy.catalogue.cases import duties, inquiries, rights
from privacy.models import Case, DataSubject, State
from privacy.selectors import cases, standing
from privacy.selectors import people as selected
from privacy.selectors.conflicts import conflicts
from privacy.selectors.standing import Standing
from privacy.selectors.who import who

PEOPLE_SHOWN = 24


def allowed(request: HttpRequest) -> list[type[CaseKind]]:
    """What this member of staff may ask for, the rights first."""
    in_order = [case_kinds[key] for key in (*rights(), *inquiries(), *duties())]
    return [kind for kind in in_order if request.user.has_perm(kind.may.ask.name)]


def menu_of(kinds: Sequence[type[CaseKind]], subject: DataSubject) -> dict[str, list]:
    """Of what can be asked about the person now: `buttons` for what is common, and a `menu` of the rest in groups."""
    groups = {"What the person has a right to": Right, "What they write to us": Inquiry, "What we do ourselves": Duty}
    menu = [
        (title, [button(kind, subject) for kind in kinds if issubclass(kind, group) and not kind.is_common])
        for title, group in groups.items()
    ]
    return {
        "buttons": [button(kind, subject) for kind in kinds if kind.is_common],
        "menu": [(title, found) for title, found in menu if found],
    }


def button(kind: type[CaseKind], subject: DataSubject) -> dict[str, Any]:
    return {"kind": kind, "url": reverse("admin:privacy_datasubject_act_on", args=[subject.id, kind.key])}


def start_from_list(kind: type[CaseKind], path: str = "pk"):
    """Django's kind of list action: a function of (model admin, request, queryset); its rows have the person at
    `path`."""

    def start(model_admin, request, queryset):
        return confirm_if_few(request, kind, queryset.order_by().values_list(path, flat=True).distinct())

    start.short_description = kind.button
    return start


def confirm_if_few(request: HttpRequest, kind: type[CaseKind], subject_ids: QuerySet) -> HttpResponse | None:
    """The confirmation, or back to the list with a message when there are more people than one page can stand for."""
    ids = list(subject_ids[: MAX_PEOPLE + 1])
    if len(ids) > MAX_PEOPLE:
        messages.error(request, f"At most {MAX_PEOPLE:,} people at once. Narrow the list by search or filters.")
        return None
    return confirm(request, kind, ids)


def confirm(
    request: HttpRequest,
    kind: type[CaseKind],
    subject_ids: Sequence[UUID],
    form: CaseForm | None = None,
    **answered: str,
) -> HttpResponse:
    """Permission, then the page that shows what will happen, with what is answered already. Writes nothing."""
    check_permission(request, kind.may.ask.name)
    subject_ids = selected.reached(kind, subject_ids)
    so = standing.of(subject_ids)
    blockers = standing.blockers(kind, subject_ids, so=so)
    free = [subject_id for subject_id in subject_ids if subject_id not in blockers]
    shown, left_alone = free[:PEOPLE_SHOWN], list(blockers.items())[:PEOPLE_SHOWN]
    # The duties have no dry run, for they change no rows of the map.
    plan = kind.dry_run(free, so.scope(free)) if kind.dry_run and free else None
    known = who([*shown, *dict(left_alone), *subject_ids[:1], *heirs_in(plan)], request.user)
    context = {
        **admin.site.each_context(request),
        "title": kind.title.format(people=people(subject_ids)),
        "opts": DataSubject._meta,
        "original": DataSubject(pk=subject_ids[0]) if len(subject_ids) == 1 else None,
        "who": known[subject_ids[0]] if len(subject_ids) == 1 else None,
        "kind": kind,
        "form": form or CaseForm(initial={"subjects": subject_ids} | answered, kind=kind),
        "form_url": reverse("admin:privacy_datasubject_act", args=[kind.key]),
        "submit": kind.submit,
        "is_dangerous": kind.is_dangerous,
        "is_pointless": not free,
        "cancel_url": back_to(subject_ids),
        **(told_of(plan, known) if plan else {}),
        "free": [person_cell(known[subject_id]) for subject_id in shown],
        "free_more": max(len(free) - PEOPLE_SHOWN, 0),
        "free_count": len(free),
        "blocked": [(person_cell(known[subject_id]), sentences) for subject_id, sentences in left_alone],
        "blocked_more": max(len(blockers) - PEOPLE_SHOWN, 0),
        "blocked_count": len(blockers),
        "warnings": warnings(kind, free, so),
        "conflicts": conflicts(kind, free, so, plan),
    }
    return TemplateResponse(request, "admin/privacy/confirm_action.html", context)


def warnings(kind: type[CaseKind], subject_ids: Sequence[UUID], so: Standing) -> list[str]:
    """What whoever asks should know of these people."""
    told = list(kind.warns(subject_ids, so)) if kind.warns and subject_ids else []
    again = Case.objects.filter(cases.OPEN, subject__in=subject_ids, kind=kind.key).count()
    if again:
        told.append(f"{requests_count(again)} of this kind open already; a new one is answered apart.")
    return told


def submit(request: HttpRequest, name: str) -> HttpResponse:
    """The confirmation's target: permission again, then enqueue and message."""
    if request.method != "POST" or name not in case_kinds:
        return redirect("admin:privacy_datasubject_changelist")
    kind = case_kinds[name]
    check_permission(request, kind.may.ask.name)
    form = CaseForm(request.POST, kind=kind)
    if not form.is_valid():
        return show_again(request, kind, form)
    given = form.cleaned_data
    if against := objections(kind, given):
        form.add_error(None, against)
        return show_again(request, kind, form)
    subject_ids = given.pop("subjects")
    opened = enqueue(request, kind, subject_ids, given)
    tell(request, kind, asked=len(subject_ids), opened=opened)
    return HttpResponseRedirect(where_to_watch(kind, subject_ids, opened))


def objections(kind: type[CaseKind], given: dict) -> list[str]:
    """Why these answers cannot be about these people."""
    found = kind.against({subject_id: given for subject_id in given["subjects"]}) if kind.against else {}
    return [sentence for sentences in found.values() for sentence in sentences]


def show_again(request: HttpRequest, kind: type[CaseKind], form: CaseForm) -> HttpResponse:
    """The same page with what is wrong and all that was typed; without a readable selection, the list."""
    if "subjects" in form.errors:
        messages.error(request, " ".join(form.errors["subjects"]))
        return redirect("admin:privacy_datasubject_changelist")
    return confirm(request, kind, form.cleaned_data["subjects"], form)


def enqueue(request: HttpRequest, kind: type[CaseKind], subject_ids: list[UUID], given: dict) -> list[Case]:
    """Opens the cases, under a batch when there are many."""
    ask = requests.ask if len(subject_ids) == 1 else requests.ask_as_batch
    return ask(kind.key, subject_ids=subject_ids, actor=request.user, **given)


def tell(request: HttpRequest, kind: type[CaseKind], *, asked: int, opened: Sequence[Case]) -> None:
    """One message that says what was saved and what happens next; a second for those left alone."""
    if opened:
        messages.success(request, f"Saved: {requests_count(len(opened))}. {what_is_next(kind, opened[0])}")
    if asked > len(opened):
        left = "Nothing was started" if not opened else f"{people_count(asked - len(opened))} left alone"
        messages.warning(request, f"{left}: it was sent already, or something stands in its way.")


def what_is_next(kind: type[CaseKind], case: Case) -> str:
    match case.state:
        case State.VERIFYING:
            return "It waits until it is sure who asks."
        case State.DECIDING:
            return f"{kind.decision.waits}."
    return "The work starts by itself; watch it on this page."


def where_to_watch(kind: type[CaseKind], subject_ids: Sequence[UUID], opened: Sequence[Case]) -> str:
    """The batch, the case, or, when it was sent already, the one that is there."""
    if len(opened) > 1 or (opened and opened[0].batch_id):
        return reverse("admin:privacy_batch_change", args=[opened[0].batch_id])
    if opened:
        return reverse("admin:privacy_rightsrequest_change", args=[opened[0].id])
    if len(subject_ids) == 1:
        is_open = Case.objects.filter(cases.OPEN, subject=subject_ids[0], kind=kind.key)
        if found := is_open.first():
            return reverse("admin:privacy_rightsrequest_change", args=[found.id])
    return back_to(subject_ids)


def back_to(subject_ids: Sequence[UUID]) -> str:
    """Where a person came from: the subject's page, or the list."""
    if len(subject_ids) == 1:
        return reverse("admin:privacy_datasubject_change", args=subject_ids)
    return reverse("admin:privacy_datasubject_changelist")


def check_permission(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied("Your role does not allow this.")


def people(subject_ids: Sequence[UUID]) -> str:
    return f"Subject {str(subject_ids[0])[:8]}" if len(subject_ids) == 1 else people_count(len(subject_ids))


def people_count(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def requests_count(number: int) -> str:
    return "1 request" if number == 1 else f"{number:,} requests"
