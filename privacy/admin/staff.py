"""The staff's own accounts, which only a superuser sees or changes, and the roles that wait for a second to agree."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from privacy.admin.badges import badge
from privacy.admin.base import ReadOnlyAdmin, StaffAdmin
from privacy.admin.filters import DeclaredFilter, YesNoFilter
from privacy.admin.forms import NoQuestionsForm
from privacy.catalogue import NotAllowed
from privacy.fulfilment import staff
from privacy.models import RoleGrant, Staff
from privacy.selectors.staff import deciding_roles


class AddStaffForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = Staff


class ChangeStaffForm(UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = Staff


class RoleFilter(DeclaredFilter):
    title = "role"
    parameter_name = "groups__id__exact"

    def lookups(self, request, model_admin):
        return [(str(group.pk), group.name) for group in Group.objects.order_by("name")]


class ActiveFilter(YesNoFilter):
    title = "active"
    parameter_name = "is_active__exact"


class SuperuserFilter(YesNoFilter):
    title = "superuser"
    parameter_name = "is_superuser__exact"


@admin.register(Staff)
class StaffMemberAdmin(UserAdmin, StaffAdmin):
    form = ChangeStaffForm
    add_form = AddStaffForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "get_full_name", "roles", "is_active", "is_superuser", "last_login")
    search_length = 1_000  # every word is a condition of the query, and SQLite nests 1,000 of them
    list_filter = (RoleFilter, ActiveFilter, SuperuserFilter)
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "time_zone")}),
        ("Away", {"fields": ("deputy", "absent_until")}),
        ("May do", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("May do", {"fields": ("is_staff", "groups")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Roles")
    def roles(self, member):
        return ", ".join(sorted(group.name for group in member.groups.all())) or "–"

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.is_active and request.user.is_superuser

    has_add_permission = has_change_permission = has_module_permission = has_view_permission

    def has_delete_permission(self, request, obj=None) -> bool:
        """Never: their name stands under what they did. An account is closed by making it inactive."""
        return False

    def save_model(self, request, obj, form, change):
        """Roles that decide are asked for and not given: they are taken out of what the form saves."""
        chosen = {group.name for group in form.cleaned_data.get("groups", ())}
        held = set(obj.groups.values_list("name", flat=True)) if change else set()
        form.asked = sorted((chosen - held) & deciding_roles())
        given = chosen.difference(form.asked)
        if "groups" in form.cleaned_data:
            form.cleaned_data["groups"] = Group.objects.filter(name__in=given)
        staff.save(member=obj, changed=form.changed_data, roles=given, actor=request.user)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for role in form.asked:
            try:
                grant = staff.ask_role(member=form.instance, role=role, actor=request.user)
            except NotAllowed as refusal:
                messages.error(request, str(refusal))
            else:
                messages.warning(request, f"{role}: {when_it_acts(grant)}")

    def user_change_password(self, request, id, form_url=""):
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            staff.record_password_change(member=Staff.objects.get(pk=id), actor=request.user)
        return response


def when_it_acts(grant: RoleGrant) -> str:
    """In words, for the page and the list."""
    if grant.acted_at:
        return "acts already."
    if grant.acts_from is None:
        return "asked for. It acts when another who keeps accounts, or a manager, has confirmed it."
    return f"nobody can confirm it, so it acts by itself from {date_format(grant.acts_from, 'j M Y, H:i')} (UTC)."


@admin.register(RoleGrant)
class RoleGrantAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "member", "role", "state", "asked_by", "asked_at", "confirmed_by"]
    list_select_related = ["member", "asked_by", "confirmed_by"]
    ordering = ["-asked_at"]
    fields = ["member", "role", "state", "asked_by", "asked_at", "confirmed_by", "acts_from", "acted_at", "refused_at"]
    readonly_fields = ["state"]
    list_before_template = "admin/privacy/rolegrant_head.html"
    actions_detail = ("confirm_role", "refuse_role")
    empty_text = "No role that decides was asked for yet."

    def has_confirm_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("privacy.confirm_role")

    def changelist_view(self, request, extra_context=None):
        context = {"wait": settings.APPROVER_WAIT, "is_demo": not settings.APPROVER_WAIT}
        return super().changelist_view(request, context | (extra_context or {}))

    @display(description="State")
    def state(self, grant):
        if grant.acted_at:
            return badge("Acts", "good")
        if grant.refused_at:
            return badge("Refused", "plain")
        return badge("Waits for a second" if grant.acts_from is None else "Waits a day", "warn")

    @action(description="Confirm", icon="verified", url_path="confirm", permissions=["confirm"])
    def confirm_role(self, request, object_id):
        """A second agrees, and the role acts."""
        return self.decide(request, object_id, staff.confirm_role, "Confirm", "The role acts.")

    @action(description="Refuse", icon="block", url_path="refuse", permissions=["confirm"])
    def refuse_role(self, request, object_id):
        """A second does not agree."""
        return self.decide(request, object_id, staff.refuse_role, "Refuse", "The role is not given.")

    def decide(self, request, object_id, verb, word: str, done: str):
        """Asks, calls the verb, and goes back to the list; a refusal becomes a message."""
        grant = self.get_object(request, unquote(object_id))
        if grant is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        here = reverse("admin:privacy_rolegrant_changelist")
        if request.method != "POST":
            return self.ask(request, grant, word, here)
        try:
            verb(grant_id=grant.pk, actor=request.user)
        except NotAllowed as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, done)
        return redirect(here)

    def ask(self, request, grant: RoleGrant, word: str, back: str) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{word}: {grant.role} for {grant.member}",
            "form": NoQuestionsForm(),
            "form_url": request.path,
            "cancel_url": back,
            "submit": word,
            "sentences": [
                f"{grant.asked_by} asked that {grant.member} be {grant.role}, who decides what others ask for.",
                "Neither who asked nor whom it is for may agree to it.",
            ],
        }
        return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)
