"""What the lists of duties share: what is in force comes first, and is decided from its row and page by the same flow
as anywhere."""

from collections.abc import Iterator, Sequence

from django.contrib.admin.options import unquote
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from privacy.admin import actions
from privacy.admin.base import PeopleList, ReadOnlyAdmin, TabbedChangeList
from privacy.admin.filters import DeclaredFilter
from privacy.admin.requests.approvals import decision_on
from privacy.admin.requests.base import has
from privacy.admin.requests.buttons import Button
from privacy.catalogue import CaseKind, case_kinds
from privacy.models import Case, LegalHold, State
from privacy.selectors import cases, standing
from privacy.selectors.who import who


class OpenFilter(DeclaredFilter):
    """What is in force is what staff come for; the past is one click away."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("past", model_admin.past_label), ("all", "All")]

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": changelist.model_admin.open_label}, *others]

    def queryset(self, request, queryset):
        is_open = {f"{self.end_field(queryset.model)}__isnull": True}
        match self.wanted:
            case "past":
                return queryset.exclude(**is_open)
            case "all":
                return queryset
        return queryset.filter(**is_open)

    def end_field(self, model) -> str:
        return "released_at" if model is LegalHold else "decided_at"


class DutyList(PeopleList, TabbedChangeList):
    """What is in force, about whom, and what can be decided about it now."""

    def get_results(self, request):
        super().get_results(request)
        offer(request, self.model_admin, self.result_list)


def offer(request: HttpRequest, model_admin: "DutyAdmin", rows: Sequence[models.Model]) -> None:
    """Gives each row its `buttons`, and in `asked` the case that waits for another person's word about it."""
    in_force = [row for row in rows if model_admin.is_in_force(row)]
    facts = standing.facts_of([row.subject_id for row in in_force]) if in_force else {}
    waiting = Case.objects.filter(subject__in=[row.subject_id for row in in_force], kind__in=model_admin.endings)
    asked = {
        (case.subject_id, case.kind): case
        for case in waiting.filter(state=State.DECIDING).select_related("requested_by").order_by("received_at")
    }
    for row in rows:
        kinds = [case_kinds[key] for key in model_admin.endings] if row in in_force else []
        of_row = {kind: asked.get((row.subject_id, kind.key)) for kind in kinds}
        row.asked = next(filter(None, of_row.values()), None)
        so = facts.get(row.subject_id, set())
        row.buttons = [button for kind in kinds for button in buttons(request, row, kind, of_row[kind], so)]


def buttons(
    request: HttpRequest, row: models.Model, kind: type[CaseKind], asked: Case | None, so: set
) -> Iterator[Button]:
    """To ask for it; where that was done, to decide about it, or why not."""
    if asked is not None:
        may_decide = kind.decision and has(request.user, kind.may.decide)
        not_because = cases.not_by(asked, request.user) if may_decide else f"{kind.decision.waits}."
        url = f"{reverse(f'admin:privacy_{row._meta.model_name}_change', args=[row.pk])}#decide"
        yield Button(kind.decision.button, kind.icon, url, kind.decision.is_dangerous, True, not_because)
    elif has(request.user, kind.may.ask) and not standing.in_the_way(kind, so):
        url = reverse("admin:privacy_datasubject_act_on", args=[row.subject_id, kind.key])
        yield Button(f"{kind.button}…", kind.icon, url)


class DutyAdmin(ReadOnlyAdmin):
    """`endings` are the kinds of case that end the duty or decide about it; offered to those who may ask for them."""

    changelist = DutyList
    change_form_outer_before_template = "admin/privacy/duty.html"
    actions = ()
    endings: tuple[str, ...]

    class Media:
        js = ("privacy/ops.js",)

    def is_in_force(self, row) -> bool:
        raise NotImplementedError

    @display(description="Decide")
    def decide(self, row):
        """What can be decided now, or whom it waits for."""
        cells = format_html_join("", "<li>{}</li>", ((in_a_cell(button),) for button in row.buttons))
        return format_html('<ul class="ops-actions">{}</ul>', cells) if cells else "–"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, unquote(object_id))
        decision = {}
        if row is not None:
            offer(request, self, [row])
            decision = {"duty": row, "buttons": row.buttons, "asked": row.asked}
            if row.asked:
                so, people = standing.of([row.subject_id]), {row.subject_id: row.who}
                own = cases.not_by(row.asked, request.user)
                decision |= decision_on(request, row.asked, own, so, None, people)
        return super().change_view(request, object_id, form_url, decision | (extra_context or {}))

    def get_actions(self, request):
        kinds = [kind for kind in actions.allowed(request) if kind.key in self.endings]
        starts = {kind.key: actions.start_from_list(kind, "subject") for kind in kinds}
        return {key: (start, key, start.short_description) for key, start in starts.items()}

    def get_object(self, request, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.who = who([row.subject_id], request.user)[row.subject_id]
        return row


def in_a_cell(button: Button):
    if button.not_because:
        return format_html('<span class="ops-quiet">{}</span>', button.not_because)
    looks = "ops-button" if button.is_main else "ops-button ops-button-quiet"
    return format_html('<a class="{}" href="{}">{}</a>', looks, button.url, button.label)
