"""What a staff member fills in to decide about a request."""

from collections.abc import Callable, Sequence

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy.admin.forms import DayInput, Ids, ReferenceField, long_text, not_to_come
from privacy.cases import comments, dossiers, verification
from privacy.catalogue import CaseKind
from privacy.models import Answered, Refusal, SeenDocument, SeenLetter, Side, Staff, Verification

OF_ITSELF = (Answered.LINK, Answered.PAGE)  # known without staff's saying so


class AnswerForm(forms.Form):
    """Until letters are sent from here, staff say how and when the person was answered."""

    how = forms.ChoiceField(
        label="How was the person answered?",
        choices=[("", "Choose…"), *((way, way.label) for way in Answered if way not in OF_ITSELF)],
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
    """`reasons` are those that fit, each with its citation."""

    denial_reason = forms.ChoiceField(
        label="Why is it denied?",
        widget=UnfoldAdminSelectWidget,
        help_text="Tell the person this: nothing is sent from here.",
        error_messages={"required": "Choose the reason: the person has a right to know it."},
    )

    def __init__(self, *args, reasons: Sequence[Refusal], **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(reason, reason.with_law) for reason in reasons]
        self.fields["denial_reason"].choices = [("", "Choose…"), *choices]


class ManyDenialsForm(DenialForm):
    requests = Ids()


class FactorForm(forms.Form):
    side = forms.ChoiceField(
        label="Which side?", choices=[("", "Choose…"), *Side.choices], widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose which side it speaks for."},
    )  # fmt: skip
    text = forms.CharField(
        label="What speaks for or against it?", max_length=dossiers.LONGEST,
        widget=long_text("Such as: fourth request in six weeks, each a day after the answer to the last"),
        help_text="Facts that somebody can check. The person cannot read this; the answer tells what it came to.",
        error_messages={"required": "Say what it is."},
    )  # fmt: skip


class CommentForm(forms.Form):
    text = forms.CharField(
        label="Comment", max_length=comments.LONGEST, widget=long_text(), help_text="The person cannot read this.",
        error_messages={"required": "Write something; of a file, what it is."},
    )  # fmt: skip
    file = forms.FileField(
        label="File (optional)", required=False, widget=UnfoldAdminFileFieldWidget,
        help_text=f"{comments.TAKEN}, up to {comments.MOST_BYTES // 1024**2} MiB.",
    )  # fmt: skip

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file:
            try:
                comments.checked(file)
            except ValueError as refusal:
                raise ValidationError(str(refusal)) from refusal
            file.seek(0)
        return file


class ReopenForm(forms.Form):
    why = forms.CharField(
        label="Why is it taken up again?", max_length=comments.LONGEST, widget=long_text(),
        help_text="Stands among the comments of the case. The person cannot read this.",
        error_messages={"required": "Say why: the reason is part of the record."},
    )  # fmt: skip


class ManyReopeningsForm(ReopenForm):
    requests = Ids()


class EvidenceForm(forms.Form):
    evidence = ReferenceField(
        label="Ticket or letter number",
        help_text="What proves that the processor did it, such as CASE-2026-114. It stands in the receipt for good.",
        error_messages={"required": "Name the evidence: the processor's ticket or letter number."},
    )


class WayForm(forms.Form):
    """`ways` are those that are enough for the case."""

    way = forms.ChoiceField(label="Which way?", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args, ways: Sequence[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["way"].choices = [("", "Choose…"), *((way, Verification(way).label) for way in ways)]
        self.fields["way"].error_messages["required"] = "Choose the way."


class AwaitedForm(WayForm):
    """For what the person hands in."""


class ProofFileForm(WayForm):
    file = forms.FileField(
        label="Document", widget=UnfoldAdminFileFieldWidget, allow_empty_file=True,
        help_text="PDF, JPEG, PNG or HEIC, up to 10 MB.", error_messages={"required": "Choose the file."},
    )  # fmt: skip


class StatementForm(WayForm):
    because = forms.CharField(
        label="What did you see, or where does it stand?", max_length=verification.LONGEST,
        widget=long_text("Such as: the order of the court of 3 May, case 4 O 17/26, as it came by post"),
        help_text="The person cannot read this.", error_messages={"required": "Say what you saw, or where it stands."},
    )  # fmt: skip


class ReplyForm(forms.Form):
    letter = forms.ChoiceField(
        label="What did you see besides the From:?", choices=[("", "Choose…"), *SeenLetter.choices],
        widget=UnfoldAdminSelectWidget,
        help_text="Our mail server writes its finding into the header Authentication-Results of the letter.",
        error_messages={"required": "Say what you saw: anybody can write a From:."},
    )  # fmt: skip
    because = forms.CharField(
        label="Anything else (optional)", required=False, max_length=verification.LONGEST, widget=long_text(),
        help_text="The person cannot read this.",
    )  # fmt: skip


class OverrideForm(forms.Form):
    because = forms.CharField(
        label="Why is it sure enough all the same?", max_length=verification.LONGEST, widget=long_text(),
        help_text="The second person decides by it. The person cannot read this.",
        error_messages={"required": "Say why: the second person decides by it."},
    )  # fmt: skip


IS_SURE = [("", "Choose…"), ("yes", "Yes"), ("no", "No")]


def is_yes(value: str) -> bool:
    return value == "yes"


class OverrideDecisionForm(forms.Form):
    is_sure = forms.TypedChoiceField(
        label="Does it pass?", choices=IS_SURE, coerce=is_yes, widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose."},
    )  # fmt: skip


class DecidedForm(forms.Form):
    is_sure = forms.TypedChoiceField(
        label="Does it prove who asks?", choices=IS_SURE, coerce=is_yes, widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose."},
    )  # fmt: skip
    document = forms.ChoiceField(
        label="What kind of document was it?", choices=[("", "Choose…"), *SeenDocument.choices],
        widget=UnfoldAdminSelectWidget, error_messages={"required": "Say what kind of document it was."},
    )  # fmt: skip
    because = forms.CharField(
        label="Why (needed for a no)", required=False, max_length=verification.LONGEST, widget=long_text(),
        help_text="No number and no date of birth. The person cannot read this.",
    )  # fmt: skip

    def clean(self):
        found = super().clean()
        if found.get("is_sure") is False and len(found.get("because", "").strip()) < 10:
            self.add_error("because", "Say why it does not prove who asks, in a sentence.")
        return found


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
