"""The class a developer writes for each model: what its rows say about a person, and why we may hold it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import models

from privacy.datamap.fields import Column, is_free_text
from privacy.datamap.retention import Retention
from privacy.datamap.treatments import DeleteRow, Keep, Treatment
from privacy.datamap.vocabulary import Category, LawfulBasis, Use


@dataclass(frozen=True)
class Personal:
    """A personal field: its category, and what erasure does to it (None: the class's `erase`).

    rectifiable: the person may have it put right (GDPR art. 16): what they gave, and no fact of ours.
    despite_hold: why it may change under a legal hold; empty: the database refuses that.
    starts_processing: a yes to it begins something new, so the database refuses it for a frozen or erased person.
    masked: staff see its length only, until they reveal it for a reason. Unless it is said, so is all free text that
    people write or make.
    special: text in which people may write what GDPR art. 9 protects (health, belief, ...): on which ground of art.
    9(2) it may be held. Such text is masked, and the record of processing names it.
    by_others: text that others may have written, in every row, or in those where the field of this name is not empty.
    Before a package shows it, it is searched for other people (GDPR art. 15(4)). What the person makes is never marked.
    """

    category: Category
    erase: Treatment | None = None
    starts_processing: bool = False
    masked: bool | None = None
    special: str = ""
    despite_hold: str = ""
    rectifiable: bool = False
    by_others: bool | str = False


@dataclass(frozen=True)
class OnlyWith:
    """`field` takes one of `values` only while `model` (a label) has such a row: `link`, a path of foreign keys, leads
    to this one, and its columns are as in `where`, in which True is for filled and None for empty. `words` say what is
    missing, to staff."""

    field: str
    values: tuple[str, ...]
    model: str
    link: str
    where: dict[str, str | bool | None]
    words: str


@dataclass(frozen=True)
class Apart:
    """`field` names nobody whom the column `there` of `model` (a label) names, in rows whose `link` is this row's `by`
    and whose columns are as in `where`. It is asked of rows whose columns are as in `when`. `words` say to staff who
    may not be named."""

    field: str
    when: dict[str, tuple[str, ...]]
    by: str
    model: str
    link: str
    there: str
    words: str
    where: dict[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Evidence:
    """Of rows that prove something the database refuses every change that is not named here, and every deletion.

    changes: fields of bookkeeping, which prove nothing.
    once: fields that are filled once and stay.
    anew: fields that are filled, and have to be emptied before they are filled anew.
    while_open: fields that change until the field in `ended` has one of its values.
    goes: the rows that may be deleted, as {field: values}; {} for all, None for none.
    only_with: values that rows of another table have to stand behind.
    apart: members of staff who have to be others than those whom rows of another table name.

    Text that erasure blanks may be blanked: its declaration says with what.
    """

    changes: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    while_open: tuple[str, ...] = ()
    ended: tuple[str, tuple[str, ...]] = ("", ())
    goes: dict[str, tuple[str, ...]] | None = None
    only_with: tuple[OnlyWith, ...] = ()
    apart: tuple[Apart, ...] = ()

    def named(self) -> set[str]:
        """Every field that it names."""
        ended = {self.ended[0]} if self.while_open else set()
        return {*self.changes, *self.once, *self.anew, *self.while_open, *(self.goes or {}), *ended}


@dataclass(frozen=True)
class Others:
    """Other people of the same thing, told in an access package by role and never by name (GDPR art. 15(4)).

    `relation` is a table's label; its column `key` equals this row's column `here`; `role` is what is told.
    """

    relation: str
    key: str
    here: str
    role: str
    subject: str = "subject"


@dataclass(frozen=True)
class Joint:
    """Rows that belong to several people: with others present, erasing one person strips the row, not deletes it.

    The heir is one whose account is open before one whose is closed or frozen, then by the role's place in `ranks`,
    then the first by `order_by`; they get the role `becomes`, but not while they are under a legal hold.
    along: a foreign key to a joint row, with which this one goes; of itself it is its writer's alone.
    """

    others: Others
    order_by: str
    because: str
    fields: dict[str, Treatment] = field(default_factory=dict)
    ranks: tuple[str, ...] = ()
    becomes: str = ""
    along: str = ""


@dataclass(frozen=True)
class Veiled:
    """In rows whose `field` holds one of `values`, an access package tells `told` in the place of what is stored.
    `because` stands among its gaps for everybody alike, so that it gives nobody's rows away."""

    field: str
    values: tuple[str, ...]
    because: str
    told: str = ""


class PersonalData:
    """Base of all declarations.

    subject: path of forward foreign keys from the row to the data subject, or "self".
    fields: every personal field, by name.
    not_personal: every other field, by name: a field in neither fails the start.
    withheld: fields an access package leaves out, each with the reason told in its manifest.
    veiled: fields an access package tells differently in some rows.
    further: other purposes that the rows serve, each with its own basis.
    folder: where the storage keeps all the person's files of this model, with {subject} in it.
    roles: foreign keys to third persons, told in the package as this word.
    despite_freeze: why rows of a frozen or erased person still come in; empty: the database refuses them.
    evidence: what may happen to rows that prove something. They come in despite a freeze too.
    about_nobody: why some rows have no subject; empty: every row has one.
    silent: path of a yes-or-no field; a row that says yes leaves no trace in the package.
    given: the person gave us the rows themselves, and we neither observed nor made them (GDPR art. 20(1)).
    given_if_null: path of a field that is empty in those rows that the person wrote, where others write some.
    forgotten_by: path of the time by which rows are found when one thing is to be forgotten; empty: they go with what
    they hang on, or with the person.
    rectifiable_rows: where only some rows have fields that are put right, which: {lookup: value}.
    machinery: rows of how we worked, not of what we hold: the page of a package folds them away.
    derived: why the rows stand in no package, list or approval: they are made from others, and go with them.
    """

    model: ClassVar[type[models.Model]]
    subject: ClassVar[str]
    purpose: ClassVar[Use]
    lawful_basis: ClassVar[LawfulBasis]
    retention: ClassVar[Retention]
    fields: ClassVar[dict[str, Personal]] = {}
    not_personal: ClassVar[tuple[str, ...]] = ()
    erase: ClassVar[Treatment] = DeleteRow()
    joint: ClassVar[Joint | None] = None
    others: ClassVar[Others | None] = None
    withheld: ClassVar[dict[str, str]] = {}
    veiled: ClassVar[dict[str, Veiled]] = {}
    roles: ClassVar[dict[str, str]] = {}
    recipients: ClassVar[tuple[str, ...]] = ()
    further: ClassVar[dict[Use, LawfulBasis]] = {}
    folder: ClassVar[str] = ""
    despite_freeze: ClassVar[str] = ""
    evidence: ClassVar[Evidence | None] = None
    about_nobody: ClassVar[str] = ""
    silent: ClassVar[str] = ""
    given: ClassVar[bool] = True
    given_if_null: ClassVar[str] = ""
    forgotten_by: ClassVar[str] = ""
    rectifiable_rows: ClassVar[Mapping[str, Any]] = {}
    machinery: ClassVar[bool] = False
    derived: ClassVar[str] = ""
    source: ClassVar[str] = "You, by using the service"

    @classmethod
    def label(cls) -> str:
        return cls.model._meta.label

    @classmethod
    def purposes(cls) -> dict[Use, LawfulBasis]:
        """What the rows are held for, the purpose that they were collected for first, each with its basis."""
        return {cls.purpose: cls.lawful_basis} | cls.further

    @classmethod
    def is_portable(cls) -> bool:
        """Whether the person may have the rows for another controller: given by them, for a contract or by consent."""
        return cls.given and cls.lawful_basis in (LawfulBasis.CONSENT, LawfulBasis.CONTRACT)

    @classmethod
    def path(cls) -> list[str]:
        """Names of the foreign keys from the row to the subject; empty for the subject's own row."""
        return [] if cls.subject == "self" else cls.subject.split("__")

    @classmethod
    def treatments(cls) -> dict[str, Treatment]:
        """What erasure does to each personal field of a row that is the person's alone."""
        return {name: personal.erase or cls.erase for name, personal in cls.fields.items()}

    @classmethod
    def held(cls) -> list[str]:
        """Names of the fields that stay as they are under a legal hold: whose row it is, and what it says of them."""
        personal = [name for name, field in cls.fields.items() if not field.despite_hold]
        return list(dict.fromkeys([*cls.path()[:1], *personal]))

    @classmethod
    def masked_fields(cls) -> tuple[str, ...]:
        """What staff see the length of only, in the model's order."""
        return tuple(f.name for f in cls.model._meta.concrete_fields if f.name in cls.fields and cls._is_masked(f))

    @classmethod
    def _is_masked(cls, field: Column) -> bool:
        personal = cls.fields[field.name]
        if personal.masked is not None:
            return personal.masked
        return is_free_text(field) and (personal.category.is_written or isinstance(field, models.FileField))

    @classmethod
    def by_others(cls) -> dict[str, bool | str]:
        """{field: in which rows} of the text that others may have written."""
        return {name: personal.by_others for name, personal in cls.fields.items() if personal.by_others}

    @classmethod
    def deletes_rows(cls) -> bool:
        return any(isinstance(treatment, DeleteRow) for treatment in cls.treatments().values())

    @classmethod
    def keeps(cls) -> list[Keep]:
        """The distinct reasons for which something of the row stays, in the order declared."""
        return list(dict.fromkeys(t for t in cls.treatments().values() if isinstance(t, Keep)))

    @classmethod
    def outcome(cls) -> str:
        """What becomes of a row that is the person's alone: delete, keep (stripped) or anonymise."""
        if cls.deletes_rows():
            return "delete"
        return "keep" if cls.keeps() else "anonymise"

    @classmethod
    def file_fields(cls) -> list[models.FileField]:
        return [f for f in cls.model._meta.concrete_fields if isinstance(f, models.FileField)]
