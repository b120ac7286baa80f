"""The pages of one's own account beside allauth's: an invitation, time zone and digest, sessions in words."""

from itertools import groupby

from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kosenai_ops import outbox
from privacy.catalogue import NotAllowed
from privacy.fulfilment import invitations, staff
from privacy.fulfilment.invitations import Standing
from privacy.models.places import time_zones
from privacy.selectors.cases import leads

# What stands in the name that a browser gives itself, the narrower before the wider: Edge says Chrome, Chrome Safari.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS X": "Mac",
    "CrOS": "ChromeOS", "Linux": "Linux",
}  # fmt: skip
OLD_NAMES = ("Etc/", "SystemV/", "US/")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Asks an invited member for their password. GET changes nothing: programs that scan mail follow links."""
    standing, row = invitations.by_token(token)
    if row is None or standing != Standing.OPEN or request.user.is_authenticated:
        response = render(request, "account/invitation_closed.html", {"standing": standing.value}, status=404)
    else:
        response = ask_password(request, token, SetPasswordForm(row.member, request.POST or None))
    response["Referrer-Policy"] = "no-referrer"
    return response


def ask_password(request: HttpRequest, token: str, form: SetPasswordForm) -> HttpResponse:
    if not form.is_valid():
        return render(request, "account/invitation.html", {"form": form, "member": form.user})
    try:
        member = invitations.accept(token=token, password=form.cleaned_data["new_password1"])
    except NotAllowed:  # another tab was first
        return redirect(request.path)
    messages.success(request, f"Your password is set. Sign in as {member.username}; a second factor comes next.")
    return redirect("account_login")


def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices of time zones by continent, without what the IANA list keeps for old times' sake."""
    names = sorted(name for name in time_zones() if "/" in name and not name.startswith(OLD_NAMES))
    by_part = groupby(names, key=lambda name: name.partition("/")[0])
    return [("", [("UTC", "UTC")]), *((part, [(n, in_words(n)) for n in some]) for part, some in by_part)]


def in_words(zone: str) -> str:
    return zone.partition("/")[2].replace("_", " ").replace("/", ", ")


class PreferencesForm(forms.Form):
    time_zone = forms.ChoiceField(label="Your time zone", choices=zones)
    digest = forms.BooleanField(
        label="Tell me by mail in the morning what is due", required=False,
        help_text="At eight in your zone on working days, if something is due: numbers, short ids and links, no names.",
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def time_zone(request: HttpRequest) -> HttpResponse:
    """When it is for the member, and whether they are told in their morning what is due."""
    member = request.user
    form = PreferencesForm(request.POST or None, initial={"time_zone": member.time_zone, "digest": member.digest})
    if not form.is_valid():
        outbox_url = reverse("admin:outbox") if outbox.is_there() and leads(member) else ""
        return render(request, "account/time_zone.html", {"form": form, "outbox_url": outbox_url})
    staff.set_preferences(member=member, **form.cleaned_data)
    messages.success(request, f"Times are shown in {form.cleaned_data['time_zone']} from now on.")
    return redirect("account_time_zone")


class Sessions(ListUserSessionsView):
    """allauth's, with the device in words."""

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        for session in context["sessions"]:
            session.device = device(session)
        return context


def device(session: UserSession) -> str:
    """`Firefox on Linux`, from what the browser says of itself; how it says so where it says neither."""
    browser, system = (
        next((name for mark, name in marks.items() if mark in session.user_agent), "") for marks in (BROWSERS, SYSTEMS)
    )
    return " on ".join(filter(None, [browser, system])) or session.user_agent[:60] or "Unknown"
