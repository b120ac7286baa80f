"""People as a table, ours or Clerk's list of users."""

from collections import defaultdict
from dataclasses import replace
from itertools import batched

import tablib
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from import_export.fields import Field

from privacy.admin.tables.cells import Moment, Text
from privacy.admin.tables.sheet import Kind, Sheet, normalised, text_of, texts
from privacy.fulfilment.importing import clerk_users, subjects
from privacy.fulfilment.importing.arrivals import CHUNK, closed_to, why_not
from privacy.fulfilment.importing.subjects import VENDORS, Person
from privacy.models import DataSubject, Identifier

CLERKS_LIST = (
    "This is Clerk's list of users: id becomes clerk_id, the first and last name become full_name, the primary address "
    "becomes email, and the verified addresses beside it are added."
)
ALONE = "Two people cannot share it."
TOGETHER = "Two people can share it only where the Clerk id or the id tells them apart."


class SubjectSheet(Sheet):
    full_name = Field("full_name", "full_name", Text())
    country = Field("country", "country", Text())
    region = Field("region", "region", Text())
    relation = Field("relation", "relation", Text())
    email = Field("email", "email", Text())
    clerk_id = Field("clerk_id", "clerk_id", Text())
    id = Field("id", "id", Text())
    created_at = Field("created_at", "created_at", Moment())
    only_out = ("created_at",)
    phone = Field("phone", "phone", Text())
    visitor_id = Field("visitor_id", "visitor_id", Text())
    kinds = {"email": Kind.EMAIL, "clerk_id": Kind.CLERK, "phone": Kind.PHONE, "visitor_id": Kind.VISITOR}

    class Meta:
        model = DataSubject
        name = "People"
        fields = (
            "id", "full_name", "country", "region", "relation", "email", "clerk_id", "phone", "visitor_id",
            "created_at",
        )  # fmt: skip

    def get_queryset(self):
        return self.filter_export(super().get_queryset())

    def filter_export(self, queryset, **kwargs):
        """With the primary e-mail address and Clerk id, in the same query."""
        known = Identifier.objects.filter(subject=OuterRef("pk")).order_by("-is_primary", "created_at", "id")
        return queryset.annotate(
            **{column: Subquery(known.filter(kind=kind).values("value")[:1]) for column, kind in self.kinds.items()}
        )

    def before_import(self, dataset, **kwargs):
        self.users: dict[tuple[str, str], Person] = {}
        self.about = ""
        if clerk_users.is_clerks(dataset.headers or []):
            self.translate(dataset)
        super().before_import(dataset, **kwargs)

    def translate(self, dataset: tablib.Dataset) -> None:
        """Puts our columns in the place of Clerk's. Who is known by the Clerk id is that person."""
        users = [dict(zip(dataset.headers, cells, strict=True)) for cells in dataset]
        people = [clerk_users.person_of(user) for user in users]
        known = Identifier.objects.filter(kind=Kind.CLERK).select_related("subject")
        ids = {clerk_users.clerk_id_of(user) for user in users}
        subjects = {i.value: i.subject for some in batched(ids, CHUNK) for i in known.filter(value__in=some)}
        self.about = CLERKS_LIST + (
            f" Nothing is stored of {', '.join(others)}."
            if (others := clerk_users.passed_over(dataset.headers))
            else ""
        )
        dataset.wipe()
        dataset.headers = ["id", "full_name", "email", "clerk_id"]
        for user, person in zip(users, people, strict=True):
            clerk_id, email = clerk_users.clerk_id_of(user), next(iter(clerk_users.emails_of(user)), "")
            subject = subjects.get(clerk_id)
            self.users[clerk_id, email] = person
            name = person.full_name or (subject.full_name if subject else "")
            dataset.append([str(subject.pk) if subject else "", name, email, clerk_id])

    def after_import(self, dataset, result, **kwargs):
        result.about = self.about
        super().after_import(dataset, result, **kwargs)

    def prepare(self, rows):
        self.first_row: dict[tuple[str, str], int] = {}
        self.owners: dict[tuple[str, str], list[DataSubject]] = defaultdict(list)
        for column, kind in self.kinds.items():
            values = {v for text in texts(rows, column) if (v := normalised(kind, text))}
            for some in batched(values, CHUNK):
                found = Identifier.objects.filter(kind=kind, value__in=some).select_related("subject")
                for identifier in found:
                    self.owners[kind, identifier.value].append(identifier.subject)
        self.limited = closed_to(Identifier, {s.pk for owners in self.owners.values() for s in owners})

    def look_at(self, row, number):
        if self.users:
            return  # Clerk's word on who they are; what cannot be stored is left out by the verb
        me = self.known.get(text_of(row, "id"))
        for column, kind in self.kinds.items():
            if text := text_of(row, column):
                try:
                    value = Identifier.normalise(kind, text)
                except ValidationError as error:
                    if kind in subjects.LEFT_OUT and (me or text_of(row, "clerk_id")):
                        continue  # the row comes in without it, and says so
                    raise ValidationError({column: error.messages}) from error
                self.must_be_free(row, number, column, (kind, value), me)

    def must_be_free(self, row, number: int, column: str, pair: tuple[str, str], me: DataSubject | None) -> None:
        """Of two people with one address each is known by something else; any other identifier is one person's."""
        may_share = pair[0] in Identifier.SHARED
        if may_share and (me or any(text_of(row, c) for c, kind in self.kinds.items() if kind in VENDORS)):
            return
        first = self.first_row.setdefault(pair, number)
        if first != number:
            raise ValidationError({column: f"Row {first} has the same. {TOGETHER if may_share else ALONE}"})
        owner = next(iter(self.owners.get(pair, ())), None)
        if owner is None or (me and owner.pk == me.pk):
            return
        if reason := why_not(owner, self.limited):
            self.set_aside[number] = reason
            return
        raise ValidationError({column: f"{owner} has this already. To change that person, give their id."})

    def judge(self, rows):
        return subjects.judge_people(people=[self.person(instance, row) for instance, row in rows])

    def write(self, rows):
        return subjects.bring_in(people=[self.person(instance, row) for instance, row in rows], actor=self.actor)

    def person(self, instance: DataSubject, row: dict) -> Person:
        subject_id = None if instance._state.adding else instance.pk
        if self.users:
            return replace(self.users[text_of(row, "clerk_id"), text_of(row, "email")], subject_id=subject_id)
        said = {column: getattr(instance, column) for column in subjects.SAID if column in row}
        pairs = tuple((kind, text) for column, kind in self.kinds.items() if (text := text_of(row, column)))
        return Person(**said, identifiers=pairs, subject_id=subject_id)
