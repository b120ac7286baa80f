"""The suppression ledger, to look at, and the door for erased people who come back of their own will."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy.admin.base import ReadOnlyAdmin
from privacy.admin.forms import AS_TYPED
from privacy.catalogue import NotAllowed
from privacy.duties import suppression
from privacy.models import Identifier, Suppression


class ReadmitForm(forms.Form):
    """Which identifier, looked up first; and once it is known, why it may come in again."""

    kind = forms.ChoiceField(label="What is it?", choices=Identifier.Kind.choices, widget=UnfoldAdminSelectWidget)
    value = forms.CharField(
        label="As the person gives it",
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs=AS_TYPED),
        help_text="It is compared with the ledger's hashes and not stored.",
    )
    because = forms.ChoiceField(
        label="Why may it come in again?",
        required=False,
        choices=[("", "Choose…"), *Suppression.Because.choices],
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Keyed hashes by which an erased person is known again; they cannot be read back."""

    list_display = ("__str__", "kind", "request", "created_at", "lifted")
    fields = ("kind", "digest", "key_id", "request", "created_at", "lifted_at", "lifted_by", "lifted_because")
    list_select_related = ("request",)
    sortable_by = ()
    ordering = ("-pk",)
    actions_list = ("readmit",)

    @display(description="May come in again")
    def lifted(self, entry):
        return entry.get_lifted_because_display() or "–"

    def has_readmit_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("privacy.readmit_identifier")

    @action(description="Let somebody in again", icon="lock_open", url_path="readmit", permissions=["readmit"])
    def readmit(self, request) -> HttpResponse:
        """Asks which identifier, shows what the ledger knows of it, and then asks why."""
        form = ReadmitForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return self.ask(request, form)
        given = form.cleaned_data
        asked = {"kind": given["kind"], "value": given["value"], "actor": request.user}
        try:
            if not given["because"]:
                return self.ask(request, form, found=suppression.barring(**asked), looked=True)
            suppression.readmit(**asked, because=given["because"])
        except NotAllowed as refusal:
            form.add_error("value", str(refusal))
            return self.ask(request, form)
        messages.success(request, "It may come in again, with the next file or message that names it.")
        return HttpResponseRedirect(reverse("admin:privacy_suppression_changelist"))

    def ask(self, request, form, *, found=None, looked=False) -> TemplateResponse:
        if not found:
            del form.fields["because"]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Let somebody in again",
            "form": form,
            "form_url": request.path,
            "submit": "Let it in again" if found else "Look it up",
            "cancel_url": reverse("admin:privacy_suppression_changelist"),
            "found": found,
            "looked": looked,
        }
        response = TemplateResponse(request, "admin/privacy/readmit.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response
