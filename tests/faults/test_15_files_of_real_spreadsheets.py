"""Tables as spreadsheets really save them come in, what was recognised is told, and nothing that goes out is run."""

import csv
import io
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Invoice
from privacy.admin.tables.formats import Csv, Json, Xlsx
from privacy.datamap import spreadsheet
from privacy.fulfilment.importing.reading import Unreadable, as_named, csv_table, decoded, recognised, why_not_storable
from privacy.models import DataSubject
from tests import factories as f

PEOPLE = "full_name,email\nJürgen Müßig,j@example.com\n"


def read(data: bytes, form=Csv) -> tuple[list[dict], str]:
    """(rows, notes) of the file."""
    dataset = form().create_dataset(data)
    return [dict(zip(dataset.headers, row, strict=True)) for row in dataset], " ".join(dataset.notes)


@pytest.fixture
def manager(client, db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(f.StaffFactory(role="manager"))
    return client


def preview(client, model: str, data: bytes, form: str = "0"):
    file = SimpleUploadedFile("table", data)
    return client.post(f"/admin/{model}/import/", {"import_file": file, "format": form, "resource": "0"})


# --- what comes in


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_other_separators_are_recognised_and_told(separator, name):
    data = 'full_name;email\n"Müller; Anna";a@b\n"B, ""C""";c@d\n'.replace(";", separator).encode()
    rows, notes = read(data)
    assert [row["full_name"] for row in rows] == [f"Müller{separator} Anna", 'B, "C"'] and name in notes


def test_excels_own_first_line_names_the_separator():
    rows, notes = read(b"sep=;\r\nfull_name;email\r\nA,B;c\r\n")
    assert rows == [{"full_name": "A,B", "email": "c"}] and "semicolons" in notes


def test_a_comma_file_with_other_separators_in_its_cells_stays_one():
    assert read(b"id,body\n1,a;b|c\td\n2,e;f\n") == ([{"id": "1", "body": "a;b|c\td"}, {"id": "2", "body": "e;f"}], "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_recognised_and_all_but_utf8_are_told(encoding):
    rows, notes = read(PEOPLE.encode(encoding))
    assert rows == [{"full_name": "Jürgen Müßig", "email": "j@example.com"}]
    assert bool(notes) == (not encoding.startswith("utf-8"))
    assert ("Jürgen, Müßig" in notes) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Jürgen", "mac-roman"), ("Björn", "mac-roman"), ("André", "mac-roman"), ("Muñoz", "mac-roman"),
        ("田中太郎", "shift-jis"), ("日本", "shift-jis"), ("Иван", "cp1251"), ("Łukasz", "cp1250"), ("Jürgen", "cp437"),
    ],
)  # fmt: skip
def test_what_would_come_in_garbled_is_refused_with_a_way_out(text, encoding):
    with pytest.raises(Unreadable, match=r"Line 2 is not UTF-8.*\(\.xlsx\)"):
        recognised(f"full_name\n{text}\n".encode(encoding))


def test_one_broken_line_in_a_utf8_file_is_named_and_the_rest_not_garbled():
    with pytest.raises(Unreadable, match="Line 3 is not UTF-8, but the rest of the file is"):
        decoded("a\nJürgen\n".encode() + b"\xe9\n")


def test_empty_columns_and_rows_are_passed_over_and_told():
    rows, notes = read(b"full_name,email,,\nA,a@b,,\n,,,\nC,c@d\n\n")
    assert rows == [{"full_name": "A", "email": "a@b"}, {"full_name": "C", "email": "c@d"}]
    assert "2 empty columns passed over." in notes and "2 empty rows passed over." in notes


def test_a_value_under_no_name_is_not_lost_without_a_word():
    with pytest.raises(Unreadable, match="Row 1 has a value in column 2, which has no name"):
        csv_table("full_name,,email\nA,B,C\n")


def test_headings_are_ours_in_any_case_with_blanks_and_doubles_are_named():
    assert as_named(["Full_Name", "FULL NAME 2", "e mail"], ["full_name", "e_mail"]) == [
        "full_name",
        "FULL NAME 2",
        "e_mail",
    ]
    with pytest.raises(Unreadable, match="twice: email"):
        as_named(["Email", "EMAIL "], ["email"])


def test_a_page_of_an_api_list_is_told_for_what_it_is():
    page = {"object": "list", "data": [{"id": "cus_1"}], "has_more": True}
    rows, notes = read(json.dumps(page).encode(), Json)
    assert rows == [{"id": "cus_1"}] and "one page" in notes and "more objects are on other pages" in notes
    with pytest.raises(Unreadable, match="a list or an object is not a cell"):
        Json().create_dataset(json.dumps(page | {"data": [{"id": {}}]}).encode())


def test_the_preview_shows_what_was_recognised_and_the_import_follows_it(manager):
    page = preview(manager, "privacy/datasubject", "Full_Name ; EMAIL;\nJürgen;j@example.com;\n".encode("cp1252"))
    shown = page.content.decode()
    assert "Windows-1252" in shown and "separated by semicolons" in shown and "1 empty column passed over" in shown
    manager.post("/admin/privacy/datasubject/process_import/", page.context["confirm_form"].initial)
    assert DataSubject.objects.get().full_name == "Jürgen"


def test_zeros_that_a_spreadsheet_dropped_are_refused_where_they_can_be_known_and_told_where_not(manager):
    invoice = f.InvoiceFactory(number="0007")
    page = preview(manager, "billing/invoice", f"stripe_id,number\n{invoice.stripe_id},7\n".encode())
    assert "differs from what we hold by zeros in front" in page.content.decode()
    other = f.InvoiceFactory(number="X-1")
    page = preview(manager, "billing/invoice", f"stripe_id,number\n{other.stripe_id},7\n".encode())
    assert "Column number holds 1 plain number." in page.content.decode()
    assert Invoice.objects.get(pk=invoice.pk).number == "0007"


# --- workbooks


def test_a_workbook_comes_in_with_its_values_and_tells_its_other_sheets():
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        sheet, date = made.add_worksheet("People"), made.add_format({"num_format": "yyyy-mm-dd"})
        made.add_worksheet("Prices")
        sheet.write_row(0, 0, ["Full_Name", "number", "day", "whole", "sum", "", "true"])
        sheet.write_row(1, 0, ["Ada", "0007"])
        sheet.write_number(1, 2, 46022, date)
        sheet.write_number(1, 3, 12.0)
        sheet.write_formula(1, 4, "=1+1.5", None, 2.5)
        sheet.write_boolean(1, 6, True)
    rows, notes = read(out.getvalue(), Xlsx)
    assert rows == [
        {"Full_Name": "Ada", "number": "0007", "day": "2025-12-31", "whole": "12", "sum": "2.5", "true": "true"}
    ]
    assert "Only the first sheet, “People”, is read; not Prices." in notes


def test_a_cell_that_shows_an_error_or_lost_its_digits_is_no_empty_cell():
    import xlsxwriter

    for write in (lambda s: s.write_formula(1, 0, "=1/0", None, "#DIV/0!"), lambda s: s.write_number(1, 0, 1e17)):
        out = io.BytesIO()
        with xlsxwriter.Workbook(out) as made:
            sheet = made.add_worksheet()
            sheet.write_string(0, 0, "a")
            write(sheet)
        with pytest.raises(Unreadable, match="shows an error|15 digits"):
            Xlsx().create_dataset(out.getvalue())


def test_a_workbook_handed_in_as_text_is_told_to_be_one():
    with pytest.raises(Unreadable, match="choose the format xlsx"):
        Csv().create_dataset(Xlsx().export_data(Csv().create_dataset(b"a\nb\n")))


# --- what goes out

HOSTILE = [
    "=1+1", "+49 30 1234", "@x", "\t=1", "\uff1d1+1", "\u200b=1", "\ufeff=1", "\u2060+1", "\xad=1", "a;=1+1", "a\t=1",
    "a,=1", "a|=cmd", "a\n=1", "a;\u200b=1", "=cmd|' /C calc'!A0", "x\r@y", "'=1", "a;'=1", "-1+1", "x;-1+2",
    "\ufe661",
]  # fmt: skip
HARMLESS = ["", "-5", "-1.5", "a-b", "x = y", "12", "e-mail@example.com", "[1, -5]", "ü", "a;b", "1,-5,7"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_cell_is_run_with_whatever_separator_the_file_is_opened(text):
    line = spreadsheet.Lines().of(["x", text, "y"]).decode()
    for separator in ",;\t|":
        for cells in csv.reader(io.StringIO(line.replace('"', ""), newline=""), delimiter=separator):
            for cell in cells:
                seen = re.sub(f"^[{spreadsheet.BLANKS}]+", "", cell)
                assert not seen.startswith(tuple("=+@＝＋－＠﹦")) and not re.match(r"-(?!\d+$)", seen), (
                    separator,
                    cell,
                )


@pytest.mark.parametrize("text", HARMLESS, ids=ascii)
def test_numbers_and_prose_stay_readable(text):
    assert spreadsheet.neutral(text) == text


@given(st.text(max_size=8) | st.text("'=+-@\t\r\n ;,|＝1a\u200b", max_size=7))
@pytest.mark.parametrize("form", [Csv, Xlsx])
def test_every_text_comes_back_as_it_went_out(form, text):
    if why_not_storable(text):
        return
    dataset = Csv().create_dataset(b"a,b\nx,y\n").__class__(["x", text], headers=["a", "b"])
    out = form().export_data(dataset)
    assert read(out.encode() if isinstance(out, str) else out, form)[0] == [{"a": "x", "b": text}]


def test_csv_begins_with_the_mark_by_which_spreadsheets_know_utf8_and_json_does_not(manager):
    f.DataSubjectFactory(full_name="Jürgen")
    asked = {"resource": "0", "reason": "review"}
    files = [manager.post("/admin/privacy/datasubject/export/", asked | {"format": n}).content for n in "012"]
    assert files[0].startswith(b"\xef\xbb\xbf") and files[1].startswith(b"[") and files[2].startswith(b"PK")
    assert read(files[2], Xlsx)[0][0]["full_name"] == "Jürgen"


def test_a_text_too_long_for_a_workbook_is_told_and_not_left_out(manager):
    f.ScriptFactory(body="x" * 32_768)
    asked = {"format": "2", "resource": "0", "reason": "rights_request"}
    answer = manager.post("/admin/privacy/script/export/", asked)
    assert "a workbook&#x27;s cell takes 32,767. Choose CSV or JSON." in answer.content.decode()
