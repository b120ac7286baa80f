"""The staff's own accounts. Only a superuser sees or changes them; roles are groups, made by migration."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from privacy.admin.base import StaffAdmin
from privacy.admin.filters import DeclaredFilter, YesNoFilter
from privacy.fulfilment import staff
from privacy.models import Staff


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
        roles = [group.name for group in form.cleaned_data.get("groups", ())]
        staff.save(member=obj, changed=form.changed_data, roles=roles, actor=request.user)

    def user_change_password(self, request, id, form_url=""):
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            staff.record_password_change(member=Staff.objects.get(pk=id), actor=request.user)
        return response
