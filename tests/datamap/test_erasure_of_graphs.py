"""Whatever people share, and in whatever order they are erased: each erasure does what the map says, and no more.

The expected rows are worked out here in Python from the rows before, one declaration at a time, without any SQL of
the compiler's; then every row of every table is compared.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.datamap import Blank, HandOver, Joint, Keep, Nullify, Stamp, registry
from privacy.datamap.declaration import PersonalData
from privacy.datamap.scope import Scope
from privacy.fulfilment import erasure
from privacy.models import DataSubject
from privacy.selectors import plans
from tests import factories as f

Rows = dict[type[models.Model], dict[Any, dict[str, Any]]]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

who = st.integers(0, 2)
shared = st.tuples(who, st.lists(who, unique=True, max_size=3))
piece = st.tuples(st.sampled_from(["note", "upload", "prompt", "shots"]), who, st.none() | st.integers(0, 3))
graphs = st.fixed_dictionaries(
    {
        "scripts": st.lists(shared, max_size=4),
        "teams": st.lists(shared, max_size=2),
        "pieces": st.lists(piece, max_size=6),
        "payers": st.lists(who, max_size=2),
        "askers": st.lists(who, max_size=2),
        "closed": st.sets(who),
        "batches": st.lists(st.sets(who, min_size=1), min_size=1, max_size=3),
    }
)


@pytest.mark.django_db
@pytest.mark.parametrize("often", [12, pytest.param(60, marks=pytest.mark.attack)])
def test_an_erasure_does_what_the_map_says_and_no_more(often):
    settings(max_examples=often, deadline=None)(given(graphs)(does_what_the_map_says))()


def does_what_the_map_says(graph) -> None:
    with transaction.atomic():
        people = make(graph)
        for batch in batches_of_living(graph["batches"]):
            erase_and_compare([people[n] for n in batch])
        connection.check_constraints()
        transaction.set_rollback(True)


def make(graph) -> list:
    people = [f.DataSubjectFactory(closed_at=LONG_AGO if n in graph["closed"] else None) for n in range(3)]
    for person in people:
        f.IdentifierFactory(subject=person)
    scripts = []
    for owner, writers in graph["scripts"]:
        scripts.append(f.ScriptFactory(owner=people[owner]))
        for n, writer in enumerate(writers):
            added_at = LONG_AGO + timedelta(days=n)
            f.ScriptCoAuthorFactory(script=scripts[-1], subject=people[writer], added_at=added_at)
    for owner, members in graph["teams"]:
        team = f.TeamFactory(owner=people[owner])
        for n, member in enumerate(members):
            role = ("viewer", "editor")[member % 2]
            f.MembershipFactory(team=team, subject=people[member], role=role, joined_at=LONG_AGO + timedelta(days=n))
    for kind, person, script in graph["pieces"]:
        make_piece(kind, people[person], scripts[script] if script is not None and script < len(scripts) else None)
    for payer in graph["payers"]:
        f.people.has_billing(people[payer])
    for asker in graph["askers"]:
        f.StepFactory(job__case=f.CaseFactory(subject=people[asker], closed=True), job__ended_at=LONG_AGO)
    return people


def make_piece(kind, person, script) -> None:
    match kind:
        case "note":
            f.NoteFactory(author=person, script=script)
        case "upload":
            f.UploadFactory(owner=person, script=script, file="")
        case "prompt":
            f.PromptFactory(author=person, script=script)
        case "shots":
            f.ShotFactory(shot_list=f.ShotListFactory(owner=person, script=script))


def batches_of_living(batches) -> list[list[int]]:
    """The batches without those whom an earlier one has erased."""
    erased: set[int] = set()
    found = []
    for batch in batches:
        if living := sorted(batch - erased):
            found.append(living)
            erased |= batch
    return found


def erase_and_compare(batch) -> None:
    ids = [person.id for person in batch]
    before = every_row()
    counted = without_untouched(totals(plans.row_counts(ids)))
    done = erasure.execute(Scope.many(ids))
    after = every_row()
    assert without_moments(after) == without_moments(expected(before, set(ids)))
    assert done == counted
    erasure.execute(Scope.many(ids))
    assert every_row() == after


def every_row() -> Rows:
    ours = [model for app in ("privacy", "billing") for model in apps.get_app_config(app).get_models()]
    tables = [model for model in ours if not model._meta.proxy]  # a proxy has the rows of its model
    return {model: {row["pk"]: row for row in model.objects.values("pk", *names(model))} for model in tables}


def names(model) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def totals(counted) -> dict[str, dict[str, int]]:
    """Rows by model and action, over all people."""
    found: dict[str, Counter] = {}
    for by_model in counted.values():
        for label, actions in by_model.items():
            found.setdefault(label, Counter()).update(actions)
    return {label: dict(actions) for label, actions in found.items()}


def without_untouched(counted) -> dict[str, dict[str, int]]:
    """Without the models of which every field is kept: no statement is made for them."""
    untouched = {
        d.label()
        for d in registry.declarations.values()
        if all(isinstance(treatment, Keep) for treatment in d.treatments().values())
    }
    return {label: actions for label, actions in counted.items() if label not in untouched}


def without_moments(rows: Rows) -> Rows:
    """The same with a word in place of the moment of erasure, which nobody can foretell."""
    stamped = [
        (d.model, name) for d in registry.declarations.values() for name, t in d.treatments().items() if t == Stamp()
    ]
    return {
        model: {
            pk: row | {name: "stamped" for m, name in stamped if m is model and row[name] is not None}
            for pk, row in by_pk.items()
        }
        for model, by_pk in rows.items()
    }


def expected(before: Rows, erased: set) -> Rows:
    """What the declarations promise, row by row."""
    after = {model: dict(rows) for model, rows in before.items()}
    for declaration in registry.declarations.values():
        for pk, row in before[declaration.model].items():
            if owner_of(declaration, row, before) in erased and not is_under_what_stays(
                declaration, row, before, erased
            ):
                kept = erased_row(declaration, row, before, erased)
                after[declaration.model].pop(pk)
                after[declaration.model] |= {pk: kept} if kept else {}
    for declaration in registry.declarations.values():
        if declaration.joint and declaration.joint.becomes:
            promote(declaration, before, after, erased)
    return {model: {pk: detached(model, row, after) for pk, row in rows.items()} for model, rows in after.items()}


def is_under_what_stays(declaration, row, before: Rows, erased: set) -> bool:
    """Whether a row on the path to its person is handed over."""
    model = declaration.model
    for name in declaration.path()[:-1]:
        field = model._meta.get_field(name)
        model, row = field.related_model, before[field.related_model][row[field.attname]]
        above = registry.declarations[model]
        if above.joint and heir_of(above, row, before, erased):
            return True
    return False


def promote(declaration, before: Rows, after: Rows, erased: set) -> None:
    """Every heir gets the role that goes with what they inherit."""
    relation = apps.get_model(declaration.joint.others.relation)
    for row in before[declaration.model].values():
        if owner_of(declaration, row, before) in erased and (heir := heir_of(declaration, row, before, erased)):
            link = after[relation][heir["pk"]]
            after[relation][heir["pk"]] = link | {declaration.joint.others.role: declaration.joint.becomes}


def owner_of(declaration: type[PersonalData], row, before: Rows):
    """The subject the path leads to."""
    model, key = declaration.model, row["pk"]
    for name in declaration.path():
        field = model._meta.get_field(name)
        key = before[model][key][field.attname]
        model = field.related_model
    return key


def erased_row(declaration, row, before: Rows, erased: set):
    """The row as it should be afterwards; None when it should be gone."""
    if heir := declaration.joint and heir_of(declaration, row, before, erased):
        handed = {n for n, treatment in declaration.joint.fields.items() if isinstance(treatment, HandOver)}
        successor = heir[f"{declaration.joint.others.subject}_id"]
        return row | {declaration.model._meta.get_field(name).attname: successor for name in handed}
    if declaration.deletes_rows():
        return None
    return row | {
        name: treated(declaration.model._meta.get_field(name), treatment)
        for name, treatment in declaration.treatments().items()
        if not isinstance(treatment, Keep)
    }


def heir_of(declaration: type[PersonalData], row, before: Rows, erased: set):
    """The link of who gets the row: of those who stay one with an open account first, then by rank, then by time."""
    joint = declaration.joint
    if joint.along and not goes_along(declaration, row, before):
        return None
    others = joint.others
    relation = apps.get_model(others.relation)
    links = [r for r in before[relation].values() if r[others.key] == row[others.here]]
    staying = [r for r in links if r[f"{others.subject}_id"] not in erased]
    return min(staying, key=lambda r: place_of(joint, r, before), default=None)


def goes_along(declaration: type[PersonalData], row, before: Rows) -> bool:
    """Whether it stands under a row of the same person."""
    field = declaration.model._meta.get_field(declaration.joint.along)
    above = before[field.related_model].get(row[field.attname])
    return above is not None and owner_of(registry.declarations[field.related_model], above, before) == owner_of(
        declaration, row, before
    )


def place_of(joint: Joint, link, before: Rows) -> tuple:
    is_closed = before[DataSubject][link[f"{joint.others.subject}_id"]]["closed_at"] is not None
    role = link[joint.others.role]
    return is_closed, joint.ranks.index(role) if role in joint.ranks else len(joint.ranks), link[joint.order_by]


def treated(field, treatment):
    match treatment:
        case Blank():
            return {} if isinstance(field, models.JSONField) else treatment.to
        case Nullify():
            return None
        case Stamp():
            return "stamped"
    raise AssertionError(f"no expectation for {treatment}")


def detached(model, row, after: Rows):
    """The row without its links to rows that are gone, where a link may be NULL."""
    gone = {
        field.attname: None
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.null and field.related_model in after
        and row[field.attname] is not None and row[field.attname] not in after[field.related_model]
    }  # fmt: skip
    return row | gone
