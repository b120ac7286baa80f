"""The studio's files come in once, whole or not at all, and erased people stay away."""

import csv
import gc
import io
import json
import shutil
import zipfile
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models

from billing.models import (
    CreditNote,
    Customer,
    Invoice,
    InvoiceLine,
    PaymentMethod,
    Price,
    Product,
    Refund,
    Subscription,
)
from kosenai_ops.fulfilment.studio_imports import KIND
from privacy.cases import processors
from privacy.cases.requests import ask, grant
from privacy.datamap import registry
from privacy.fulfilment.importing.arrivals import ERASED
from privacy.jobs import slices
from privacy.models import (
    DataSubject,
    Identifier,
    Job,
    Outcome,
    Prompt,
    Script,
    ScriptCoAuthor,
    Step,
    StepState,
)
from tests import factories as f
from tests import working
from tests.trail import since_the_release

FOLDERS = ("clerk-user-import", "screenplays", "prompts-chat", "stripe-fixtures", "dj-stripe-fixtures")
OWN_ROWS = {Job: {"kind": KIND}, Step: {"job__kind": KIND}}


def run(folder) -> str:
    out = StringIO()
    call_command("import_studio", str(folder), stdout=out)
    return out.getvalue()


@pytest.fixture
def studio(shared_data, tmp_path):
    """A copy that a test may spoil."""
    for name in FOLDERS:
        shutil.copytree(shared_data / name, tmp_path / name)
        (tmp_path / name).chmod(0o755)
        for file in (tmp_path / name).iterdir():
            file.chmod(0o644)
    return tmp_path


def snapshot() -> dict[str, list]:
    """Every row, but of the imports themselves: each is a job."""
    return {
        model._meta.label: list(rows.order_by("pk").values_list())
        for model in registry.declarations
        if model._meta.app_label in ("privacy", "billing")
        for rows in [model._default_manager.exclude(**OWN_ROWS.get(model, {"pk": None}))]
    }


def evidence() -> int:
    return since_the_release().exclude(chain__in=Job.objects.filter(kind=KIND).values("pk")).count()


@pytest.mark.django_db
def test_everything_comes_in_and_a_second_run_changes_nothing(shared_data):
    first = run(shared_data)
    assert "clerk-user-import/authjs.json" in first and "Done in" in first
    counts = {m: m.objects.count() for m in (DataSubject, Script, Prompt, Customer, Product, Subscription, Refund)}
    assert counts == {DataSubject: 100, Script: 14, Prompt: 590, Customer: 3, Product: 3, Subscription: 5, Refund: 1}
    before, told = snapshot(), evidence()
    run(shared_data)
    assert snapshot() == before
    assert evidence() == told


@pytest.mark.django_db
def test_no_collection_looks_through_what_was_read_while_others_wait(shared_data, monkeypatch):
    before, took, passed_over = gc.get_freeze_count(), slices.Pace.took, []
    monkeypatch.setattr(slices.Pace, "took", lambda *given: (passed_over.append(gc.get_freeze_count()), took(*given)))
    run(shared_data)
    assert len(passed_over) > 5 and min(passed_over) > 10_000 + before
    assert gc.get_freeze_count() == 0


def test_the_door_stays_open_for_longer_than_a_writer_sleeps():
    """The longest that sqlite3's busy handler sleeps between two looks is 100 ms (sqliteDefaultBusyCallback)."""
    assert slices.PAUSE_SECONDS > 0.1


@pytest.mark.django_db
def test_people_have_their_clerk_id_and_no_password(shared_data):
    run(shared_data)
    users = json.loads((shared_data / "clerk-user-import/authjs.json").read_text("utf-8"))
    clerk = dict(Identifier.objects.filter(kind="clerk_id").values_list("value", "subject__full_name"))
    assert clerk == {u["userId"]: f"{u['firstName']} {u['lastName']}" for u in users}
    assert Identifier.objects.filter(kind="email").count() == len({(u["userId"], u["email"].lower()) for u in users})
    assert users[0]["password"] not in str(snapshot())


@pytest.mark.django_db
def test_screenplays_have_their_titles_in_every_script(shared_data):
    run(shared_data)
    titles = set(Script.objects.values_list("title", flat=True))
    assert {
        "BRICK & STEEL FULL RETIRED",
        "Лорем ипсум",
        "映画",
        "电影",
        "My Living Memory",
        "Printing Trouble",
    } <= titles
    assert {"Screenplay title Second line", "header note", "synopsis"} <= titles
    assert Script.objects.get(title="映画").body == (shared_data / "screenplays/jp.fountain").read_bytes().decode()
    assert set(Script.objects.values_list("format", flat=True)) == {"fountain", "fdx"}
    assert ScriptCoAuthor.objects.count() == 5
    assert not ScriptCoAuthor.objects.filter(script__owner=models.F("subject")).exists()


@pytest.mark.django_db
def test_every_prompt_of_the_file_is_there_word_for_word(shared_data):
    run(shared_data)
    with (shared_data / "prompts-chat/prompts.csv").open(encoding="utf-8", newline="") as file:
        texts = sorted(row["prompt"] for row in csv.DictReader(file))
    assert sorted(Prompt.objects.values_list("text", flat=True)) == texts
    assert Prompt.objects.values("author").distinct().count() == 100


@pytest.mark.django_db
def test_payments_belong_to_people_and_say_no_more_than_declared(shared_data):
    run(shared_data)
    for model in (Customer, Product, Price, Subscription, PaymentMethod, Invoice, InvoiceLine, Refund, CreditNote):
        assert model.objects.exists(), model
    assert Invoice.objects.filter(lines__isnull=False, customer__subject__identifiers__kind="email").exists()
    card = PaymentMethod.objects.get(stripe_id="card_fakefakefakefakefake0001")
    assert (card.brand, card.last_four, card.expires_month, card.expires_year) == ("visa", "4242", 6, 2021)
    assert "1234 Fake Street" not in str(snapshot())


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="one place to time it")
def test_it_is_quick(shared_data):
    assert float(run(shared_data).rsplit("Done in ", 1)[1].split()[0]) < 5


def package_of(person: DataSubject) -> zipfile.ZipFile:
    """The person's access package, made as a worker would."""
    [request] = ask(
        "access",
        subject_ids=[person.pk],
        actor=f.StaffFactory(),
        reason="Asked for it",
        verification="email_round_trip",
    )
    working.run(request.id)
    with request.package.file.open() as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


@pytest.mark.django_db(transaction=True)  # the package is read outside the test's own transaction
def test_an_imported_persons_package_holds_what_came_in_and_no_more(shared_data):
    run(shared_data)
    person = Identifier.objects.get(kind="clerk_id", value="1").subject
    with package_of(person) as package:
        everything = {name: package.read(name).decode() for name in package.namelist()}
    rows = {name.split("/")[-1]: text for name, text in everything.items() if name.endswith(".jsonl")}
    known_by = {json.loads(line)["value"] for line in rows["privacy.Identifier.jsonl"].splitlines()}
    assert known_by >= {"john@example.com", "1"}
    prompts = [json.loads(line)["text"] for line in rows["privacy.Prompt.jsonl"].splitlines()]
    assert sorted(prompts) == sorted(person.prompts.values_list("text", flat=True)) and prompts
    assert "BRICK & STEEL FULL RETIRED" in rows["privacy.Script.jsonl"]
    assert person.customers.get().stripe_id in rows["billing.Customer.jsonl"]
    assert "alice@example.com" not in str(everything)


def erased(person: DataSubject):
    """The person, erased to the end as staff and worker would."""
    agent, approver = f.StaffFactory(), f.StaffFactory()
    [request] = ask(
        "erasure", subject_ids=[person.pk], actor=agent, reason="Asked for it", verification="email_round_trip"
    )
    grant(request_id=request.id, actor=approver)
    working.run(request.id)
    for step in request.steps.filter(state=StepState.WAITING):
        processors.attest(step_id=step.id, actor=approver, evidence="T-1")
    working.run(request.id)
    request.refresh_from_db()
    return request


@pytest.mark.django_db
def test_an_imported_person_is_erased_to_the_end_and_a_second_import_says_why_they_stay_away(shared_data):
    run(shared_data)
    person = Identifier.objects.get(kind="clerk_id", value="1").subject
    texts = list(person.prompts.values_list("text", flat=True))
    owned = list(person.scripts.values_list("pk", flat=True))
    assert texts and owned and person.customers.exists() and person.full_name == "John Doe"
    request = erased(person)
    assert request.outcome == Outcome.FULFILLED
    person.refresh_from_db()
    assert person.erased_at and person.full_name == ""
    assert not person.identifiers.exists() and not person.prompts.exists() and not person.scripts.exists()
    assert not Prompt.objects.filter(text__in=texts).exists()
    before = snapshot()
    second = run(shared_data)
    assert ERASED in second
    assert "of people in clerk-user-import/authjs.json" in second and "of prompts in prompts-chat" in second
    after = snapshot()
    assert after == before
    assert Identifier.objects.filter(value="john@example.com").count() == 1  # of another account


@pytest.mark.django_db
def test_a_frozen_account_gets_nothing_new(shared_data):
    run(shared_data)
    person = Identifier.objects.get(kind="clerk_id", value="2").subject
    person.prompts.all().delete()
    f.LimitFactory(subject=person)
    assert "frozen as a possible child's" in run(shared_data)
    assert not person.prompts.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("clerk-user-import/authjs.json", None, "clerk-user-import/authjs.json is not there."),
        ("clerk-user-import/authjs.json", b"[{", "authjs.json: Line 1, column 3 is not well-formed JSON"),
        ("clerk-user-import/authjs.json", b'{"a": 1}', "JSON, but not a list of objects"),
        ("clerk-user-import/authjs.json", b"[]", "has no users"),
        (
            "clerk-user-import/authjs.json",
            b'[{"userId": "", "email": "", "firstName": "", "lastName": ""}]',
            "authjs.json, row 1: userId is empty",
        ),
        ("prompts-chat/prompts.csv", None, "prompts-chat/prompts.csv is not there."),
        ("prompts-chat/prompts.csv", b"act,prompt\na,\x8et\x8e\n", "prompts.csv: Line 2 is not UTF-8"),
        ("prompts-chat/prompts.csv", "act,prompt\na,b".encode("utf-32"), "prompts.csv: The file is written in UTF-32."),
        ("prompts-chat/prompts.csv", b"\xff\xfea", "binary, or text in UTF-16"),
        ("prompts-chat/prompts.csv", b'act,prompt\na,"b', "a quotation mark is opened and never closed"),
        ("prompts-chat/prompts.csv", b"act,prompt\na,b\nc\n", "prompts.csv: Row 2 has 1 cells, but the heading has 2."),
        ("prompts-chat/prompts.csv", b"act,prompt\na,b\nc,\n", "prompts.csv, row 2: the prompt is empty."),
        ("prompts-chat/prompts.csv", b"act,prompt\na,b\x00\n", "Row 1, column prompt: a NUL character cannot"),
        ("prompts-chat/prompts.csv", b"act,text\na,b\n", "the heading names no column “prompt”"),
        ("prompts-chat/prompts.csv", b"", "The file is empty"),
        ("stripe-fixtures/fixtures3.json", b"[]", "fixtures3.json: no “resources” in it."),
        ("stripe-fixtures/fixtures3.json", b'{"resources": NaN}', "a number that is none"),
        ("dj-stripe-fixtures/plan_gold21323.json", b"[" * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_and_nothing_is_done(studio, file, content, words):
    if content is None:
        (studio / file).unlink()
    else:
        (studio / file).write_bytes(content)
    with pytest.raises(CommandError) as failure:
        run(studio)
    assert words in str(failure.value) and str(failure.value).startswith("Nothing was imported. ")
    assert failure.value.returncode == 1
    assert not DataSubject.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", FOLDERS)
def test_a_missing_folder_is_named_and_nothing_is_done(studio, name):
    shutil.rmtree(studio / name)
    with pytest.raises(CommandError, match=f"{name}.*is not there"):
        run(studio)
    assert not DataSubject.objects.exists()


def test_no_folder_at_all(tmp_path):
    with pytest.raises(CommandError, match="There is no such folder"):
        run(tmp_path / "nowhere")
