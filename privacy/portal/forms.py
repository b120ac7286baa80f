"""The forms of the portal, made from what a kind of case asks the person (catalogue.Plainly)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext

from privacy.catalogue import CaseKind, Question, Words
from privacy.fulfilment.package.cover import CONTACT
from privacy.models.addresses import MAX_LENGTH, normalise_email

LONGEST = 1_500  # characters of somebody's own words; they have to go into a link
REACHABLE = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]+@[a-z0-9-]+(\.[a-z0-9-]+)+")


class Asking(forms.Form):
    """What the page shows of itself beside its fields: what is wrong, each with the field that it is about."""

    template: str

    def faults(self) -> Iterator[tuple[str, str]]:
        """(id of the field, what is wrong with it)."""
        for name, texts in self.errors.items():
            yield from ((f"id_{name}" if name in self.fields else "", text) for text in texts)

    def rows(self) -> list[BoundField]:
        """The fields as they are shown; one that is wrong says so to those who cannot see it."""
        for name, field in self.fields.items():
            told = [f"help_{name}"] if field.help_text else []
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"
                told = [f"fault_{name}", *told]
            if told:
                field.widget.attrs["aria-describedby"] = " ".join(told)
        return list(self)


class Wished(Asking):
    """The address, the person's own words, and what the kind asks beside them."""

    address = forms.CharField(
        max_length=MAX_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, kind: type[CaseKind], data: Mapping[str, Any] | None = None):
        super().__init__(data)
        self.kind, plainly = kind, kind.plainly
        assert plainly  # noqa: S101  # the page of a kind without is not found
        self.fields["address"].label = gettext("Your e-mail address")
        self.fields["address"].help_text = address_help(kind)
        self.fields["address"].error_messages = {
            "required": gettext("Type your e-mail address."),
            "max_length": gettext("This is not an e-mail address."),
        }
        questions = {question.name: question for question in kind.asks}
        for name, words in plainly.asks.items():
            self.fields[name] = field_of(questions[name], words)
        if plainly.reason:
            self.fields["reason"] = text_of(plainly.reason, required=plainly.must_say)

    def clean_address(self) -> str:
        return reachable(self.cleaned_data["address"])

    def clean_recipient_key(self) -> str:
        return accepted(self.kind, "recipient_key", self.cleaned_data["recipient_key"])

    def answers(self) -> dict[str, str]:
        """What was answered, but for the address."""
        return {name: str(answer) for name, answer in self.cleaned_data.items() if answer and name != "address"}


class Later(Asking):
    """What is asked when it is known whose the address is."""

    def __init__(self, kind: type[CaseKind], subject_id: UUID, data: Mapping[str, Any] | None = None):
        super().__init__(data)
        self.kind, self.subject_id = kind, subject_id
        self.questions = [question for question in kind.asks if kind.plainly and question.name in kind.plainly.later]
        for question in self.questions:
            self.fields |= dict(self._fields_for(question))

    def _fields_for(self, question: Question) -> Iterator[tuple[str, forms.Field]]:
        if question.type != "values":
            words = self.kind.plainly.later[question.name] if self.kind.plainly else Words(question.label)
            yield question.name, field_of(question, words, [self.subject_id])
            return
        for key, words, now in question.choices_for([self.subject_id]):
            yield (
                f"{question.name}:{key}",
                forms.CharField(label=gettext(words), initial=now, required=False, max_length=question.at_most),
            )

    def clean(self) -> dict[str, Any]:
        """Values that are put right become one answer; one that is not accepted is said at its field."""
        cleaned = super().clean() or self.cleaned_data
        for question in (q for q in self.questions if q.type == "values"):
            names = [name for name in self.fields if name.startswith(f"{question.name}:") and name in self.data]
            given = {name.partition(":")[2]: cleaned.pop(name, "") for name in names}
            if not question.changed([self.subject_id], given):
                raise ValidationError(gettext("Nothing is changed yet. Change what is wrong."))
            for name in names:
                self._check(question, name, given)
            cleaned[question.name] = given
        return cleaned

    def _check(self, question: Question, name: str, given: Mapping[str, str]) -> None:
        key = name.partition(":")[2]
        changed = question.changed([self.subject_id], {key: given[key]})
        try:
            if changed and question.check:
                question.check(changed)
        except ValueError:
            self.add_error(name, gettext("This is not accepted. Look again, or write to %s.") % CONTACT)

    def answers(self) -> dict[str, Any]:
        return {name: answer for name, answer in self.cleaned_data.items() if answer}


class Said(Asking):
    """A reason, in the person's own words."""

    def __init__(self, words: Words, data: Mapping[str, Any] | None = None):
        super().__init__(data)
        self.fields["reason"] = text_of(words, required=True)


def address_help(kind: type[CaseKind]) -> str:
    if kind.is_report:
        return gettext("We answer you there. You need no account.")
    return gettext("The address of your account, if you have one.")


def field_of(question: Question, words: Words, subject_ids: Sequence[UUID] = ()) -> forms.Field:
    common: dict[str, Any] = {
        "label": gettext(words.label), "help_text": gettext(words.help) if words.help else "",
        "required": not words.label.endswith("(optional)"),
    }  # fmt: skip
    missing = {"required": gettext(words.wrong) if words.wrong else gettext("Please fill this in.")}
    if question.type == "choice":
        choices = [(value, gettext(text)) for value, text in question.choices_for(subject_ids)]
        nothing = ("", gettext("Choose…") if common["required"] else "–")
        wrong = missing | {"invalid_choice": gettext("Choose one of the list.")}
        return forms.ChoiceField(**common, choices=[nothing, *choices], error_messages=wrong)
    if question.type == "day":
        return forms.DateField(
            **common, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages=missing | {"invalid": gettext("This is no day.")},
        )  # fmt: skip
    return forms.CharField(
        **common, max_length=question.at_most, error_messages=missing | {"max_length": too_long(question.at_most)},
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )  # fmt: skip


def text_of(words: Words, *, required: bool) -> forms.Field:
    return forms.CharField(
        label=gettext(words.label), help_text=gettext(words.help) if words.help else "", required=required,
        max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext("Please fill this in."), "max_length": too_long(LONGEST)},
    )  # fmt: skip


def too_long(most: int) -> str:
    return gettext("This is too long: %d characters at most.") % most


def reachable(text: str) -> str:
    """The address as it is stored. Raises ValidationError for what is none, and for one that our mail server cannot
    write to (a name that is not ASCII, or in quotation marks)."""
    try:
        address = normalise_email(text)
    except ValidationError as fault:
        raise ValidationError(gettext("This is not an e-mail address.")) from fault
    if not REACHABLE.fullmatch(address):
        raise ValidationError(gettext("We cannot write to this address from here. Write to %s.") % CONTACT)
    return address


def accepted(kind: type[CaseKind], name: str, answer: str) -> str:
    question = next(question for question in kind.asks if question.name == name)
    try:
        return str(question.check(answer)) if answer and question.check else answer
    except ValueError as fault:
        wrong = kind.plainly.asks[name].wrong if kind.plainly else ""
        raise ValidationError(gettext(wrong)) from fault
