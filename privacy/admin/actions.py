"""The six actions on people. Each has four steps: permission, a page that shows what will happen, enqueue, message.

Nothing is written here. What an action does is its verb in `fulfilment`; when it is done, a worker decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from privacy.admin.forms import FORMS, MAX_PEOPLE, ReasonForm
from privacy.admin.plan_sections import Section, access_sections, erasure_sections, recipients
from privacy.fulfilment import access, batches, children, erasure, holds
from privacy.models import DataSubject, RequestKind, RequestStatus, RightsRequest
from privacy.selectors import plan as plans
from privacy.selectors import progress

PEOPLE_SHOWN = 24


@dataclass(frozen=True)
class SubjectAction:
    """An action on one person or many. `happens` says in words what follows; `submit` is the button's text."""

    name: str
    kind: str
    label: str
    title: str
    submit: str
    icon: str
    permission: str
    verb: Callable[..., list[RightsRequest]]
    happens: tuple[str, ...]
    plan: Callable[[Sequence[UUID]], plans.Plan] | None = None
    sections: Callable[[plans.Plan], list[Section]] | None = None
    is_dangerous: bool = False

    @property
    def form(self) -> type[ReasonForm]:
        return FORMS.get(self.kind, ReasonForm)


ACTIONS = {
    action.name: action
    for action in (
        SubjectAction(
            "export", RequestKind.ACCESS, "Export data", "Export the data of {people}", "Start the export", "download",
            "privacy.export_datasubject", access.export,
            (
                "A worker collects every row and file below into one zip, with a page that a person can read. The "
                "record of this request is counted with them.",
                "You hand it over by a link that is good for one download, or download it yourself; both are logged.",
                "The package is deleted when it expires.",
            ),
            plan=plans.access_plan, sections=access_sections,
        ),
        SubjectAction(
            "erase", RequestKind.ERASURE, "Erase…", "Ask for the erasure of {people}", "Ask for erasure", "delete",
            "privacy.request_erasure", erasure.request_erasure,
            (
                "Nothing is erased yet: another member of staff has to approve. You cannot approve it yourself.",
                "After the approval a worker erases as shown below. The processors that know these people are called "
                "where there is a key for their API; else a person asks them and attests the answer.",
                "What was erased cannot be brought back here. The receipt says what went, what stays and why.",
            ),
            plan=plans.erasure_plan, sections=erasure_sections, is_dangerous=True,
        ),
        SubjectAction(
            "hold", RequestKind.HOLD_PLACE, "Place hold", "Place a legal hold on {people}", "Place the hold", "gavel",
            "privacy.place_legalhold", holds.place,
            (
                "From the moment you confirm, no erasure takes another step for these people.",
                "Erasures that are being carried out stop before their next step; the record says what is gone.",
                "The hold stays until an approver releases it.",
            ),
        ),
        SubjectAction(
            "release", RequestKind.HOLD_RELEASE, "Release hold", "Release the legal hold on {people}",
            "Release the hold", "lock_open", "privacy.release_legalhold", holds.release,
            (
                "The hold ends.",
                "Erasures that it had stopped go on by themselves, without another approval.",
            ),
            is_dangerous=True,
        ),
        SubjectAction(
            "flag", RequestKind.CHILD_FLAG, "Flag as child", "Flag {people} as a possible child's account",
            "Flag and freeze", "child_care", "privacy.flag_child", children.flag,
            (
                "The account is frozen here: this database takes no new content, prompts, sessions or usage of it, and "
                "marketing is switched off. Processors are not told.",
                "Open sessions are marked as ended here; at Clerk they run until somebody ends them there.",
                "It stays frozen until an approver decides; the answer may be an erasure.",
            ),
        ),
        SubjectAction(
            "clear", RequestKind.CHILD_CLEAR, "Clear child flag", "Clear the child flag of {people}",
            "Clear and unfreeze", "how_to_reg", "privacy.clear_child", children.clear,
            (
                "You decide that the account is not a child's.",
                "The freeze ends, and the account works again.",
            ),
        ),
    )
}  # fmt: skip


def allowed(request: HttpRequest) -> list[SubjectAction]:
    """The actions that this member of staff may take."""
    return [action for action in ACTIONS.values() if request.user.has_perm(action.permission)]


def start_from_list(action: SubjectAction):
    """Django's kind of list action: a function of (model admin, request, queryset)."""

    def start(model_admin, request, queryset):
        return confirm_if_few(request, action, queryset.order_by().values_list("pk", flat=True))

    start.short_description = action.label
    return start


def confirm_if_few(request: HttpRequest, action: SubjectAction, subject_ids: QuerySet) -> HttpResponse | None:
    """The confirmation, or back to the list with a message when there are more people than one page can stand for."""
    ids = list(subject_ids[: MAX_PEOPLE + 1])
    if len(ids) > MAX_PEOPLE:
        messages.error(request, f"At most {MAX_PEOPLE:,} people at once. Narrow the list by search or filters.")
        return None
    return confirm(request, action, ids)


def confirm(
    request: HttpRequest, action: SubjectAction, subject_ids: Sequence[UUID], form: ReasonForm | None = None
) -> HttpResponse:
    """Permission, then the page that shows what will happen. Writes nothing."""
    check_permission(request, action.permission)
    blockers = plans.blockers(action.kind, subject_ids)
    free = [subject_id for subject_id in subject_ids if subject_id not in blockers]
    context = {
        **admin.site.each_context(request),
        "title": action.title.format(people=people(subject_ids)),
        "opts": DataSubject._meta,
        "original": DataSubject(pk=subject_ids[0]) if len(subject_ids) == 1 else None,
        "action": action,
        "form": form or action.form(initial={"subjects": subject_ids}),
        "form_url": reverse("admin:privacy_datasubject_act", args=[action.name]),
        "submit": action.submit,
        "is_dangerous": action.is_dangerous,
        "is_pointless": not free,
        "cancel_url": back_to(subject_ids),
        **planned(action, free),
        "free": free[:PEOPLE_SHOWN],
        "free_more": max(len(free) - PEOPLE_SHOWN, 0),
        "free_count": len(free),
        "blocked": list(blockers.items())[:PEOPLE_SHOWN],
        "blocked_more": max(len(blockers) - PEOPLE_SHOWN, 0),
        "blocked_count": len(blockers),
        "erasures_touched": progress.erasures_touched_by(action.kind, free),
    }
    return TemplateResponse(request, "admin/privacy/confirm_action.html", context)


def planned(action: SubjectAction, subject_ids: Sequence[UUID]) -> dict:
    """The dry run for the page; the duties have none, for they change no rows of the map."""
    if not action.plan or not subject_ids:
        return {}
    plan = action.plan(subject_ids)
    return {"plan": plan, "sections": action.sections(plan), "recipients": recipients(plan)}


def submit(request: HttpRequest, name: str) -> HttpResponse:
    """The confirmation's target: permission again, then enqueue and message."""
    if request.method != "POST" or name not in ACTIONS:
        return redirect("admin:privacy_datasubject_changelist")
    action = ACTIONS[name]
    check_permission(request, action.permission)
    form = action.form(request.POST)
    if not form.is_valid():
        return show_again(request, action, form)
    given = form.cleaned_data
    subject_ids = given.pop("subjects")
    blockers = plans.blockers(action.kind, subject_ids)
    opened = enqueue(request, action, [s for s in subject_ids if s not in blockers], given)
    tell(request, action, asked=len(subject_ids), opened=len(opened))
    return HttpResponseRedirect(where_to_watch(action, subject_ids, opened))


def show_again(request: HttpRequest, action: SubjectAction, form: ReasonForm) -> HttpResponse:
    """The same page with what is wrong and all that was typed; without a readable selection, the list."""
    if "subjects" in form.errors:
        messages.error(request, " ".join(form.errors["subjects"]))
        return redirect("admin:privacy_datasubject_changelist")
    return confirm(request, action, form.cleaned_data["subjects"], form)


def enqueue(request: HttpRequest, action: SubjectAction, subject_ids: list[UUID], given: dict) -> list[RightsRequest]:
    """Opens the requests, under a batch when there are many."""
    if not subject_ids:
        return []
    if len(subject_ids) == 1:
        opened = action.verb(subject_ids=subject_ids, actor=request.user, **given)
    else:
        opened = batches.run_as_batch(
            action.verb, kind=action.kind, subject_ids=subject_ids, actor=request.user, **given
        )
    return opened


def tell(request: HttpRequest, action: SubjectAction, *, asked: int, opened: int) -> None:
    """One message that says what was saved and what happens next; a second for those left alone."""
    if opened and action.kind == RequestKind.ERASURE:
        messages.success(request, f"Saved: {requests(opened)} for erasure. Another person has to approve.")
    elif opened:
        messages.success(request, f"Saved: {requests(opened)}. The work starts by itself; watch it on this page.")
    if asked > opened:
        left = "Nothing was started" if not opened else f"{people_count(asked - opened)} left alone"
        messages.warning(request, f"{left}: a request is open already, or something stands in its way.")


def where_to_watch(action: SubjectAction, subject_ids: Sequence[UUID], opened: Sequence[RightsRequest]) -> str:
    """The batch, the request, or, when a colleague was quicker, the colleague's request."""
    if len(opened) > 1 or (opened and opened[0].batch_id):
        return reverse("admin:privacy_batch_change", args=[opened[0].batch_id])
    if opened:
        return reverse("admin:privacy_rightsrequest_change", args=[opened[0].id])
    if len(subject_ids) == 1:
        is_open = RightsRequest.objects.filter(subject=subject_ids[0], kind=action.kind).exclude(
            status__in=RequestStatus.closed()
        )
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


def requests(number: int) -> str:
    return "1 request" if number == 1 else f"{number:,} requests"
