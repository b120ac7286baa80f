"""The people: a list that stays quick at a million rows, and a page from which every action starts."""

from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, Subquery
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from unfold.decorators import display

from privacy.admin import actions, badges
from privacy.admin.badges import badge
from privacy.admin.base import CappedChangeList, ReadOnlyAdmin, ReadOnlyInline, link_to_subject
from privacy.admin.filters import DeclaredFilter
from privacy.admin.people import consents, overview
from privacy.admin.people.likenesses import tell_apart
from privacy.admin.searched import Searched, SearchedList
from privacy.admin.tables.exchange import Exchange
from privacy.admin.tables.subjects import SubjectSheet
from privacy.catalogue import case_kinds
from privacy.datamap import Use
from privacy.duties import people
from privacy.models import (
    Case,
    ConsentEvent,
    DataSubject,
    Identifier,
    LegalHold,
    Likeness,
    Limit,
    Membership,
    ProfilePreference,
    Team,
)
from privacy.models.places import place
from privacy.selectors import cases, limits
from privacy.selectors.people import asked, likenesses_among
from privacy.selectors.search import find, is_uuid
from privacy.selectors.who import Who, masked

REQUESTS_SHOWN, ACCOUNTS_SHOWN = 8, 20
CASES_READ = 50  # for the timeline
MAILBOX = Identifier.objects.filter(subject=OuterRef("pk"), kind=Identifier.Kind.EMAIL).order_by("-is_primary", "value")


class StateFilter(DeclaredFilter):
    """Choices that need no look at the table."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("held", "Under legal hold"), ("frozen", "Frozen (possible child)"), ("busy", "With open requests"),
            ("alike", "Perhaps the same as another"), ("merged", "Merged into another"), ("erased", "Erased"),
        ]  # fmt: skip

    def queryset(self, request, queryset):
        match self.wanted:
            case "held":
                held = LegalHold.objects.filter(released_at__isnull=True).values("subject")
                return queryset.filter(pk__in=held)
            case "frozen":
                return queryset.filter(limits.ARE_FROZEN)
            case "busy":
                busy = Case.objects.filter(cases.OPEN).values("subject")
                return queryset.filter(pk__in=busy)
            case "alike":
                return queryset.filter(pk__in=asked().values("subject"))
            case "merged":
                return queryset.filter(merged_into__isnull=False)
            case "erased":
                return queryset.filter(erased_at__isnull=False)
        return queryset


class SubjectList(SearchedList, CappedChangeList):
    """The people. Of those that a search has found, only a page of ids is put in order: with what is shown beside them
    PostgreSQL would rather walk through everybody, the newest first, until it has met a page of them."""

    def get_results(self, request):
        super().get_results(request)
        if self.query:
            page = list(self.result_list.values_list("pk", flat=True))
            self.result_list = self.root_queryset.filter(pk__in=page).order_by(*self.queryset.query.order_by)


@admin.register(DataSubject)
class DataSubjectAdmin(Searched, Exchange, ReadOnlyAdmin):
    resource_classes = (SubjectSheet,)
    lists_people = True
    shows = (ConsentEvent, Identifier, Likeness, Limit, ProfilePreference)
    changelist = SubjectList
    list_display = ["pseudonym", "full_name", "address", "state", "country", "created_at"]
    list_filter = [StateFilter]
    sortable_by = ["full_name", "created_at"]  # those that have an index
    empty_text = "Nobody matches."
    actions = ()

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("act/<slug:name>/", view(actions.submit), name="privacy_datasubject_act"),
            path("<uuid:subject_id>/apart/<uuid:other_id>/", view(tell_apart), name="privacy_datasubject_apart"),
            path("<uuid:subject_id>/act/<slug:name>/", view(self.action_view), name="privacy_datasubject_act_on"),
            path("<uuid:subject_id>/consents/", view(consents.receipt), name="privacy_datasubject_consents"),
            *super().get_urls(),
        ]

    def get_actions(self, request):
        kinds = [kind for kind in actions.allowed(request) if not kind.alone]
        return {kind.key: (actions.start_from_list(kind), kind.key, kind.button) for kind in kinds}

    def action_view(self, request, subject_id: UUID, name: str):
        """The confirmation for one person, started from their page."""
        if name not in case_kinds or not DataSubject.objects.filter(pk=subject_id).exists():
            messages.error(request, "There is no such person or action; it may be an old link.")
            return redirect("admin:privacy_datasubject_changelist")
        answered = {key: request.GET[key] for key in ("into", "parent_id") if is_uuid(request.GET.get(key, ""))}
        return actions.confirm(request, case_kinds[name], [subject_id], **answered)

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("preferences", "merged_into")
            .annotate(
                is_limited=limits.IS_LIMITED,
                is_frozen=limits.IS_FROZEN,
                is_held=Exists(LegalHold.objects.filter(subject=OuterRef("pk"), released_at__isnull=True)),
                has_open_request=Exists(Case.objects.filter(cases.OPEN, subject=OuterRef("pk"))),
                mailbox=Subquery(MAILBOX.values("value")[:1]),
            )
        )

    def look_for(self, request, term):
        found = find(term)
        return Q(pk__in=found.people), found

    def change_view(self, request, object_id, form_url="", extra_context=None):
        subject = self.get_object(request, unquote(object_id))
        if subject is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, subject):
            raise PermissionDenied
        return TemplateResponse(request, "admin/privacy/subject.html", page_of(request, subject))

    @display(description="Subject")
    def pseudonym(self, subject):
        return str(subject)

    @display(description="Address")
    def address(self, subject):
        """Enough to tell namesakes apart."""
        return masked(subject.mailbox or "") or "–"

    @display(description="State")
    def state(self, subject):
        return badges.badges(
            badge("Erased", "gone") if subject.erased_at else None,
            badge("Merged", "plain") if subject.merged_into_id and not subject.erased_at else None,
            badge("Legal hold", "stop") if subject.is_held else None,
            badge("Frozen" if subject.is_frozen else "Limited", "warn") if subject.is_limited else None,
            badge("Open request", "run") if subject.has_open_request else None,
        )


def page_of(request, subject: DataSubject) -> dict:
    """Everything on a person's page: state, the actions that apply now, requests, and the account."""
    accounts = list(subject.merged.order_by("created_at"))
    everybody = [subject.id, *(account.id for account in accounts)]
    requests = list(cases.with_work(Case.objects.filter(subject__in=everybody).order_by("-received_at"))[:CASES_READ])
    seen = overview.of(request, subject, everybody, requests)
    return {
        **admin.site.each_context(request),
        **seen,
        "title": str(subject),
        "opts": DataSubject._meta,
        "original": subject,
        "subject": subject,
        "who": Who(subject.id, subject.full_name, is_shown=True),
        "place": place(subject.country, subject.region),
        "is_held": subject.is_held,
        "may_be_written_to": not any(limit.purpose in ("", Use.MARKETING) for limit in seen["limits"]),
        "has_open_request": subject.has_open_request,
        "requests": [
            {"request": r, "status": badges.of_case(r), "due": badges.due(r)} for r in requests[:REQUESTS_SHOWN]
        ],
        "more_requests": len(requests) > REQUESTS_SHOWN,
        "identifiers": seen["known_as"].get(subject.id, []),
        "accounts": [(account, seen["known_as"].get(account.id, [])) for account in accounts[:ACCOUNTS_SHOWN]],
        "likenesses": likenesses_among(everybody).select_related("other", "subject")[:ACCOUNTS_SHOWN],
        "may_merge": request.user.has_perm(people.ASK.name),
        "preferences": getattr(subject, "preferences", None),
    }


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ["person", "role", "joined_at"]
    ordering = ["joined_at", "id"]
    show_change_link = False

    @display(description="Member")
    def person(self, membership):
        return link_to_subject(membership.subject_id)


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "name", "owner_link", "created_at"]
    ordering = ["-created_at"]
    fields = ["name", "owner_link", "created_at"]
    readonly_fields = fields
    inlines = [MembershipInline]

    @display(description="Owner")
    def owner_link(self, team):
        return link_to_subject(team.owner_id)
