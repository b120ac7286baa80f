"""What managers do about their colleagues: invite them, ask for roles, and look once a quarter at what they may do."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from privacy.admin.forms import AS_TYPED, NoQuestionsForm
from privacy.catalogue import NotAllowed
from privacy.fulfilment import invitations, staff
from privacy.models import AccessReview, RoleGrant, Staff
from privacy.roles import ROLES

CHOICES = [(role, role.capitalize()) for role in ROLES]
INVITED = (
    "The account is made now, closed. It opens when its link is used, which is shown to you once, on the next page.",
    "Every role waits until another manager has confirmed it, or a day where there is no other: who makes a link "
    "could use it.",
)
ASKED = (
    "Another manager has to confirm it; neither you nor whom it is for may.",
    "Where there is no other, it acts after a day.",
)


class InviteForm(forms.Form):
    username = forms.CharField(
        label="Name to sign in with", max_length=150, widget=UnfoldAdminTextInputWidget(attrs=AS_TYPED)
    )
    email = forms.EmailField(label="E-mail address", widget=UnfoldAdminTextInputWidget(attrs=AS_TYPED))
    roles = forms.MultipleChoiceField(label="Roles", choices=CHOICES, widget=UnfoldAdminCheckboxSelectMultipleWidget)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args, held: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", "Choose…"), *(choice for choice in CHOICES if choice[0] not in held)]


class ReviewForm(forms.Form):
    finding = forms.ChoiceField(
        label="What did you find?",
        choices=[("", "Choose…"), *AccessReview.Finding.choices],
        widget=UnfoldAdminSelectWidget,
        help_text="What has to change stays on the list until it is changed and reviewed again. Who keeps the accounts "
        "takes a role away or closes an account.",
    )


def roles_of(member: Staff) -> list[str]:
    return sorted(group.name for group in member.groups.all())


def when_it_acts(grant: RoleGrant) -> str:
    """In words, for the page and the list."""
    if grant.acted_at:
        return "acts already."
    if grant.acts_from is None:
        return "asked for. It acts when another who keeps accounts, or a manager, has confirmed it."
    return f"nobody can confirm it, so it acts by itself from {date_format(grant.acts_from, 'j M Y, H:i')} (UTC)."


def posted(request):
    return request.POST if request.method == "POST" else None


def moment(at) -> str:
    return date_format(at, "j M Y, H:i") if at else "never"


class Access:
    """The buttons of the list and page of staff, and their pages. Whether they apply, the verbs say."""

    def has_invite_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("privacy.invite_staff")

    def has_ask_role_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("privacy.ask_role")

    def has_review_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("privacy.review_staff")

    @action(description="Invite", icon="person_add", url_path="invite", permissions=["invite"])
    def invite(self, request):
        """Asks for name, address and roles, and shows the link."""
        form = InviteForm(posted(request))
        if form.is_valid():
            try:
                return self.show_link(request, invitations.invite(**form.cleaned_data, actor=request.user))
            except NotAllowed as refusal:
                form.add_error(None, str(refusal))
        return self.ask_first(request, "Invite a member of staff", form, INVITED, "Make the invitation")

    @action(description="Make a new link", icon="link", url_path="invite-again", permissions=["invite"])
    def invite_again(self, request, object_id):
        happens = ["The link before stops working. The new one is shown once, and works once, for seven days."]
        return self.confirmed(
            request, object_id, "New link for {}", NoQuestionsForm(posted(request)), happens, "Make a new link",
            lambda member, given: self.show_link(request, invitations.invite_again(member=member, actor=request.user)),
        )  # fmt: skip

    @action(description="Withdraw the invitation", icon="block", url_path="withdraw", permissions=["invite"])
    def withdraw_invitation(self, request, object_id):
        happens = ["The link stops working.", "The roles that were asked for are refused."]

        def withdraw(member, given):
            invitations.withdraw(member=member, actor=request.user)
            messages.success(request, f"The invitation of {member} is withdrawn.")

        return self.confirmed(
            request, object_id, "Withdraw the invitation of {}", NoQuestionsForm(posted(request)), happens,
            "Withdraw the invitation", withdraw,
        )  # fmt: skip

    @action(description="Ask for a role", icon="add_moderator", url_path="ask-role", permissions=["ask_role"])
    def ask_role(self, request, object_id):
        """For another; it acts when a third agrees."""
        member = self.get_object(request, unquote(object_id))

        def ask(member, given):
            grant = staff.ask_role(member=member, role=given["role"], actor=request.user)
            messages.success(request, f"{grant.role} for {member}: {when_it_acts(grant)}")

        form = RoleForm(posted(request), held=roles_of(member) if member else [])
        return self.confirmed(request, object_id, "A role for {}", form, ASKED, "Ask for the role", ask)

    @action(description="Review access", icon="fact_check", url_path="review", permissions=["review"])
    def review_access(self, request, object_id):
        """Shows what the member may do and when they were last here, and asks for a signature."""
        member = self.get_object(request, unquote(object_id))

        def sign(member, given):
            staff.review(member=member, finding=given["finding"], actor=request.user)
            messages.success(request, f"The access of {member} is reviewed, with your name under it.")

        seen = self.what_is_seen(member) if member else []
        return self.confirmed(
            request, object_id, "Review the access of {}", ReviewForm(posted(request)), seen, "Sign the review",
            sign, heading="What they may do",
        )  # fmt: skip

    def what_is_seen(self, member: Staff) -> list[str]:
        waiting = [grant.role for grant in member.grants.filter(acted_at=None, refused_at=None)]
        return [
            f"Roles: {', '.join(roles_of(member)) or 'none'}.",
            *(["Keeps the accounts of all staff."] if member.is_superuser else []),
            *([f"Asked for and not confirmed: {', '.join(waiting)}."] if waiting else []),
            f"Last sign-in: {moment(member.last_login)}. Last use: {moment(member.last_used_at)}.",
        ]

    def confirmed(self, request, object_id, title: str, form, happens, submit: str, verb, heading: str = ""):
        """Asks, calls the verb, and goes back to the list unless it answers itself; a refusal becomes a message."""
        member = self.get_object(request, unquote(object_id))
        if member is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST" or not form.is_valid():
            return self.ask_first(request, title.format(member), form, happens, submit, heading)
        try:
            answer = verb(member, form.cleaned_data)
        except NotAllowed as refusal:
            messages.warning(request, str(refusal))
            answer = None
        return answer or redirect("admin:privacy_staff_changelist")

    def ask_first(self, request, title: str, form, happens, submit: str, heading: str = "") -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "form_url": request.path,
            "submit": submit,
            "cancel_url": reverse("admin:privacy_staff_changelist"),
            "sentences": happens,
            "heading": heading,
        }
        return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)

    def show_link(self, request, token: str) -> TemplateResponse:
        """In the answer to the POST: it is kept nowhere, so it cannot be shown again."""
        context = {
            **admin.site.each_context(request),
            "title": "A link for your colleague",
            "opts": self.opts,
            "back": reverse("admin:privacy_staff_changelist"),
            "link": request.build_absolute_uri(reverse("account_invitation", args=[token])),
        }
        response = TemplateResponse(request, "admin/privacy/invitation_link.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response
