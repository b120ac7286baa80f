"""The staff's own accounts, which managers see, invite and review and only a superuser changes, and the roles that wait
for a second to agree."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from privacy.admin.badges import badge, badges
from privacy.admin.base import ReadOnlyAdmin, StaffAdmin
from privacy.admin.filters import ChoiceFilter, DeclaredFilter, YesNoFilter
from privacy.admin.forms import NoQuestionsForm
from privacy.admin.staff_access import Access, roles_of, when_it_acts
from privacy.catalogue import NotAllowed
from privacy.fulfilment import invitations, staff
from privacy.models import AccessReview, RoleGrant, Staff
from privacy.selectors.staff import deciding_roles, due_for_review, with_reviews

REVIEWS_SHOWN = 12


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


class AccessFilter(ChoiceFilter):
    title = "access"
    parameter_name = "access"
    choices_offered = (("due", "To be reviewed"),)

    def queryset(self, request, queryset):
        return queryset.filter(pk__in=due_for_review().values("pk")) if self.wanted else queryset


@admin.register(Staff)
class StaffMemberAdmin(Access, UserAdmin, StaffAdmin):
    form = ChangeStaffForm
    add_form = AddStaffForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "roles", "standing", "last_sign_in", "last_used_at", "reviewed")
    search_length = 1_000  # every word is a condition of the query, and SQLite nests 1,000 of them
    list_filter = (AccessFilter, RoleFilter, ActiveFilter, SuperuserFilter)
    list_before_template = "admin/privacy/staff_head.html"
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "time_zone")}),
        ("Away", {"fields": ("deputy", "absent_until")}),
        ("May do", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "last_used_at", "date_joined")}),
        ("Reviews of what they may do", {"fields": ("reviews",)}),
    )
    fieldsets_to_look_at = (
        (None, {"fields": ("username", "first_name", "last_name", "email", "standing", "roles")}),
        ("Away", {"fields": ("deputy", "absent_until")}),
        ("Dates", {"fields": ("last_login", "last_used_at", "date_joined")}),
        ("Reviews of what they may do", {"fields": ("reviews",)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("May do", {"fields": ("is_staff", "groups")}),
    )
    readonly_fields = ("last_login", "last_used_at", "date_joined", "standing", "roles", "reviews")
    actions_list = ("invite",)
    actions_detail = ("review_access", "ask_role", "invite_again", "withdraw_invitation")

    def get_queryset(self, request):
        rows = with_reviews(super().get_queryset(request).prefetch_related("groups"))
        return rows.annotate(is_due=Exists(due_for_review().filter(pk=OuterRef("pk"))))

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"due": due_for_review().count()} | (extra_context or {}))

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets_to_look_at if not request.user.is_superuser else super().get_fieldsets(request, obj)

    @display(description="Name", ordering="last_name")
    def full_name(self, member):
        return member.get_full_name() or "–"

    @display(description="Last sign-in", ordering="last_login")
    def last_sign_in(self, member):
        return member.last_login

    @display(description="Roles")
    def roles(self, member):
        return ", ".join(roles_of(member)) or "–"

    @display(description="Account")
    def standing(self, member):
        if member.is_active:
            return badge("Keeps the accounts", "run") if member.is_superuser else badge("Open", "good")
        return badge("Invited", "warn") if invitations.has_not_joined(member) else badge("Closed", "plain")

    @display(description="Access reviewed", ordering="reviewed_at")
    def reviewed(self, member):
        said = f"{date_format(localtime(member.reviewed_at), 'j M Y')}, {member.reviewer}" if member.reviewed_at else ""
        wrong = member.finding == AccessReview.Finding.CHANGE
        due = badge("To be changed" if wrong else "To be reviewed", "warn") if member.is_due else None
        return badges(due, said or (None if due else "Not yet"))

    @display(description="Signed")
    def reviews(self, member):
        signed = member.reviews.select_related("reviewed_by")[:REVIEWS_SHOWN]
        lines = (
            (date_format(localtime(r.reviewed_at), "j M Y"), r.reviewed_by, r.get_finding_display()) for r in signed
        )
        return format_html_join(mark_safe("<br>"), "{}, {}: {}", lines) or "Never"

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.is_active and request.user.has_perm("privacy.view_staff")

    has_module_permission = has_view_permission

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.is_active and request.user.is_superuser

    has_add_permission = has_change_permission

    def get_actions_detail(self, request, object_id):
        """Those that have a meaning for this member."""
        member = self.get_object(request, unquote(object_id))
        offered = super().get_actions_detail(request, object_id)
        if member is None or member.pk == request.user.pk:
            return []
        is_new = invitations.has_not_joined(member)
        wanted = {"invite_again", "withdraw_invitation", "ask_role"} if is_new else {"review_access", "ask_role"}
        return [action for action in offered if action.method.original_function_name in wanted]

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
