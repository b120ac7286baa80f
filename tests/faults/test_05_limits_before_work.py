"""No small file hangs a process: whatever comes in is measured before it is worked on, and refused with a sentence."""

import io
import json
import time
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from privacy.admin.tables.formats import Csv, Json, Xlsx
from privacy.fulfilment.importing import files
from privacy.fulfilment.importing.reading import Unreadable
from privacy.fulfilment.importing.workbooks import as_workbook
from privacy.fulfilment.package import output
from tests import factories as f

SECONDS = 3  # of the processor; each takes less than half of it alone on a quiet machine
SHEET = "xl/worksheets/sheet1.xml"


def workbook(**parts: str) -> bytes:
    """A workbook of one cell with some of its parts replaced: `sheet` is what stands between the rows' tags."""
    plain, out = zipfile.ZipFile(io.BytesIO(as_workbook(["clerk_id"], [["user_1"]]))), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in plain.namelist():
            content = plain.read(name).decode()
            if name == SHEET and "sheet" in parts:
                content = f"<worksheet><sheetData>{parts['sheet']}</sheetData></worksheet>"
            made.writestr(name, content)
        for name in parts.get("more", ()):
            made.writestr(name, "")
    return out.getvalue()


def cell(reference: str) -> str:
    return f'<row><c r="{reference}"><v>1</v></c></row>'


HOSTILE = {
    "40,000 columns, each twice": (Csv, lambda: ",".join(f"c{n // 2}" for n in range(40_000)).encode(), "65,536"),
    "20,000 columns on many lines": (
        Csv, lambda: b",".join(b'"c\n%d"' % (n // 2) for n in range(20_000)) + b"\n", "20,000 columns",
    ),
    "one line of 10 MB": (Csv, lambda: b"a" * 10 * 1024**2, "65,536"),
    "one row of two million cells": (Csv, lambda: b"a,b\n" + b"a," * 2_000_000, "2,000,001 cells"),
    "a million empty lines": (Csv, lambda: b"\n" * 1_000_000, "is empty"),
    "rows of nothing": (Csv, lambda: b"a,b\n" + b",\n" * 2_000_000, "most of them empty"),
    "a million quotes": (Csv, lambda: b"a\n" + b'"' * 1_000_001, "never closed"),
    "five million rows": (Csv, lambda: b"a\n" * 5_000_000, "at most 10,000"),
    "foreign letters only": (Csv, lambda: b"a;b\n" + b"\xe9" * 9_000_000, "not UTF-8"),
    "more than 10 MB": (Csv, lambda: b"a\n" * (6 * 1024**2), "10 MB"),
    "JSON nested deeply": (Json, lambda: b"[" * 5_000_000, "too deeply"),
    "JSON objects nested deeply": (Json, lambda: b'{"a":' * 1_000_000, "too deeply"),
    "a million JSON objects": (Json, lambda: b"[" + b"{}," * 1_000_000 + b"{}]", "1,000,001 rows"),
    "a key of its own in each of 10,000 objects": (
        Json, lambda: json.dumps([{f"k{n}": 1} for n in range(10_000)]).encode(), "200 different keys",
    ),
    "a sheet of 16,384 columns": (
        Xlsx, lambda: workbook(sheet="<row>" + "<c><v>1</v></c>" * 16_384 + "</row>"), "200 columns",
    ),
    "the last cell of a sheet": (Xlsx, lambda: workbook(sheet=cell("A1") + cell("XFD1048576")), "1,048,576"),
    "a cell beyond every sheet": (Xlsx, lambda: workbook(sheet=cell("AAA99999999")), "no sheet has"),
    "half a million empty cells": (Xlsx, lambda: workbook(sheet="<row>" + "<c/>" * 2_000_000), "250,000 cells"),
    "a zip bomb": (Xlsx, lambda: workbook(sheet="x" * 80 * 1024**2), "more than 64 MB"),
    "a text of 60 MB": (Xlsx, lambda: workbook(sheet="x" * 60 * 1024**2), "half a million bytes"),
    "a tag of 200,000 attributes": (
        Xlsx, lambda: workbook(sheet="<c " + " ".join(f'a{n}="1"' for n in range(200_000))), "half a million bytes",
    ),
    "tags nested deeply": (Xlsx, lambda: workbook(sheet="<a>" * 1_000_000), "cells"),
    "2,000 parts": (Xlsx, lambda: workbook(more=[f"x{n}" for n in range(2_000)]), "1,000 parts"),
    "no workbook": (Xlsx, lambda: b"PK\x03\x04" + b"x" * 1_000_000, "not an Excel workbook"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_small_hostile_file_is_refused_at_once_with_a_sentence(name):
    form, make, words = HOSTILE[name]
    data = make()
    started = time.process_time()
    with pytest.raises(Unreadable, match=words):
        form().create_dataset(data)
    assert time.process_time() - started < SECONDS


def test_a_shared_text_that_every_cell_repeats_is_counted_wherever_it_stands():
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 9_000))
    plain, out = zipfile.ZipFile(io.BytesIO(workbook(sheet=rows))), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in set(plain.namelist()) - {"xl/sharedStrings.xml"}:
            made.writestr(name, plain.read(name))
        made.writestr("xl/sharedStrings.xml", f"<sst><si><t>{'x' * 30_000}</t></si></sst>")
    with pytest.raises(Unreadable, match="characters"):
        Xlsx().create_dataset(out.getvalue())


def test_a_workbook_whose_list_of_sizes_lies_is_not_believed():
    data = bytearray(workbook(sheet="x" * 1_000_000))
    at = data.rindex(SHEET.encode()) - 46 + 24  # the size in the list at the end (APPNOTE 4.3.12)
    data[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(Unreadable):
        Xlsx().create_dataset(bytes(data))


def test_a_document_type_is_refused_before_its_entities_multiply():
    plain, out = zipfile.ZipFile(io.BytesIO(workbook())), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in plain.namelist():
            bomb = b'<!DOCTYPE a [<!ENTITY b "x">]><worksheet>&b;</worksheet>'
            made.writestr(name, bomb if name == SHEET else plain.read(name))
    with pytest.raises(Unreadable, match="document type"):
        Xlsx().create_dataset(out.getvalue())


def test_a_key_of_megabytes_is_refused_like_any_that_is_none():
    with pytest.raises(ValueError, match="not an age public key"):
        output.check_recipient_key("age1" + "q" * 10_000_000)


# --- the doors


@pytest.fixture
def manager(client, db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(f.StaffFactory(role="manager"))
    return client


def test_the_import_page_answers_the_heading_that_hung_it(manager):
    data = ",".join(f"c{n // 2}" for n in range(40_000)).encode()
    started = time.process_time()
    answer = manager.post(
        "/admin/privacy/datasubject/import/",
        {"import_file": SimpleUploadedFile("a.csv", data), "format": "0", "resource": "0"},
    )
    assert "The first line has more than 65,536 characters" in answer.content.decode()
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(
    ("form", "words"), [("0", "first line"), ("1", "not well-formed JSON"), ("2", "not an Excel workbook")]
)
def test_a_file_kept_earlier_that_cannot_be_read_now_is_an_answer_and_no_crash(manager, form, words):
    name = files.keep(b"x" * 70_000)
    answer = manager.post(
        "/admin/privacy/datasubject/process_import/",
        {"import_file_name": name, "original_file_name": "a", "format": form, "resource": "0"},
        follow=True,
    )
    [message] = [str(m) for m in answer.context["messages"]]
    assert message.startswith("Nothing was imported. ") and words in message


def test_a_selection_is_not_compared_with_every_row_of_the_table(manager):
    f.DataSubjectFactory.create_batch(3)
    chosen = {"format": "0", "resource": "0", "reason": "review", "export_items": [str(n) for n in range(2_000)]}
    started = time.process_time()
    assert manager.post("/admin/privacy/datasubject/export/", chosen).status_code == 200
    assert time.process_time() - started < SECONDS
