"""What a staff member fills in on the confirmation pages."""

from uuid import UUID

import pyrage
from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from privacy.fulfilment import reference_number
from privacy.fulfilment.reference_number import NotAReference
from privacy.models import RequestKind, Verification

MAX_PEOPLE = 1_000
SAY_WHY = "Kept with the request. Say why in a sentence; name a ticket rather than the person."


class Ids(forms.CharField):
    """Ids in one hidden field, parted by spaces: a field for each would meet Django's limit on fields."""

    widget = forms.HiddenInput

    def prepare_value(self, value):
        return value if isinstance(value, str) else " ".join(str(subject_id) for subject_id in value or [])

    def clean(self, value) -> list[UUID]:
        try:
            ids = list(dict.fromkeys(UUID(text) for text in super().clean(value).split()))
        except ValueError as error:
            raise ValidationError("The selection could not be read. Go back to the list and select again.") from error
        if len(ids) > MAX_PEOPLE:
            raise ValidationError(f"At most {MAX_PEOPLE:,} at once; these are {len(ids):,}.")
        return ids


def long_text(placeholder: str = "") -> UnfoldAdminTextareaWidget:
    return UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": placeholder})


class ReasonForm(forms.Form):
    """Every action on people asks why."""

    subjects = Ids()
    reason = forms.CharField(
        min_length=10,
        max_length=2000,
        widget=long_text("Such as: ticket 4711, asked for by e-mail on 3 May"),
        help_text=f"{SAY_WHY} The person can read this in their package.",
        error_messages={
            "required": "Say why: the reason is part of the record.",
            "min_length": "Say a little more: at least %(limit_value)d characters.",
        },
    )


class UnseenReasonForm(ReasonForm):
    """For the duties: their reasons are withheld from the package (see the data map)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = f"{SAY_WHY} The person cannot read this: it is left out of their package."


class HoldForm(UnseenReasonForm):
    silent = forms.BooleanField(
        label="Silent: the person must not learn of this hold",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="For an order that forbids to tell. It then leaves no trace in the person's package, also when it "
        "is released; otherwise the package says that there is a hold, and not why. It cannot be changed later.",
    )


class ErasureForm(ReasonForm):
    verification = forms.ChoiceField(
        label="How was it verified who asks?",
        choices=[("", "Choose…"), *Verification.choices],
        widget=UnfoldAdminSelectWidget,
        help_text="GDPR art. 12(6). Ask for no more proof than is needed.",
        error_messages={"required": "Choose how it was verified that the request comes from the person."},
    )


class ExportForm(ErasureForm):
    recipient_key = forms.CharField(
        label="Encrypt to an age key (optional)",
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": "age1…", "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
        ),
        help_text="The person's age public key. Without one the package is a plain zip.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A copy for a stranger is a breach: "our own duty" is no reason to hand data out.
        self.fields["verification"].choices = [
            (value, label) for value, label in self.fields["verification"].choices if value != Verification.CONTROLLER
        ]

    def clean_recipient_key(self) -> str:
        key = self.cleaned_data["recipient_key"].strip()
        if key:
            try:
                pyrage.x25519.Recipient.from_str(key)
            except pyrage.RecipientError as error:
                raise ValidationError("This is not an age public key; one starts with age1.") from error
        return key


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


class ReferenceField(forms.CharField):
    """A number by privacy.fulfilment.reference_number; whether it names the person is seen by the verb."""

    def __init__(self, **given):
        attributes = {"autocomplete": "off", "spellcheck": "false", "placeholder": "SUP-1204"}
        super().__init__(
            max_length=reference_number.MAX_LENGTH, widget=UnfoldAdminTextInputWidget(attrs=attributes), **given
        )

    def validate(self, value):
        super().validate(value)
        try:
            if value:
                reference_number.check(value)
        except NotAReference as refusal:
            raise ValidationError(str(refusal)) from refusal


class EvidenceForm(forms.Form):
    evidence = ReferenceField(
        label="Ticket or letter number",
        help_text="What proves that the processor did it, such as CASE-2026-114. It stands in the receipt for good.",
        error_messages={"required": "Name the evidence: the processor's ticket or letter number."},
    )


class RequestIds(forms.Form):
    requests = Ids()


class NoQuestionsForm(forms.Form):
    """For a page that only asks to confirm."""


class TypedForm(forms.Form):
    """Asks for a word to be typed, so that nothing irreversible hangs on one click."""

    typed = forms.CharField(
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
        ),
        error_messages={"required": "Type it to confirm."},
    )

    def __init__(self, *args, expected: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["typed"].label = f"Type {expected} to confirm"

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"].strip().lower() != self.expected.lower():
            raise ValidationError(f"This is not {self.expected}.")
        return self.expected


# The form that opens a request of each kind; the duties need no proof of who asks, because we do.
FORMS = {
    RequestKind.ACCESS: ExportForm,
    RequestKind.ERASURE: ErasureForm,
    RequestKind.HOLD_PLACE: HoldForm,
    RequestKind.HOLD_RELEASE: UnseenReasonForm,
    RequestKind.CHILD_FLAG: UnseenReasonForm,
    RequestKind.CHILD_CLEAR: UnseenReasonForm,
}
