"""What a staff member fills in to decide about a request."""

from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy.admin.forms import DayInput, Ids, ReferenceField, long_text, not_to_come, proof_field
from privacy.catalogue import CaseKind
from privacy.models import Answered, Staff


class ProofForm(forms.Form):
    def __init__(self, *args, kind: type[CaseKind], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["verification"] = proof_field(kind, may_come_later=False)


class AnswerForm(forms.Form):
    """Until letters are sent from here, staff say how and when the person was answered."""

    how = forms.ChoiceField(
        label="How was the person answered?",
        choices=[("", "Choose…"), *((way, way.label) for way in Answered if way != Answered.LINK)],
        widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose how the answer reached the person."},
    )
    on = forms.DateField(
        label="On which day?", required=False, widget=DayInput, validators=[not_to_come], help_text="Empty: today."
    )

    def __init__(self, *args, kind: type[CaseKind], **kwargs):
        super().__init__(*args, **kwargs)
        if kind.answered_in_words:
            self.fields["words"] = forms.CharField(
                label="What was the person told?", max_length=10_000, widget=long_text(),
                help_text="Kept encrypted with the case, and shown to those who answer.",
                error_messages={"required": "Say what the person was told: nothing else tells it."},
            )  # fmt: skip


class SetAsideForm(forms.Form):
    EVENTS = (
        ("duplicate", "A duplicate of another request"),
        ("not_a_request", "Not a request about anybody’s data"),
        ("expired", "Nobody proved who they are in time"),
    )
    event = forms.ChoiceField(
        label="Why is it not decided?", choices=[("", "Choose…"), *EVENTS], widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose why."},
    )  # fmt: skip


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(
        Staff.objects.filter(is_active=True).order_by("username"), label="Who sees it to its end?",
        empty_label="Choose…", widget=UnfoldAdminSelectWidget, error_messages={"required": "Choose a member of staff."},
    )  # fmt: skip


class DenialForm(forms.Form):
    """The refusals of the Data Rights Protocol 0.9."""

    REASONS = (
        ("need_user_verification", "The person has not verified who they are yet"),
        ("insuf_verification", "The verification was not sufficient"),
        ("suspected_fraud", "Fraud is suspected"),
        ("no_match", "Nobody matches the request"),
        ("claim_not_covered", "The law does not give this right here"),
        ("outside_jurisdiction", "Outside the law's territory"),
        ("too_many_requests", "Too many requests"),
        ("other", "Other"),
    )
    denial_reason = forms.ChoiceField(
        label="Why is it denied?",
        choices=[("", "Choose…"), *REASONS],
        widget=UnfoldAdminSelectWidget,
        help_text="Tell the person this, and that they may complain to the authority: nothing is sent from here.",
        error_messages={"required": "Choose the reason: the person has a right to know it."},
    )


class ManyDenialsForm(DenialForm):
    requests = Ids()


class EvidenceForm(forms.Form):
    evidence = ReferenceField(
        label="Ticket or letter number",
        help_text="What proves that the processor did it, such as CASE-2026-114. It stands in the receipt for good.",
        error_messages={"required": "Name the evidence: the processor's ticket or letter number."},
    )


class RequestIds(forms.Form):
    requests = Ids()


class TypedForm(forms.Form):
    """Asks for a word to be typed, so that nothing irreversible hangs on one click."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False)  # the parts of the plan that stand on the page
    typed = forms.CharField(
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
        ),
        error_messages={"required": "Type it to confirm."},
    )

    def __init__(self, *args, what: str, is_right: Callable[[str], bool], **kwargs):
        """`what` must be typed, in words."""
        super().__init__(*args, **kwargs)
        self.what, self.is_right = what, is_right
        self.fields["typed"].label = f"Type {what} to confirm"

    def clean_typed(self) -> str:
        if not self.is_right(self.cleaned_data["typed"]):
            raise ValidationError(f"This is not {self.what}.")
        return self.cleaned_data["typed"]
