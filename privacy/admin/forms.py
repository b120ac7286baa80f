"""What a staff member fills in on the confirmation pages, and the fields that other forms are made of."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from privacy import regimes
from privacy.catalogue import CaseKind, Question
from privacy.fulfilment import reference_number
from privacy.fulfilment.reference_number import NotAReference
from privacy.models import Verification

MAX_PEOPLE = 1_000


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


class DayInput(UnfoldAdminTextInputWidget):
    input_type = "date"


LATER = "later"


def proof_field(kind: type[CaseKind]) -> forms.ChoiceField:
    """How whoever asks for it states that it is sure who asks; without proof the case waits for it. What takes a check
    is none of these."""
    stated = [(way, Verification(way).label) for way in kind.proof if way not in Verification.of_a_check()]
    return forms.ChoiceField(
        label="How was it verified who asks?",
        choices=[("", "Choose…"), (LATER, "Not yet: the case waits until it is"), *stated],
        widget=UnfoldAdminSelectWidget,
        help_text="GDPR art. 12(6). Ask for no more proof than is needed.",
        error_messages={"required": "Choose how it was verified that the request comes from the person."},
    )


def field_of(question: Question, subject_ids: Sequence[UUID] = ()) -> forms.Field:
    """The form field of a question that a declaration asks about these people."""
    common = {"label": question.label, "required": question.required, "help_text": question.help}
    errors = {"required": question.missing}
    match question.type:
        case "text":
            errors["min_length"] = "Say a little more: at least %(limit_value)d characters."
            return forms.CharField(
                **common, min_length=question.at_least, max_length=question.at_most,
                widget=long_text(question.placeholder), error_messages=errors,
            )  # fmt: skip
        case "choice":
            choices = [("", "Choose…"), *question.choices_for(subject_ids)]
            return forms.ChoiceField(**common, choices=choices, widget=UnfoldAdminSelectWidget, error_messages=errors)
        case "switch":
            return forms.BooleanField(**common, widget=UnfoldBooleanSwitchWidget)
        case "day":
            return forms.DateField(**common, widget=DayInput, error_messages=errors, validators=[not_to_come])
    return forms.CharField(
        **common, max_length=question.at_most, error_messages=errors,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": question.placeholder, **AS_TYPED}),
    )  # fmt: skip


def fields_of(question: Question, subject_ids: Sequence[UUID]) -> dict[str, forms.Field]:
    """The fields by name: of a question for values one for each, which begins with the value now."""
    if question.type != "values":
        return {question.name: field_of(question, subject_ids)}
    return {
        f"{question.name}:{key}": forms.CharField(
            label=words, initial=now, required=False, max_length=question.at_most,
            widget=UnfoldAdminTextInputWidget(attrs=AS_TYPED),
        )
        for key, words, now in question.choices_for(subject_ids)
    }  # fmt: skip


AS_TYPED = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}


def not_to_come(day: date) -> None:
    if day > regimes.today():
        raise ValidationError("This day is yet to come.")


class CaseForm(forms.Form):
    """What a right or duty asks of whoever opens a case of it. `token` is the same when a form is sent twice."""

    subjects = Ids()
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, kind: type[CaseKind], **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["token"].initial = uuid4
        about = self.about()
        first, *others = kind.asks
        self.fields |= fields_of(first, about)
        if kind.proof:
            self.fields["verification"] = proof_field(kind)
        for question in others:
            self.fields |= fields_of(question, about)

    def about(self) -> list[UUID]:
        """Whom it is about, as far as that can be read; an answer that is none is told where the form is checked."""
        given = self.data.get("subjects", "") if self.is_bound else self.initial.get("subjects", ())
        try:
            return self.fields["subjects"].clean(self.fields["subjects"].prepare_value(given))
        except ValidationError:
            return []

    def clean_verification(self) -> str:
        way = self.cleaned_data["verification"]
        return "" if way == LATER else way

    def clean(self):
        for question in self.kind.asks:
            if question.type == "values":
                self.gather(question)
            if question.check and self.cleaned_data.get(question.name):
                try:
                    self.cleaned_data[question.name] = question.check(self.cleaned_data[question.name])
                except ValueError as refusal:
                    self.add_error(question.name if question.name in self.fields else None, str(refusal))
        return self.cleaned_data

    def gather(self, question: Question) -> None:
        """Makes one answer of the fields of a question for values."""
        names = [name for name in self.fields if name.startswith(f"{question.name}:")]
        given = {name.partition(":")[2]: self.cleaned_data.pop(name, "") for name in names}
        try:
            self.cleaned_data[question.name] = question.changed(self.about(), given)
        except ValueError as refusal:
            self.add_error(None, str(refusal))
        if question.required and not self.cleaned_data.get(question.name):
            self.add_error(None, question.missing)


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


class NoQuestionsForm(forms.Form):
    """For a page that only asks to confirm."""
