"""Tables in and out through the admin: who may, what is said about every fault, and what never leaves or returns."""

import csv
import io
import json
import os
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from billing import facts
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
from privacy.admin.evidence.events import sentence
from privacy.admin.tables.exchange import Exchange
from privacy.admin.tables.formats import Csv, Json
from privacy.admin.tables.sheet import NO_ONE_PERSON
from privacy.datamap.spreadsheet import as_written, neutral
from privacy.fulfilment.importing import files, reading
from privacy.fulfilment.importing.arrivals import ERASED, FROZEN
from privacy.models import AuditEntry, DataSubject, Identifier, Note, Prompt, Script, Shot
from privacy.roles import ROLES
from privacy.selectors.suppression import digest
from tests import factories as f
from tests.masked import CONTENT

pytestmark = pytest.mark.django_db
CSV_FORMAT, JSON_FORMAT = "0", "1"
EXCHANGED = [model for model, model_admin in admin.site._registry.items() if isinstance(model_admin, Exchange)]


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def url(model, page: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


def as_csv(*rows: dict) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(c for row in rows for c in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def preview(client, model, data: bytes, form=CSV_FORMAT):
    file = SimpleUploadedFile("people.csv", data)
    return client.post(url(model, "import"), {"import_file": file, "format": form, "resource": "0"})


def confirm(client, model, page):
    """Presses the button of the preview; returns the page after it."""
    form = page.context["confirm_form"]
    return client.post(url(model, "process_import"), form.initial, follow=True)


def bring_in(client, model, data: bytes, form=CSV_FORMAT) -> list[str]:
    """Preview and confirmation; the messages after it."""
    page = preview(client, model, data, form)
    assert "confirm_form" in page.context, problems(page)
    return [str(message) for message in confirm(client, model, page).context["messages"]]


def problems(page) -> list[str]:
    """What the page says is wrong, with the file or with its rows."""
    result = page.context.get("result")
    found = result.problems() if result else []
    said = [text for errors in page.context["form"].errors.values() for text in errors]
    for text in (*found, *said):
        assert text.split("“")[0][:40].replace("'", "&#x27;") in page.content.decode()
    return found + said


def taken_out(client, model, form=CSV_FORMAT, **more) -> list[dict]:
    why = {"reason": "review"} if model is DataSubject else {}
    answer = client.post(url(model, "export"), {"format": form, "resource": "0", **why, **more})
    assert "attachment" in answer.headers.get("Content-Disposition", ""), (
        answer.context and answer.context["form"].errors
    )
    assert "no-store" in answer.headers["Cache-Control"]
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""))) if form == CSV_FORMAT else json.loads(text)


def kept_files() -> list[str]:
    return default_storage.listdir("imports")[1] if default_storage.exists("imports") else []


# --- who may


@pytest.mark.parametrize("role", ROLES)
def test_only_managers_import_and_only_those_who_may_export_do(client, role):
    """By post, and by what the lists offer; test_roles opens every page of both."""
    client.force_login(f.StaffFactory(role=role))
    may_import, may_export = role == "manager", role in ("agent", "approver", "manager")
    wanted, answered, offered = (302 if may_import else 403, 200 if may_export else 403), {}, {}
    for model in EXCHANGED:
        answered[model] = (
            client.post(url(model, "process_import")).status_code,
            client.post(url(model, "export"), {"format": "0"}).status_code,
        )
        page = client.get(url(model, "changelist"))
        if page.status_code == 200:
            offered[model] = tuple(url(model, name) in page.content.decode() for name in ("import", "export"))
    assert {model: got for model, got in answered.items() if got != wanted} == {}
    assert {model: got for model, got in offered.items() if got != (may_import, may_export)} == {}


def test_the_lists_one_would_look_for_have_it():
    assert {DataSubject, Script, Note, Prompt, Shot, Customer, Product, Price, Subscription, PaymentMethod, Invoice,
            InvoiceLine, Refund, CreditNote} <= set(EXCHANGED)  # fmt: skip


# --- people in


def test_a_preview_writes_nothing_and_the_confirmation_what_it_showed(client, manager):
    data = as_csv({"full_name": "Ada Lovelace", "country": "GB", "email": "ada@example.com", "clerk_id": "user_1"})
    page = preview(client, DataSubject, data)
    assert "1 new, 0 changed, 0 unchanged, 0 left out" in page.content.decode()
    assert "<ins>Ada Lovelace</ins>" in page.content.decode()
    assert not DataSubject.objects.exists()
    [message] = [str(m) for m in confirm(client, DataSubject, page).context["messages"]]
    assert message == "Imported: 1 new, 0 changed, 0 unchanged, 0 left out."
    person = DataSubject.objects.get()
    assert set(person.identifiers.values_list("kind", "value")) == {
        ("email", "ada@example.com"),
        ("clerk_id", "user_1"),
    }


def test_a_change_is_shown_old_and_new(client, manager):
    person = f.DataSubjectFactory(full_name="Old Name")
    page = preview(client, DataSubject, as_csv({"id": person.pk, "full_name": "New Name"}))
    assert "<del>Old Name</del> <ins>New Name</ins>" in page.content.decode()
    confirm(client, DataSubject, page)
    person.refresh_from_db()
    assert (person.full_name, person.country) == ("New Name", "DE")


def test_a_duplicate_address_is_named_by_row_in_the_file_and_in_the_database(client, manager):
    known = f.IdentifierFactory(value="ada@example.com").subject
    data = as_csv(
        {"full_name": "One", "email": "one@example.com"},
        {"full_name": "Two", "email": "ONE@example.com"},
        {"full_name": "Three", "email": "Ada@Example.com"},
        {"full_name": "Four", "email": "no address"},
    )
    assert problems(preview(client, DataSubject, data)) == [
        "Row 2, email: Row 1 has the same. Two people can share it only where the Clerk id or the id tells them apart.",
        f"Row 3, email: {known} has this already. To change that person, give their id.",
        "Row 4, email: This is not an e-mail address.",
    ]
    assert kept_files() == [] and DataSubject.objects.count() == 1


def test_an_erased_person_is_left_out_and_the_reason_stands_in_preview_and_result(client, manager):
    f.SuppressionFactory(kind="email", digest=digest("email", "gone@example.com"))
    data = as_csv(
        {"full_name": "Gone", "email": "Gone@Example.com"}, {"full_name": "Here", "email": "here@example.com"}
    )
    page = preview(client, DataSubject, data)
    assert f"Row 1 is left out: {ERASED}" in page.content.decode()
    texts = [str(m) for m in confirm(client, DataSubject, page).context["messages"]]
    assert texts == ["Imported: 1 new, 0 changed, 0 unchanged, 1 left out.", f"Row 1 was left out: {ERASED}"]
    assert list(DataSubject.objects.values_list("full_name", flat=True)).count("Gone") == 0


def test_who_is_erased_between_preview_and_confirmation_stays_out(client, manager):
    page = preview(client, DataSubject, as_csv({"full_name": "Late", "email": "late@example.com"}))
    f.SuppressionFactory(kind="email", digest=digest("email", "late@example.com"))
    texts = [str(m) for m in confirm(client, DataSubject, page).context["messages"]]
    assert f"Row 1 was left out: {ERASED}" in texts
    assert not Identifier.objects.filter(value="late@example.com").exists()


@pytest.mark.parametrize("by", ["id", "email"])
def test_a_frozen_account_is_left_out_with_the_reason(client, manager, by):
    frozen = f.IdentifierFactory(value="child@example.com", subject__full_name="Before").subject
    f.LimitFactory(subject=frozen)
    row = {"id": frozen.pk} if by == "id" else {"email": "child@example.com"}
    assert f"Row 1 was left out: {FROZEN}" in bring_in(client, DataSubject, as_csv(row | {"full_name": "After"}))
    frozen.refresh_from_db()
    assert frozen.full_name == "Before"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"id": str(uuid4())}, "Row 1, id: There is no data subject with this id. Leave the cell empty for a new one."),
        ({"id": "x"}, "Row 1, id: There is no data subject with this id. Leave the cell empty for a new one."),
        ({"country": "Germany", "clerk_id": "u"}, "Row 1: Country: 7 characters; 2 is the most."),
        ({"country": "de", "clerk_id": "u"}, "Row 1: The country is a code of two capital letters, such as DE."),
        ({"full_name": "N" * 201, "clerk_id": "u"}, "Row 1: Full name: 201 characters; 200 is the most."),
        (
            {"full_name": "Nobody"},
            "Row 1: A new person needs an e-mail address, a Clerk id, a Stripe id, a visitor id or a telephone number.",
        ),
        ({"fullname": "Typo"}, "No such column: fullname."),
    ],
)
def test_a_wrong_row_is_named_in_words_and_nothing_is_imported(client, manager, row, words):
    [problem] = problems(preview(client, DataSubject, as_csv(row | {"email": ""})))
    assert problem.startswith(words)
    assert kept_files() == []


@pytest.mark.parametrize(
    ("data", "form", "words"),
    [
        ("full_name\nA".encode("utf-16")[:-1], CSV_FORMAT, "text in UTF-16 that is damaged."),
        ("full_name\nA".encode("utf-32"), CSV_FORMAT, "The file is written in UTF-32."),
        ("full_name\nJosé".encode("mac-roman"), CSV_FORMAT, "Line 2 is not UTF-8, and no other encoding fits for sure"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", CSV_FORMAT, "The file is binary"),
        (b"full_name\nA\x00B\n", CSV_FORMAT, "Row 1, column full_name: a NUL character cannot be stored."),
        (b'full_name\n"A', CSV_FORMAT, "a quotation mark is opened and never closed"),
        (b'full_name\n"A"B\n', CSV_FORMAT, "text follows a closing quotation mark"),
        (b"full_name,email\nA\n", CSV_FORMAT, "Row 1 has 1 cells, but the heading has 2."),
        (b"full_name;email\nA;b;c\n", CSV_FORMAT, "Row 1 has 3 cells, but the heading has 2."),
        (b"email,email\na,b\n", CSV_FORMAT, "The heading names a column twice: email."),
        (b"full_name\n", CSV_FORMAT, "No valid data to import."),
        (b"\n\n", CSV_FORMAT, "The file is empty"),
        (b"{", JSON_FORMAT, "Line 1, column 2 is not well-formed JSON"),
        (b"[1]", JSON_FORMAT, "JSON, but not a list of objects"),
        (b'[{"full_name": {"a": 1}}]', JSON_FORMAT, "Row 1, column full_name: a list or an object is not a cell."),
        (b'[{"full_name": "\\u0000"}]', JSON_FORMAT, "a NUL character cannot be stored"),
        (b'[{"full_name": "\\ud800"}]', JSON_FORMAT, "half a character"),
        (b'[{"full_name": NaN}]', JSON_FORMAT, "a number that is none"),
        (b"[" * 100_000, JSON_FORMAT, "nested too deeply"),
        (b'[{"full_name": ' + b"9" * 5000 + b"}]", JSON_FORMAT, "thousands of digits"),
        (b"full_name\n" + b"A" * 1_000_001, CSV_FORMAT, "the cell has 1,000,001 characters; 1,000,000 is the most."),
        (b"full_name\n" + b"A" * 10 * 1024**2, CSV_FORMAT, "10.0\xa0MB is the most. Split it."),
        (b"clerk_id\n" + b"x\n" * 10_001, CSV_FORMAT, "The file has 10,001 rows; at most 10,000 are taken at once."),
    ],
    ids=range(23),
)
def test_an_unreadable_file_gets_a_sentence_and_leaves_nothing(client, manager, data, form, words):
    page = preview(client, DataSubject, data, form)
    assert page.status_code == 200
    [said] = problems(page)
    assert words in said
    assert kept_files() == [] and not DataSubject.objects.exists()


def test_a_database_that_refuses_gives_no_values_away(client, manager, monkeypatch, caplog):
    from django.db import IntegrityError

    from privacy.fulfilment.importing import subjects

    def refuse(**kwargs):
        raise IntegrityError("Key (value)=(secret@example.com) already exists")

    monkeypatch.setattr(subjects, "judge_people", refuse)
    page = preview(client, DataSubject, as_csv({"email": "ada@example.com"}))
    assert problems(page) == ["The database refused it."]
    assert "secret@example.com" not in page.content.decode() + caplog.text


def test_naughty_names_and_titles_come_back_as_they_went_in(client, manager, shared_data):
    strings = [s for s in json.loads((shared_data / "blns/blns-odd.json").read_text("utf-8")) if 0 < len(s) <= 200]
    people = [{"clerk_id": f"user_{n}", "full_name": text} for n, text in enumerate(strings)]
    bring_in(client, DataSubject, json.dumps(people).encode(), JSON_FORMAT)
    stored = dict(Identifier.objects.filter(kind="clerk_id").values_list("value", "subject__full_name"))
    assert [stored[f"user_{n}"] for n in range(len(strings))] == strings
    owner = DataSubject.objects.first()
    bring_in(
        client, Script, as_csv(*({"owner": owner.pk, "title": t, "format": "fountain", "body": t} for t in strings))
    )
    assert sorted(Script.objects.values_list("title", flat=True)) == sorted(strings)
    hostile = "<script>alert(1)</script>"
    page = preview(client, DataSubject, as_csv({"clerk_id": "user_x", "full_name": hostile}))
    assert hostile not in page.content.decode() and "&lt;script&gt;alert(1)" in page.content.decode()


# --- the confirmation


def test_a_file_waits_sealed_and_is_gone_after_the_import(client, manager, django_capture_on_commit_callbacks):
    page = preview(client, DataSubject, as_csv({"full_name": "MARK-OF-A-PERSON", "email": "ada@example.com"}))
    [name] = kept_files()
    with default_storage.open(f"imports/{name}") as file:
        assert b"MARK-OF-A-PERSON" not in file.read()
    with django_capture_on_commit_callbacks(execute=True):
        confirm(client, DataSubject, page)
    assert kept_files() == []


def test_the_second_press_of_the_button_imports_nothing_and_says_so(client, manager):
    page = preview(client, Note, as_csv({"author": f.DataSubjectFactory().pk, "body": "Once"}))
    confirm(client, Note, page)
    [text] = [str(m) for m in confirm(client, Note, page).context["messages"]]
    assert text.startswith("This file was imported already")
    assert Note.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"import_file_name": "../../etc/passwd"}, {"import_file_name": "0" * 32}, {"import_file_name": ""},
        {"format": "7"}, {"format": "x"}, {"format": "-1"}, {"resource": "9"}, {"resource": "x"},
    ],
)  # fmt: skip
def test_a_confirmation_with_anything_else_in_it_is_an_answer_and_no_crash(client, manager, changed):
    page = preview(client, DataSubject, as_csv({"email": "ada@example.com"}))
    form = page.context["confirm_form"].initial | changed
    answer = client.post(url(DataSubject, "process_import"), form, follow=True)
    assert answer.status_code == 200 and len(list(answer.context["messages"])) == 1
    assert not DataSubject.objects.exists()
    assert client.get(url(DataSubject, "process_import"), follow=True).status_code == 200


def test_what_became_wrong_since_the_preview_imports_nothing_at_all(client, manager):
    page = preview(client, DataSubject, as_csv({"email": "one@example.com"}, {"email": "two@example.com"}))
    f.IdentifierFactory(value="two@example.com")
    [text] = [str(m) for m in confirm(client, DataSubject, page).context["messages"]]
    assert text.startswith("Nothing was imported. Row 2, email: Subject ")
    assert not Identifier.objects.filter(value="one@example.com").exists()


def test_files_nobody_confirmed_are_swept(client, manager, monkeypatch):
    preview(client, DataSubject, as_csv({"email": "ada@example.com"}))
    assert files.sweep() == 0 and len(kept_files()) == 1
    monkeypatch.setattr(files, "LIFE", files.LIFE * 0)
    assert files.sweep() == 1
    assert kept_files() == []


def test_djangos_log_learns_nothing_and_the_audit_trail_counts(client, manager):
    bring_in(client, DataSubject, as_csv({"full_name": "Ada", "email": "ada@example.com"}))
    assert not LogEntry.objects.exists()
    entry = AuditEntry.objects.get(event="intake.people")
    assert (entry.actor, entry.data) == (manager, {"created": 1})


# --- content


def test_content_comes_in_for_its_person_by_id_or_address(client, manager):
    owner = f.IdentifierFactory(value="ada@example.com").subject
    rows = [
        {"owner": owner.pk, "title": "One", "format": "fountain", "body": "INT. A\n\nB"},
        {"owner": "ADA@example.com", "title": "Two", "format": "fdx", "body": ""},
    ]
    bring_in(client, Script, as_csv(*rows))
    assert set(owner.scripts.values_list("title", "format")) == {("One", "fountain"), ("Two", "fdx")}


def test_content_of_erased_frozen_and_unknown_people(client, manager):
    f.SuppressionFactory(kind="email", digest=digest("email", "gone@example.com"))
    tombstone = f.DataSubjectFactory(full_name="", country="", erased_at=datetime.now(UTC))
    frozen = f.LimitFactory().subject
    authors = ["gone@example.com", tombstone.pk, frozen.pk]
    texts = bring_in(client, Note, as_csv(*({"author": author, "body": "B"} for author in authors)))
    assert texts[1:] == [f"Row {n} was left out: {why}" for n, why in enumerate([ERASED, ERASED, FROZEN], start=1)]
    page = preview(client, Note, as_csv({"author": "who@example.com", "body": "B"}, {"author": "", "body": "B"}))
    assert problems(page) == [f"Row {n}, author: {NO_ONE_PERSON}" for n in (1, 2)]
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"format": "docx"}, "Row 1: Format: This is none of the choices."),
        ({"title": ""}, "Row 1: Title: This field cannot be blank."),
        ({"title": "T" * 301}, "Row 1: Title: 301 characters; 300 is the most."),
        ({"id": str(uuid4())}, "Row 1, id: There is no script with this id."),
    ],
)
def test_wrong_content_is_named_in_words(client, manager, row, words):
    good = {"owner": f.DataSubjectFactory().pk, "title": "T", "format": "fountain", "body": "B"}
    [problem] = problems(preview(client, Script, as_csv(good | row)))
    assert problem.startswith(words)


def test_a_preview_shows_no_content_that_is_masked_elsewhere(client, manager):
    script = f.ScriptFactory(body="THE SECRET ENDING")
    page = preview(client, Script, as_csv({"id": script.pk, "body": "Another"}))
    assert "THE SECRET ENDING" not in page.content.decode()
    assert "<del>17 characters</del> <ins>Another</ins>" in page.content.decode()


def test_a_script_does_not_change_hands(client, manager):
    script, thief = f.ScriptFactory(), f.DataSubjectFactory()
    [problem] = problems(preview(client, Script, as_csv({"id": script.pk, "owner": thief.pk})))
    assert problem == "Row 1: It belongs to another person, and does not change hands here."


# --- out


def test_masked_content_stays_in_unless_there_is_a_reason_and_the_right(client, manager):
    script = f.ScriptFactory(title="SECRET TITLE", body="SECRET BODY")
    [row] = taken_out(client, Script)
    assert set(row) == {"id", "owner", "format"}
    [row] = taken_out(client, Script, reason="rights_request", reference="SUP-1204")
    assert (row["title"], row["body"]) == ("SECRET TITLE", "SECRET BODY")
    entry = AuditEntry.objects.get(event="content.exported")
    assert entry.data == {
        "model": "privacy.Script", "fields": ["title", "body"], "reason": "rights_request", "reference": "SUP-1204",
        "rows": 1,
    }  # fmt: skip
    assert entry.actor == manager and str(script.owner_id) not in str(entry.data)


def test_who_may_not_reveal_gets_no_content_whatever_they_ask(client):
    from django.contrib.auth.models import Group, Permission

    member, role = f.StaffFactory(role=""), Group.objects.create(name="takes lists out")
    role.permissions.set(Permission.objects.filter(codename__in=["view_script", "export_datasubject"]))
    member.groups.add(role)
    client.force_login(member)
    f.ScriptFactory(title="SECRET TITLE", body="SECRET BODY")
    [row] = taken_out(client, Script, reason="rights_request", export_fields="body", fields="body")
    assert "SECRET" not in str(row)


@pytest.mark.parametrize("model", [m for m in EXCHANGED if m._meta.label in CONTENT], ids=lambda m: m._meta.label)
def test_no_list_of_content_forgets_to_mask(client, manager, model):
    assert set(admin.site._registry[model].resource_classes[0].masked()) == set(CONTENT[model._meta.label])


def test_a_reference_is_a_number_and_no_sentence(client, manager):
    f.ScriptFactory()
    answer = client.post(
        url(Script, "export"), {"format": "0", "resource": "0", "reason": "support", "reference": "Mrs Lovelace"}
    )
    assert "A ticket or request number" in answer.content.decode()
    assert not AuditEntry.objects.filter(event="content.exported").exists()


@pytest.mark.parametrize("given", [{}, {"reason": ""}, {"reason": "curiosity"}])
def test_a_list_of_people_is_not_handed_out_without_a_reason(client, manager, given):
    person = f.DataSubjectFactory()
    answer = client.post(url(DataSubject, "export"), {"format": CSV_FORMAT, "resource": "0"} | given)
    assert "attachment" not in answer.headers.get("Content-Disposition", "") and str(person.pk) not in answer.text
    assert not AuditEntry.objects.filter(event="table.exported").exists()


def test_the_trail_says_why_a_list_of_people_was_handed_out(client, manager):
    f.DataSubjectFactory()
    taken_out(client, DataSubject, reason="authority", reference="AZ-14")
    entry = AuditEntry.objects.get(event="table.exported")
    assert (entry.data["why"], entry.data["reference"], entry.data["rows"]) == ("authority", "AZ-14", 1)
    assert sentence(entry).endswith("By order of a court or authority")


def test_no_two_buttons_of_the_list_of_people_have_one_name(client, manager):
    """What starts a person's package and what hands over the list are two things."""
    f.DataSubjectFactory()
    page = client.get(url(DataSubject, "changelist"))
    table = re.search(rf'href="{url(DataSubject, "export")}[^"]*"[^>]*>(.*?)</a>', page.text, re.S)
    name = re.sub(r"<[^>]*>|\s+", " ", table[1]).strip()
    acts = {label for _, label in page.context["action_form"].fields["action"].choices}
    assert "Download table" in name and not any(word in acts for word in ("Download table", "Export"))


def test_more_rows_than_a_page_can_carry_are_not_exported(client, manager, monkeypatch):
    monkeypatch.setattr("privacy.admin.tables.exchange.MAX_ROWS", 2)
    f.DataSubjectFactory.create_batch(3)
    answer = client.post(url(DataSubject, "export"), {"format": "0", "resource": "0"}, follow=True)
    assert "More than 2 rows" in answer.content.decode()


FORMULAS = [
    "=1+1", "+1", "-1+1", "@SUM(A1)",
    "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠A", "'=1", "''=1", "'a", "-5",
    "'-5", "'", "=", "a=1", '"=1"', "=cmd|' /C calc'!A0", "\u3000=1", "\t", "\r\n",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS, ids=range(len(FORMULAS)))
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised_and_comes_back(text):
    shown = neutral(text)
    assert as_written(shown) == text
    stripped = shown.lstrip(" \u3000")
    assert stripped[:1] not in tuple("=+@\t\r\n＝＋－＠") and (not stripped.startswith("-") or stripped == "-5")


@given(st.text(max_size=8) | st.text("'=+-@\t\r\n ＝1a", max_size=6))
def test_every_text_comes_back_from_csv(text):
    csv_text = Csv().export_data(Csv().create_dataset(b"a\nb\n").__class__([text], headers=["a"]))
    if not reading.why_not_storable(text):
        assert Csv().create_dataset(csv_text.encode("utf-8"))["a"] == [text]


@pytest.mark.parametrize("form", [CSV_FORMAT, JSON_FORMAT])
def test_people_exported_and_imported_again_are_unchanged(client, manager, form):
    names = [text for text in FORMULAS if text.strip()]
    for n, name in enumerate(names):
        person = f.DataSubjectFactory(full_name=name)
        f.IdentifierFactory(subject=person, kind="clerk_id", value=f"=user_{n}", is_primary=True)
        f.IdentifierFactory(subject=person, is_primary=True)
    answer = client.post(url(DataSubject, "export"), {"format": form, "resource": "0", "reason": "move"})
    [text] = bring_in(client, DataSubject, answer.content, form)
    assert text == f"Imported: 0 new, 0 changed, {len(names)} unchanged, 0 left out."


@pytest.mark.parametrize("form", [CSV_FORMAT, JSON_FORMAT])
def test_every_table_exported_and_imported_again_is_unchanged(client, manager, form):
    f.person_with_everything()
    said, unchanged = {}, {}
    for model in set(EXCHANGED) - {DataSubject}:
        reason = {"reason": "rights_request"} if model._meta.label in CONTENT else {}
        answer = client.post(url(model, "export"), {"format": form, "resource": "0"} | reason)
        said[model] = bring_in(client, model, answer.content, form)
        unchanged[model] = [f"Imported: 0 new, 0 changed, {model.objects.count()} unchanged, 0 left out."]
    assert {model: texts for model, texts in said.items() if texts != unchanged[model]} == {}


def test_billing_that_was_exported_comes_back_after_it_was_lost(client, manager):
    f.person_with_everything()
    files = {}
    for model in (Product, Price, Subscription, PaymentMethod, Invoice, InvoiceLine, Refund, CreditNote):
        files[model] = client.post(url(model, "export"), {"format": CSV_FORMAT, "resource": "0"}).content
    for model in reversed(files):
        model.objects.all().delete()
    for model, data in files.items():
        bring_in(client, model, data)
        again = client.post(url(model, "export"), {"format": CSV_FORMAT, "resource": "0"}).content
        assert sorted(again.splitlines()) == sorted(data.splitlines())


def test_csv_spectrum(shared_data):
    """All twelve. Two slips of the copy are mended: line ends lost on the way, and a number that differs upstream."""
    folder = shared_data / "csv-spectrum"
    files = sorted((folder / "csvs").iterdir())
    assert len(files) == 12
    for file in files:
        data = file.read_bytes()
        if file.stem.endswith("_crlf") and b"\r" not in data:
            data = data.replace(b"\n", b"\r\n")
        expected = json.loads((folder / "json" / f"{file.stem}.json").read_text("utf-8"))
        expected = expected if isinstance(expected, list) else [expected]
        for row in expected:
            if "Contact Phone Number" in row:
                row["Contact Phone Number"] = "2095257564"
        assert reading.csv_table(reading.decoded(data)).rows == expected, file.name
        assert json.loads(Json().export_data(Csv().create_dataset(data))) == expected, file.name


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"customer": "cus_nobody"}, "Row 1, customer: There is no customer with this id."),
        ({"total": "12.50"}, "Row 1, total: This is not a whole number."),
        ({"total": "9" * 30}, "Row 1, total: This is not a whole number."),
        ({"issued_at": "yesterday"}, "Row 1, issued_at: This is not a time with its offset"),
        ({"issued_at": "2026-01-31 12:00"}, "Row 1, issued_at: This is not a time with its offset"),
        ({"currency": "EUR"}, "Row 1: The currency is three small letters (eur)."),
        ({"currency": ""}, "Row 1, currency: A new row needs this."),
        ({"stripe_id": ""}, "Row 1, stripe_id: Every row needs Stripe's id."),
    ],
)
def test_wrong_billing_is_named_in_words(client, manager, row, words):
    good = {
        "stripe_id": "in_1", "customer": f.CustomerFactory().stripe_id, "currency": "eur", "total": "2000",
        "amount_paid": "0", "issued_at": "2026-01-31T12:00:00Z",
    }  # fmt: skip
    [problem] = problems(preview(client, Invoice, as_csv(good | row)))
    assert problem.casefold().startswith(words.casefold())


def test_billing_of_an_erased_person_is_left_out_and_what_tax_law_wants_brings_no_name_back(client, manager):
    invoice = f.InvoiceFactory(
        customer__name="", customer__email="", customer_name="", customer_email="", status="open"
    )
    DataSubject.objects.update(full_name="", country="", erased_at=datetime.now(UTC))
    data = as_csv({"stripe_id": invoice.customer.stripe_id, "name": "Ada Lovelace"})
    assert f"Row 1 was left out: {ERASED}" in bring_in(client, Customer, data)
    data = as_csv({"stripe_id": invoice.stripe_id, "customer_name": "Ada Lovelace"})
    assert "1 unchanged" in bring_in(client, Invoice, data)[0]
    data = as_csv({"stripe_id": invoice.stripe_id, "customer_name": "Ada Lovelace", "status": "paid"})
    assert f"Row 1 came in. {facts.WITHOUT}" in bring_in(client, Invoice, data)
    invoice.refresh_from_db()
    assert (invoice.customer_name, invoice.customer.name, invoice.status) == ("", "", "paid")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser_a_file_is_previewed_and_imported(browser_page, sign_in, tmp_path):
    """The pages work under the content policy: a complaint of the console fails the test."""
    member = f.StaffFactory(is_superuser=True)
    sign_in(member)
    person = f.DataSubjectFactory(full_name="Old Name")
    file = tmp_path / "people.csv"
    file.write_bytes(
        as_csv({"id": person.pk, "full_name": "New Name"}, {"id": "", "full_name": "Ada", "email": "ada@example.com"})
    )
    browser_page.goto(url(DataSubject, "changelist"))
    browser_page.get_by_role("link", name="Import", exact=True).click()
    browser_page.set_input_files("input[type=file]", file)
    browser_page.select_option("select[name=format]", label="csv")
    browser_page.get_by_role("button", name="Submit").click()
    browser_page.get_by_text("1 new, 1 changed, 0 unchanged, 0 left out").wait_for()
    if folder := os.environ.get("SCREENSHOTS"):
        browser_page.screenshot(path=f"{folder}/import-preview.png", full_page=True)
    browser_page.get_by_role("button", name="Confirm import").click()
    browser_page.get_by_text("Imported: 1 new, 1 changed, 0 unchanged, 0 left out.").wait_for()
    file.write_bytes(
        as_csv({"full_name": "Ada", "email": "ada@example.com"}, {"full_name": "B", "email": "no address"})
    )
    browser_page.goto(url(DataSubject, "import"))
    browser_page.set_input_files("input[type=file]", file)
    browser_page.select_option("select[name=format]", label="csv")
    browser_page.get_by_role("button", name="Submit").click()
    browser_page.get_by_text("Row 2, email: This is not an e-mail address.").wait_for()
    if folder:
        browser_page.screenshot(path=f"{folder}/import-errors.png", full_page=True)
    browser_page.goto(url(Script, "export"))
    browser_page.get_by_label("Content").wait_for()
    if folder:
        browser_page.screenshot(path=f"{folder}/export.png", full_page=True)
