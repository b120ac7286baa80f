"""Nothing that is stored of a person under a legal hold goes or changes, by whatever path; and what may, has a reason.

Paths are subtracted: all that the registry declares, by table and column, minus what the database refuses, is what has
a reason, and nothing else.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.urls import reverse

from billing import sync
from billing.models import Customer, Invoice, PaymentMethod
from billing.rows import judge, store
from privacy.cases.requests import ask, grant
from privacy.datamap import compiler, registry, triggers
from privacy.datamap.declaration import PersonalData
from privacy.datamap.scope import Scope
from privacy.fulfilment import erasure
from privacy.fulfilment.importing import content, subjects
from privacy.fulfilment.importing.arrivals import HELD, Outcome
from privacy.fulfilment.importing.subjects import Person
from privacy.models import DataSubject, Identifier, LegalHold, Membership, Note, Script, Shot, Team, Upload
from privacy.selectors import holds
from tests import factories as f
from tests import working
from tests.admin.test_import_export import as_csv, bring_in, preview
from tests.billing.test_sync import CARD, CUSTOMER, INVOICE
from tests.models.test_constraints import FACTORIES
from tests.models.test_limits import plan

pytestmark = pytest.mark.django_db
REFUSED = triggers.HELD


def declarations() -> list[type[PersonalData]]:
    return [d for d in compiler.all_declarations() if not d.evidence]


def row_of(declaration: type[PersonalData], person: DataSubject) -> models.Model:
    if not declaration.path():
        return person
    return FACTORIES[declaration.model](**{declaration.subject: person})


def held_row(declaration: type[PersonalData]) -> models.Model:
    nameless = {} if declaration.path() else {"full_name": "", "country": ""}  # as an erasure asks for
    person = f.DataSubjectFactory(**nameless)
    row = row_of(declaration, person)
    f.LegalHoldFactory(subject=person)
    row.refresh_from_db()
    return row


def columns(declaration: type[PersonalData]) -> Iterator[models.Field]:
    """What the row says of the person, and whose it is."""
    for name in dict.fromkeys([*declaration.path()[:1], *declaration.fields]):
        field = declaration.model._meta.get_field(name)
        if not field.choices or len(field.choices) > 1:  # what has one choice cannot be another
            yield field


def another(field: models.Field, now: Any) -> Any:
    """A value that the column takes and does not hold."""
    if isinstance(field, models.ForeignKey):
        return FACTORIES[field.related_model]().pk
    if field.choices:
        return next(value for value, _ in field.choices if value != now)
    if field.name in (places := {"country": "FR", "region": "FR-BRE"}):  # a region fits where no country is named
        return places[field.name]
    match field:
        case models.BooleanField():
            return not now
        case models.DateTimeField():
            return (now or datetime.fromisoformat("2026-01-01T00:00:00+00:00")) + timedelta(days=1)
        case models.JSONField():
            return {"changed": True}
        case models.UUIDField():
            return f.DataSubjectFactory().pk
        case models.GenericIPAddressField():
            return "192.0.2.99"
        case models.IntegerField():
            return (now or 5) - 1
        case models.BinaryField():
            return bytes(now) + b"x"
    fixed = {"sha256": "1" * 64, "text_sha256": "1" * 64, "last_four": "1111"}
    return fixed.get(field.name, f"{now}x")


def attempt(sql: str, params: list) -> str:
    """Empty if the database did it; the refusal otherwise. Taken back in any case."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            assert cursor.rowcount == 1
            transaction.set_rollback(True)
    except IntegrityError as error:
        return str(error)
    return ""


def deleting(declaration: type[PersonalData], row: models.Model) -> str:
    quote = connection.ops.quote_name
    sql = f"DELETE FROM {quote(row._meta.db_table)} WHERE {quote(row._meta.pk.column)} = %s"
    return attempt(sql, [row._meta.pk.get_db_prep_value(row.pk, connection)])


def updating(row: models.Model, field: models.Field) -> str:
    quote = connection.ops.quote_name
    sql = f"UPDATE {quote(row._meta.db_table)} SET {quote(field.column)} = %s WHERE {quote(row._meta.pk.column)} = %s"
    value = field.get_db_prep_save(another(field, getattr(row, field.attname)), connection)
    return attempt(sql, [value, row._meta.pk.get_db_prep_value(row.pk, connection)])


def with_a_reason() -> set[tuple[str, str]]:
    return {(d.label(), name) for d in declarations() for name, field in d.fields.items() if field.despite_hold}


def test_all_paths_minus_the_guarded_ones_are_those_with_a_reason():
    paths, done, otherwise = set(), set(), {}
    for declaration in declarations():
        row, label = held_row(declaration), declaration.label()
        attempts = {"DELETE": deleting(declaration, row)}
        attempts |= {field.name: updating(row, field) for field in columns(declaration)}
        paths |= {(label, way) for way in attempts}
        done |= {(label, way) for way, refusal in attempts.items() if not refusal}
        otherwise |= {(label, way): text for way, text in attempts.items() if text and REFUSED not in text}
    assert otherwise == {}  # refused by another rule: that the guard would have refused it is not shown
    assert done == with_a_reason()
    assert len(paths) > 100  # or the registry was not read


def test_what_is_not_held_goes_and_changes_and_so_does_what_was_held():
    refused = {}
    for declaration in declarations():
        row = held_row(declaration)
        hold = row_hold(declaration, row)
        type(hold).objects.filter(pk=hold.pk).update(released_at="2099-01-01T00:00Z", released_by=f.StaffFactory())
        attempts = {field.name: updating(row, field) for field in columns(declaration)}
        refused |= {(declaration.label(), way): text for way, text in attempts.items() if REFUSED in text}
    assert refused == {}


def row_hold(declaration: type[PersonalData], row: models.Model):
    person = row
    for name in declaration.path():
        person = getattr(person, name)
    return person.legal_holds.get(released_at=None)


def test_a_hold_on_another_stops_nobody():
    f.LegalHoldFactory()
    note = f.NoteFactory()
    assert Note.objects.filter(pk=note.pk).update(body="Put right") == 1
    assert note.delete()[0] == 1


@pytest.mark.service("postgresql")
def test_no_table_is_emptied_while_anybody_is_held():
    f.NoteFactory()
    assert emptying() == ""
    f.LegalHoldFactory()
    assert REFUSED in emptying()


def emptying() -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("TRUNCATE privacy_note")
            transaction.set_rollback(True)
    except IntegrityError as error:
        return str(error)
    return ""


def test_a_row_is_not_written_over_by_an_insert_either():
    """REPLACE of SQLite deletes past the triggers unless it is told not to; ON CONFLICT is an UPDATE."""
    note = f.NoteFactory(body="FADE IN")
    f.LegalHoldFactory(subject=note.author)
    again = {"id": note.pk, "author": note.author, "body": "CUT"}
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        Note.objects.bulk_create(
            [Note(**again)], update_conflicts=True, unique_fields=["id"], update_fields=["author", "body"]
        )
    if connection.vendor == "sqlite":
        columns = ", ".join(f.column for f in Note._meta.concrete_fields)
        copied = columns.replace("body", "'CUT'")
        written_over = f"REPLACE INTO privacy_note ({columns}) SELECT {copied} FROM privacy_note"
        assert REFUSED in attempt(written_over, [])
    note.refresh_from_db()
    assert note.body == "FADE IN"


def test_the_guards_find_the_holds_in_force_by_their_index():
    people = DataSubject.objects.bulk_create(DataSubject() for _ in range(3_000))
    past = {"reason": "Over", "placed_by": f.StaffFactory(), "released_by": f.StaffFactory()}
    LegalHold.objects.bulk_create(LegalHold(subject=p, released_at="2026-01-01T00:00Z", **past) for p in people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rules = triggers.Rules(triggers.DIALECTS[connection.vendor](connection))
    guards = [t for d in declarations() if len(d.path()) <= 1 for t in rules.of_hold(d)]
    for guard in guards:
        asked = guard.if_any if connection.vendor == "postgresql" else guard.test
        row = re.search(r'OLD\."?\w+"?', asked)
        params = [DataSubject._meta.pk.get_db_prep_value(people[1].pk, connection)] * bool(row)
        told = plan(f"SELECT {asked.replace(row[0], '%s') if row else asked}", params)
        assert "hold_one_in_force_a_subject" in told, (guard.name, told)


def test_a_row_moves_to_who_is_held_and_not_away():
    theirs, shot = f.ShotListFactory(), f.ShotFactory()
    f.LegalHoldFactory(subject=theirs.owner)
    assert Shot.objects.filter(pk=shot.pk).update(shot_list=theirs) == 1
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        Shot.objects.filter(pk=shot.pk).update(shot_list=shot.shot_list)


def test_a_key_does_not_change_either():
    note = f.NoteFactory()
    f.LegalHoldFactory(subject=note.author)
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        Note.objects.filter(pk=note.pk).update(id=f.DataSubjectFactory().pk)


def test_of_many_rows_in_one_statement_one_that_is_held_stops_all():
    notes = [f.NoteFactory() for _ in range(4)]
    f.LegalHoldFactory(subject=notes[2].author)
    for change in (lambda: Note.objects.all().delete(), lambda: Note.objects.update(body="x")):
        with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
            change()
    assert Note.objects.exclude(author=notes[2].author).delete()[0] == 3


# --- Cascades and other people's erasures -----------------------------------------------------------------------------


@pytest.fixture
def held():
    person = f.DataSubjectFactory()
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.STRIPE, value="cus_1", is_primary=True)
    return person


def hold(person: DataSubject) -> None:
    ask("hold_place", subject_ids=[person.pk], actor=f.StaffFactory(), reason="A lawsuit is pending")


def test_a_cascade_takes_nothing_of_theirs_along(held):
    author = f.ScriptCoAuthorFactory(subject=held)
    membership = f.MembershipFactory(subject=held)
    hold(held)
    for parent in (author.script, membership.team):
        with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
            parent.delete()
    for verb in (held.delete, lambda: DataSubject.objects.filter(pk=held.pk).delete()):
        with pytest.raises((IntegrityError, models.ProtectedError)), transaction.atomic():
            verb()


def everything_of(person: DataSubject, but: tuple[str, ...] = ()) -> dict[str, list]:
    found = {}
    for declaration in declarations():
        theirs = {"__".join(declaration.path()) or "pk": person.pk}  # those that others share among them
        kept = [f.attname for f in declaration.model._meta.concrete_fields if f.name not in but]
        rows = declaration.model._base_manager.filter(**theirs).order_by("pk")
        found[declaration.label()] = list(rows.values(*kept))
    return found


def erased(person: DataSubject) -> str:
    [case] = ask(
        "erasure", subject_ids=[person.pk], actor=f.StaffFactory(), reason="Asked by mail", verification="signed_in"
    )
    grant(request_id=case.id, actor=f.StaffFactory())
    working.run(case.id)
    case.refresh_from_db()
    return case.outcome


def test_the_erasure_of_a_co_author_goes_round_what_is_theirs(held):
    """It detaches what they wrote on a script that goes, and hands over to them what they share."""
    other = f.DataSubjectFactory()
    shared, alone = f.ScriptFactory(owner=other), f.ScriptFactory(owner=other)
    theirs = f.ScriptFactory(owner=held)
    f.ScriptCoAuthorFactory(script=shared, subject=held)
    f.ScriptCoAuthorFactory(script=theirs, subject=other)
    team = f.TeamFactory(owner=other)
    for member in (other, held):
        f.MembershipFactory(team=team, subject=member)
    for script in (shared, alone, theirs):
        f.NoteFactory(author=held, script=script)
        f.NoteFactory(author=other, script=script)
        f.ShotFactory(shot_list=f.ShotListFactory(owner=held, script=script))
    hold(held)
    others_notes = set(Note.objects.filter(author=other).values_list("pk", flat=True))
    before = everything_of(held, but=("script",))
    assert erased(other) == "fulfilled"
    after = everything_of(held, but=("script",))
    along = Note.objects.get(script=shared, pk__in=others_notes)  # stays with the script, and is theirs with it
    assert along.author == held
    inherited = {"privacy.Script": {shared.pk}, "privacy.Team": {team.pk}, "privacy.Note": {along.pk}}
    for label, rows in after.items():
        mine = [row for row in rows if row.get("id") not in inherited.get(label, ())]
        assert mine == before[label], label
    assert set(Script.objects.filter(owner=held)) == {theirs, shared}
    assert Team.objects.get().owner == held
    assert Membership.objects.get().subject == held  # with the role that it had
    assert not Note.objects.filter(author=other).exists()


def test_their_own_erasure_is_refused_by_the_database_past_every_verb():
    person = f.person_with_everything()
    hold(person)
    before = everything_of(person)
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        erasure.execute(Scope.one(person.pk))
    if connection.vendor == "postgresql":
        with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
            erasure.execute(erasure.scope_of([person.pk, f.DataSubjectFactory().pk]))
    assert everything_of(person) == before


def test_their_file_s_name_is_not_emptied(held):
    upload = f.UploadFactory(owner=held)
    hold(held)
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(file="")


# --- The verbs say it before the database has to ----------------------------------------------------------------------


@pytest.fixture
def manager(client):
    client.force_login(f.StaffFactory(role="manager"))
    return client


def test_an_import_over_a_held_script_is_told_in_the_preview_and_leaves_it(manager, held):
    script, free = f.ScriptFactory(owner=held, body="FADE IN"), f.ScriptFactory(body="FADE IN")
    hold(held)
    table = as_csv({"id": script.pk, "body": "CUT"}, {"id": free.pk, "body": "CUT"})
    assert f"Row 1 is left out: {HELD}" in preview(manager, Script, table).content.decode()
    assert f"Row 1 was left out: {HELD}" in bring_in(manager, Script, table)
    assert {s.pk: s.body for s in Script.objects.all()} == {script.pk: "FADE IN", free.pk: "CUT"}
    again = as_csv({"id": script.pk, "body": "FADE IN"})
    assert "1 unchanged" in preview(manager, Script, again).content.decode()


def test_an_import_over_a_held_person_s_name_too(manager, held):
    hold(held)
    name = held.full_name
    table = as_csv({"id": held.pk, "full_name": "Somebody Else"})
    assert f"Row 1 is left out: {HELD}" in preview(manager, DataSubject, table).content.decode()
    assert f"Row 1 was left out: {HELD}" in bring_in(manager, DataSubject, table)
    held.refresh_from_db()
    assert held.full_name == name


def test_what_only_adds_to_them_comes_in(held):
    f.IdentifierFactory(subject=held, value="old@example.com", is_primary=True)
    hold(held)
    person = Person(subject_id=held.pk, identifiers=(("email", "new@example.com"),))
    [arrival] = subjects.bring_in(people=[person], actor=None)
    assert arrival.outcome == Outcome.UPDATED
    assert set(held.identifiers.filter(kind="email").values_list("value", "is_primary")) == {
        ("old@example.com", False), ("new@example.com", True),
    }  # fmt: skip
    [arrival] = content.take_in(rows=[Note(author=held, body="A new one")], actor=None)
    assert arrival.outcome == Outcome.CREATED


def test_what_no_verb_foresaw_is_shown_in_words(manager, held, monkeypatch):
    """Such as a hold that comes between the look and the writing."""
    script = f.ScriptFactory(owner=held, body="FADE IN")
    hold(held)
    monkeypatch.setattr(holds, "covering", lambda subject_ids: set())
    page = manager.post(
        reverse("admin:privacy_script_process_import"),
        preview(manager, Script, as_csv({"id": script.pk, "body": "CUT"})).context["confirm_form"].initial,
        follow=True,
    )
    assert triggers.WORDS[triggers.HELD] in page.content.decode()
    assert REFUSED not in page.content.decode().replace(triggers.WORDS[triggers.HELD], "")
    script.refresh_from_db()
    assert script.body == "FADE IN"


def synced(*things: dict) -> dict[str, sync.Synced]:
    return {s.stripe_id: s for s in sync.sync(objects=things)}


def test_stripe_s_word_on_what_has_become_of_an_invoice_comes_in_and_its_names_stay(held):
    synced(CUSTOMER, CARD, INVOICE | {"subscription": None, "lines": {}})
    hold(held)
    done = synced(
        CUSTOMER | {"name": "Countess"},
        INVOICE
        | {"subscription": None, "lines": {}, "status": "paid", "amount_paid": 2000, "customer_name": "Countess"},
    )
    assert (done["cus_1"].outcome, done["cus_1"].reason) == (Outcome.SKIPPED, HELD)
    assert (done["in_1"].outcome, done["in_1"].reason) == (Outcome.UPDATED, HELD)
    assert Customer.objects.get().name == Invoice.objects.get().customer_name == CUSTOMER["name"]
    assert Invoice.objects.values_list("status", "amount_paid").get() == ("paid", 2000)


def test_a_customer_deleted_at_stripe_loses_neither_name_nor_card_here(held):
    synced(CUSTOMER, CARD)
    hold(held)
    gone = {"object": "customer", "id": "cus_1", "deleted": True}
    detached = {
        "object": "event",
        "type": "payment_method.detached",
        "created": 2_000_000_000,
        "data": {"object": CARD},
    }
    assert {s.reason for s in (*synced(gone).values(), *synced(detached).values())} == {HELD}
    assert (Customer.objects.get().name, PaymentMethod.objects.count()) == (CUSTOMER["name"], 1)


def test_a_nameless_customer_s_cards_stay_too(held):
    synced(CUSTOMER | {"name": "", "email": ""}, CARD)
    hold(held)
    synced({"object": "customer", "id": "cus_1", "deleted": True})
    assert PaymentMethod.objects.count() == 1


def test_the_table_of_customers_is_judged_alike(held):
    synced(CUSTOMER)
    hold(held)
    customer = Customer.objects.get()
    customer.name = "Countess"
    assert [(s.outcome, s.reason) for s in judge(rows=[customer])] == [(Outcome.SKIPPED, HELD)]
    assert [(s.outcome, s.reason) for s in store(rows=[customer], actor=None)] == [(Outcome.SKIPPED, HELD)]


def test_what_may_change_under_a_hold_has_a_reason_one_could_check():
    reasons = [p.despite_hold for d in registry.declarations.values() for p in d.fields.values() if p.despite_hold]
    assert reasons and all(len(reason) >= 15 for reason in reasons)
