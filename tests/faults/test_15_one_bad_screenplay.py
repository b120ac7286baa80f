"""One screenplay that cannot be read stays out and is told; the others come in."""

import io
import shutil

import pytest
from django.core.management import call_command

from privacy.models import Script

pytestmark = pytest.mark.django_db
FOLDERS = ("clerk-user-import", "screenplays", "prompts-chat", "stripe-fixtures", "dj-stripe-fixtures")
FDX = '<?xml version="1.0" encoding="{0}"?><FinalDraft><TitlePage><Content><Paragraph><Text>Größe</Text></Paragraph></Content></TitlePage></FinalDraft>'  # noqa: E501


@pytest.fixture
def studio(shared_data, tmp_path):
    for name in FOLDERS:
        shutil.copytree(shared_data / name, tmp_path / name, copy_function=shutil.copyfile)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(folder) -> str:
    out = io.StringIO()
    call_command("import_studio", folder, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("zz.fdx", b"<FinalDraft>", "zz.fdx: line 1 is not well-formed XML."),
        ("zz.fdx", b"<html/>", "zz.fdx is not a Final Draft file"),
        ("zz.fdx", b'<!DOCTYPE x [<!ENTITY a "b">]><FinalDraft/>', "it declares a document type."),
        ("zz.fdx", FDX.format("x-unknown").encode(), "which is not read here"),
        ("zz.fountain", b"\xff\xfe\x00", "text in UTF-16 that is damaged"),
        ("zz.fountain", "Title: Größe".encode("mac-roman"), "no other encoding fits for sure"),
        ("zz.fountain", b"Title: a\x00b", "a NUL character cannot be stored"),
        ("zz.fountain", b"x" * 1_000_001, "1,000,000 is the most"),
        ("zz.fountain", b"x" * (10 * 1024**2 + 1), "more than 10 MB"),
    ],
)
def test_it_stays_out_and_is_told_and_the_others_are_there(studio, name, content, words):
    there = len([*(studio / "screenplays").glob("*.f*")])
    (studio / "screenplays" / name).write_bytes(content)
    said = run(studio)
    assert words in said and "zz" in said
    assert Script.objects.count() == there


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("zz.fountain", "Title: Größe\n\nINT. CAFÉ".encode("cp1252")),
        ("zz.fountain", "Title: Größe\n\nINT. CAFÉ".encode("utf-16")),
        ("zz.fdx", FDX.format("windows-1252").encode("cp1252")),
        ("zz.fdx", FDX.format("iso-8859-1").encode("latin-1")),
        ("zz.fdx", FDX.format("macintosh").encode("mac-roman")),
        ("zz.fdx", FDX.format("UTF-16").encode("utf-16")),
        ("zz.fdx", FDX.format("UTF-8").encode("utf-8-sig")),
    ],
)
def test_other_encodings_are_decoded(studio, name, content):
    (studio / "screenplays" / name).write_bytes(content)
    run(studio)
    assert Script.objects.filter(title="Größe").exists()
