"""The people: a list that stays quick at a million rows, and a page from which every action starts."""

from uuid import UUID

from cryptography.fernet import InvalidToken
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse
from unfold.decorators import display

from privacy.admin import actions, badges, search_terms
from privacy.admin.badges import badge
from privacy.admin.base import ReadOnlyAdmin, ReadOnlyInline
from privacy.models import (
    ChildFlag,
    DataSubject,
    Identifier,
    LegalHold,
    Membership,
    ProfilePreference,
    RequestKind,
    RequestStatus,
    RightsRequest,
    Team,
)
from privacy.selectors.search import find_subjects


class StateFilter(admin.SimpleListFilter):
    """Choices that need no look at the table."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("held", "Under legal hold"), ("frozen", "Frozen (possible child)"), ("busy", "With open requests"),
            ("erased", "Erased"),
        ]  # fmt: skip

    def queryset(self, request, queryset):
        match self.value():
            case "held":
                held = LegalHold.objects.filter(released_at__isnull=True).values("subject")
                return queryset.filter(pk__in=held)
            case "frozen":
                return queryset.filter(frozen_at__isnull=False)
            case "busy":
                busy = RightsRequest.objects.exclude(status__in=RequestStatus.closed()).values("subject")
                return queryset.filter(pk__in=busy)
            case "erased":
                return queryset.filter(erased_at__isnull=False)
        return queryset


class IdentifierInline(ReadOnlyInline):
    model = Identifier
    fields = ["kind", "value", "is_primary", "created_at"]


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ["team", "role", "joined_at"]


class OwnedTeamInline(ReadOnlyInline):
    model = Team
    verbose_name_plural = "owned teams"
    fields = ["name", "created_at"]


class PreferenceInline(ReadOnlyInline):
    model = ProfilePreference
    fields = ["display_name", "language", "time_zone", "theme"]


@admin.register(DataSubject)
class DataSubjectAdmin(ReadOnlyAdmin):
    list_display = ["pseudonym", "full_name", "country", "created_at", "state"]
    list_filter = [StateFilter]
    list_before_template = "admin/privacy/subject_search.html"
    change_form_outer_before_template = "admin/privacy/subject_head.html"
    fields = ["full_name", "country", "created_at", "closed_at"]
    inlines = [IdentifierInline, MembershipInline, OwnedTeamInline, PreferenceInline]
    actions = ()

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("search/", view(self.search_view), name="privacy_datasubject_search"),
            path("act/<slug:name>/", view(actions.submit), name="privacy_datasubject_act"),
            path("<uuid:subject_id>/act/<slug:name>/", view(self.action_view), name="privacy_datasubject_act_on"),
            *super().get_urls(),
        ]

    def get_actions(self, request):
        return {
            action.name: (actions.start_from_list(action), action.name, action.label)
            for action in actions.allowed(request)
        }

    def action_view(self, request, subject_id: UUID, name: str):
        """The confirmation for one person, started from their page."""
        if name not in actions.ACTIONS or not DataSubject.objects.filter(pk=subject_id).exists():
            messages.error(request, "There is no such person or action; it may be an old link.")
            return redirect("admin:privacy_datasubject_changelist")
        return actions.confirm(request, actions.ACTIONS[name], [subject_id])

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(
            is_held=Exists(LegalHold.objects.filter(subject=OuterRef("pk"), released_at__isnull=True)),
            has_open_request=Exists(
                RightsRequest.objects.filter(subject=OuterRef("pk")).exclude(status__in=RequestStatus.closed())
            ),
        )

    def search_view(self, request):
        """Takes the term by POST, so that no e-mail or name stands in a URL, a log or the browser's history.

        One person found: to their page. Else back to the list, with the term encrypted in `q`.
        """
        term = request.POST.get("term", "").strip()
        here = reverse("admin:privacy_datasubject_changelist")
        if not self.has_view_permission(request) or not term:
            return HttpResponseRedirect(here)
        found = list(find_subjects(term).values_list("pk", flat=True)[:2])
        if len(found) == 1:
            return redirect("admin:privacy_datasubject_change", found[0])
        return HttpResponseRedirect(f"{here}?q={search_terms.seal(term)}")

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(pk__in=find_subjects(search_terms.unseal(search_term)).values("pk")), False
        except InvalidToken:
            messages.warning(request, "This search has expired. Search again.")
            return queryset.none(), False

    def changelist_view(self, request, extra_context=None):
        term = search_terms.readable(request.GET.get("q", ""))
        return super().changelist_view(request, {"term": term} | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(request, object_id, form_url, head_of(request, object_id) | (extra_context or {}))

    @display(description="Subject", ordering="id")
    def pseudonym(self, subject):
        return str(subject)

    @display(description="State")
    def state(self, subject):
        return badges.badges(
            badge("Erased", "gone") if subject.erased_at else None,
            badge("Legal hold", "stop") if subject.is_held else None,
            badge("Frozen", "warn") if subject.frozen_at else None,
            badge("Open request", "run") if subject.has_open_request else None,
        )


def head_of(request, object_id: str) -> dict:
    """What the top of a person's page shows: state, open requests, and the actions that apply now."""
    try:
        subject = DataSubject.objects.filter(pk=UUID(object_id)).first()
    except ValueError:
        subject = None
    if subject is None:
        return {}
    requests = subject.requests.all()[:8]
    is_held = subject.legal_holds.filter(released_at__isnull=True).exists()
    is_flagged = subject.child_flags.filter(state=ChildFlag.State.SUSPECTED).exists()
    return {
        "subject": subject,
        "title": str(subject),
        "is_held": is_held,
        "is_flagged": is_flagged,
        "requests": [{"request": r, "status": badges.of_status(r), "due": badges.due(r)} for r in requests],
        "buttons": [
            {"action": action, "url": reverse("admin:privacy_datasubject_act_on", args=[subject.id, action.name])}
            for action in actions.allowed(request)
            if applies(action.kind, subject, is_held, is_flagged)
        ],
    }


def applies(kind: str, subject: DataSubject, is_held: bool, is_flagged: bool) -> bool:
    """Whether the action makes sense for the person now; of each pair one button is shown."""
    if kind == RequestKind.HOLD_RELEASE:
        return is_held
    if kind == RequestKind.CHILD_CLEAR:
        return is_flagged
    if subject.erased_at:
        return False
    return not (kind == RequestKind.HOLD_PLACE and is_held) and not (kind == RequestKind.CHILD_FLAG and is_flagged)
