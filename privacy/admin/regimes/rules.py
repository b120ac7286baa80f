"""The rules of law: what is in force and what is proposed, a change with the open requests that it moves, and the
second manager's confirmation."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy import regimes
from privacy.admin.actions import check_permission
from privacy.admin.badges import badge, badges, short_date
from privacy.admin.base import ReadOnlyAdmin
from privacy.admin.filters import ChoiceFilter
from privacy.admin.forms import DayInput, not_to_come
from privacy.cases import regimes as rules
from privacy.catalogue import NotAllowed
from privacy.catalogue.cases import case_kinds
from privacy.evidence.commitments import canonical_digest
from privacy.models import RegimeRule
from privacy.models.places import why_not_there

PERIODS = ("acknowledge", "respond", "extend")
NAMES = {
    "acknowledge": "Acknowledge", "respond": "Respond", "extend": "Extend by", "rolls": "Runs on to a working day",
    "first_day_counts": "The day of receipt counts", "calendar": "Calendar", "pauses": "Clock stops",
    "verified_on": "Source read on", "verified_by": "Read by", "effective_from": "In force from",
    "effective_to": "In force to", "places": "Where", "rights": "Requests", "law": "Short name", "name": "Name",
    "source": "Source",
}  # fmt: skip


class Words(forms.CharField):
    """A list in one line, parted by commas or spaces."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value) -> list[str]:
        return list(dict.fromkeys(super().to_python(value).replace(",", " ").split()))

    def has_changed(self, initial, data) -> bool:
        return (initial or []) != self.to_python(data)


class RuleForm(forms.ModelForm):
    places = Words(label="Where", help_text="Codes of ISO 3166, parted by commas: DE, US-CA.")
    rights = Words(label="Requests", required=False, help_text="Kinds of requests; empty: all of them.")
    reason = forms.CharField(
        label="Reason", min_length=10, max_length=300, widget=UnfoldAdminTextInputWidget,
        help_text="Why it is changed. Kept with the rule.",
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = NAMES.get(name, field.label)
            if name in PERIODS:
                field.help_text = f"{field.help_text} Such as 1m, 45d, 10bd (business days) or 72h."

    class Meta:
        model = RegimeRule
        fields = rules.FIELDS
        widgets = {
            "pauses": UnfoldAdminSelectWidget,
            **dict.fromkeys(("verified_on", "effective_from", "effective_to"), DayInput),
            **dict.fromkeys((*PERIODS, "law", "name", "calendar", "source", "verified_by"), UnfoldAdminTextInputWidget),
        }

    def clean_places(self) -> list[str]:
        for place in self.cleaned_data["places"]:
            country, _, region = place.partition("-")
            if place != "*" and (problem := why_not_there(country, place if region else "")):
                raise ValidationError(f"{place}: {problem}")
        return self.cleaned_data["places"]

    def clean_rights(self) -> list[str]:
        known = {*case_kinds, *(right for rule in regimes.in_force() for right in rule.rights)}
        if unknown := [right for right in self.cleaned_data["rights"] if right not in known]:
            raise ValidationError(f"There are no requests of this kind: {', '.join(unknown)}.")
        return self.cleaned_data["rights"]

    def clean_calendar(self) -> str:
        if calendar := self.cleaned_data["calendar"]:
            try:
                regimes.calendar_named(calendar)
            except ValueError as error:
                raise ValidationError(str(error)) from error
        return calendar

    def clean_verified_on(self):
        if day := self.cleaned_data["verified_on"]:
            not_to_come(day)
        return day

    @property
    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in rules.FIELDS}


class StandingFilter(ChoiceFilter):
    title = "standing"
    parameter_name = "standing"
    choices_offered = (("proposed", "Proposed"), ("unverified", "Unverified"), ("in_force", "In force"))

    def queryset(self, request, queryset):
        match self.wanted:
            case "proposed":
                return queryset.filter(confirmed_at=None)
            case "unverified":
                return queryset.filter(verified_on=None)
            case "in_force":
                return queryset.filter(confirmed_at__isnull=False)
        return queryset


@admin.register(RegimeRule)
class RegimeRuleAdmin(ReadOnlyAdmin):
    list_display = ("rule", "where", "periods", "effective", "source", "stands")
    list_filter = (StandingFilter,)
    list_before_template = "admin/privacy/regimerule_head.html"
    empty_text = "No rule is like that."
    sortable_by = ()

    def get_queryset(self, request):
        return rules.in_order()

    def get_ordering(self, request):
        return ()

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("propose/", view(propose), name="privacy_regimerule_propose"),
            path("<uuid:rule_id>/propose/", view(propose), name="privacy_regimerule_propose_change"),
            path("<uuid:rule_id>/decide/", view(decide), name="privacy_regimerule_decide"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        may_propose = request.user.has_perm("privacy.propose_regimerule")
        context = {"may_propose": may_propose, "waiting": rules.proposals().count()}
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        rule = self.get_object(request, object_id)
        if rule is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, rule):
            raise PermissionDenied
        context = page_context(request, rule, title=str(rule)) | {
            "facts": [(NAMES[name], shown(getattr(rule, name))) for name in rules.FIELDS],
            "may_propose": rule.is_in_force and request.user.has_perm("privacy.propose_regimerule"),
            "may_decide": not rule.confirmed_at and request.user.has_perm("privacy.confirm_regimerule"),
        }
        return TemplateResponse(request, "admin/privacy/regimerule.html", context)

    @display(description="Law")
    def rule(self, row):
        return f"{row.name}: {row.about}"

    @display(description="Where")
    def where(self, row):
        if row.places == ["*"]:
            return "everywhere"
        return shown(row.places) if len(row.places) < 6 else f"{len(row.places)} countries"

    @display(description="Periods")
    def periods(self, row):
        told = [(name, getattr(row, name)) for name in PERIODS if getattr(row, name)]
        return "; ".join(f"{NAMES[name].lower()} {regimes.Period.of(code)}" for name, code in told)

    @display(description="In force")
    def effective(self, row):
        until = f" to {short_date(row.effective_to)}" if row.effective_to else ""
        return f"from {short_date(row.effective_from)}{until}"

    @display(description="Standing")
    def stands(self, row):
        return standing(row)


def standing(rule: RegimeRule):
    return badges(
        badge("Proposed", "warn") if not rule.confirmed_at and not rule.retired_at else None,
        badge("Not in force", "plain") if rule.retired_at else None,
        badge("Unverified", "warn") if rule.verified_on is None else badge("Verified", "good"),
    )


def shown(value: Any) -> str:
    """A fact in words; a dash for none."""
    if isinstance(value, list):
        return ", ".join(value) or "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value not in (None, "") else "–"


def page_context(request: HttpRequest, rule: RegimeRule | None, **more) -> dict[str, Any]:
    return {
        **admin.site.each_context(request), "opts": RegimeRule._meta, "original": rule, "rule": rule,
        "stands": standing(rule) if rule else "", **more,
    }  # fmt: skip


def propose(request: HttpRequest, rule_id=None) -> HttpResponse:
    """A new rule or a change of one: what it moves is shown before it is proposed."""
    check_permission(request, "privacy.propose_regimerule")
    replaced = get_object_or_404(RegimeRule, pk=rule_id) if rule_id else None
    start = {name: getattr(replaced, name) for name in rules.FIELDS} if replaced else {}
    form = RuleForm(request.POST or None, initial=start)
    preview, more = None, {}
    if request.method == "POST" and form.is_valid():
        digest = canonical_digest({name: str(value) for name, value in form.facts.items()})
        if request.POST.get("shown") == digest:
            return carry_out(
                request, rules.propose, "Proposed. Another manager has to confirm it; until then nothing moves.",
                facts=form.facts, reason=form.cleaned_data["reason"], replaces=replaced,
            )  # fmt: skip
        preview, more = rules.preview(RegimeRule(**form.facts, replaces=replaced)), {"shown": digest}
    title = f"Propose a change of {replaced}" if replaced else "Propose a rule"
    context = page_context(
        request, replaced, title=title, form=form, preview=preview, form_url=request.path,
        submit="Propose it" if preview else "See what it moves",
        cancel_url=reverse("admin:privacy_regimerule_changelist"), **more,
    )  # fmt: skip
    return TemplateResponse(request, "admin/privacy/regimerule_propose.html", context)


def decide(request: HttpRequest, rule_id) -> HttpResponse:
    """The second manager sees what changes and what it moves, and confirms or refuses it."""
    check_permission(request, "privacy.confirm_regimerule")
    rule = get_object_or_404(RegimeRule.objects.select_related("replaces", "proposed_by"), pk=rule_id)
    if request.method == "POST":
        if "confirm" in request.POST:
            return carry_out(request, rules.confirm, "In force. A job reckons the open requests anew.", rule_id=rule.pk)
        return carry_out(request, rules.refuse, "Refused: nothing moves.", rule_id=rule.pk)
    changed = [(NAMES[name], shown(before), shown(after)) for name, before, after in rules.changed(rule)]
    own = rule.proposed_by_id == request.user.pk
    context = page_context(
        request, rule, title=f"Decide about {rule}", changed=changed, preview=rules.preview(rule),
        form_url=request.path,
        not_because="You proposed it: another manager has to confirm it." if own else "",
        is_open=not (rule.confirmed_at or rule.retired_at),
    )  # fmt: skip
    return TemplateResponse(request, "admin/privacy/regimerule_decide.html", context)


def carry_out(request: HttpRequest, verb, done: str, **given) -> HttpResponse:
    try:
        rule = verb(actor=request.user, **given)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return redirect("admin:privacy_regimerule_changelist")
    messages.success(request, done)
    return redirect("admin:privacy_regimerule_change", rule.pk)
