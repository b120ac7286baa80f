"""One bad file stops nothing, file names unpack everywhere, and a zip can be read from front to back."""

import errno
import io
import json
import os
import shutil
import struct
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from privacy.fulfilment.package import uploads
from privacy.fulfilment.package.archive import Archive
from privacy.models import Upload
from tests import factories as f
from tests.fulfilment.exporting import entries_of, exported, unzipped

needs_rows = pytest.mark.django_db(transaction=True)


def gaps_of(content: dict[str, bytes]) -> dict[str, str]:
    """{place: reason} of the files that the package tells it lacks."""
    return {gap["what"]: gap["reason"] for gap in json.loads(content["manifest.json"])["gaps"] if gap["kind"] == "file"}


class Breaking(io.BytesIO):
    """A file whose disk fails behind its first bytes."""

    size = 20

    def read(self, size=-1):
        if self.tell():
            raise OSError(errno.EIO, "Input/output error")
        return super().read(10)


@pytest.fixture
def faulty(monkeypatch):
    """Call it with an upload and what its storage does instead of opening it."""
    honest, answers = FileSystemStorage.open, {}

    def opened(storage, name, mode="rb"):
        match answers.get(name):
            case None:
                return honest(storage, name, mode)
            case OSError() as fault:
                raise fault
            case file:
                return file

    monkeypatch.setattr(FileSystemStorage, "open", opened)
    return lambda upload, answer: answers.update({upload.file.name: answer})


@needs_rows
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (FileNotFoundError(), "no longer in our storage"),
        (PermissionError(errno.EACCES, "Permission denied"), "does not hand the file out"),
        (OSError(errno.EIO, "Input/output error"), "does not hand the file out"),
        (OSError(errno.ENAMETOOLONG, "File name too long"), "does not hand the file out"),
        (OSError(errno.ESTALE, "Stale file handle"), "does not hand the file out"),
    ],
    ids=lambda v: type(v).__name__ + str(getattr(v, "errno", "")) if isinstance(v, OSError) else "",
)
def test_an_upload_that_cannot_be_opened_is_a_gap_with_its_name_and_the_others_are_there(faulty, fault, words):
    person = f.DataSubjectFactory()
    good, bad = f.UploadFactory(owner=person), f.UploadFactory(owner=person, name="lost reel.mov")
    faulty(bad, fault)
    package = exported(person)
    content = unzipped(package)
    [(place, reason)] = gaps_of(content).items()
    assert place == f"files/{bad.id}/lost_reel.mov" and words in reason
    assert [name for name in content if name.startswith("files/")] == [f"files/{good.id}/{good.name}"]
    assert package.files == 1 and b"lost_reel.mov" in content["index.html"]


@needs_rows
def test_an_upload_that_breaks_off_half_way_is_told_with_what_could_be_read(faulty):
    person = f.DataSubjectFactory()
    bad, good = f.UploadFactory(owner=person, name="reel.mov"), f.UploadFactory(owner=person)
    faulty(bad, Breaking(b"0123456789abcdefghij"))
    package = exported(person)
    content = unzipped(package)
    [(place, reason)] = gaps_of(content).items()
    assert place == f"files/{bad.id}/reel.mov" and "no more than its first 10 bytes" in reason
    assert content[place] == b"0123456789"
    assert package.files == 1 and f"files/{good.id}/{good.name}" in content


@needs_rows
def test_a_stored_name_too_long_for_any_disk_is_a_gap():
    person = f.DataSubjectFactory()
    bad = f.UploadFactory(owner=person)
    Upload.objects.filter(pk=bad.pk).update(file="uploads/" + "🎬" * 100)
    assert [*gaps_of(unzipped(exported(person)))] == [f"files/{bad.id}/{bad.name}"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("📷.jpg", "file.jpg"), ("!!!.pdf", "file.pdf"), ("🎬.fdx", "file.fdx"), ("🎬" * 64, "file"),
        ("🎬" * 60 + ".fdx", "file.fdx"), ("CON", "_CON"), ("aux.txt", "_aux.txt"), ("nul.tar.gz", "_nul.tar.gz"),
        ("Lpt¹.x", "_Lpt¹.x"), ("console.log", "console.log"), (".📷", "file"), ("-rf", "-rf"),
        ("scene. . .", "scene"), ("scene.pdf. ", "scene.pdf"), ("...", "file"), ("../../x", "_.._x"),
        ("cod\u202efdp.exe", "codfdp.exe"), ("e\u0301.txt", "é.txt"), ("हिन्दी.txt", "हिन्दी.txt"),
        ("a." + "y" * 40, "a." + "y" * 40),
    ],
)  # fmt: skip
def test_a_name_keeps_its_extension_and_unpacks_on_every_disk(name, safe):
    assert uploads.safe_name(name) == safe
    assert uploads.safe_name(safe) == safe


@needs_rows
def test_many_names_of_one_person_unpack_with_every_program_at_hand(tmp_path):
    person = f.DataSubjectFactory()
    names = ["📷.jpg", "Scene.PDF", "Scene.PDF", "e\u0301.txt", "é.txt", "CON", "🎬" * 62 + ".fdx"]
    rows = [f.UploadFactory(owner=person, name=name) for name in names]
    package = exported(person)
    places = [name for name in unzipped(package) if name.startswith("files/")]
    assert len(places) == len({place.casefold() for place in places}) == len(rows)
    if program := shutil.which("unzip"):
        subprocess.run([program, "-q", package.file.path, "-d", str(tmp_path)], check=True)
        assert all((tmp_path / place).read_bytes() for place in places)


def test_two_files_of_one_row_and_one_name_stand_beside_each_other():
    taken: set[str] = set()
    assert [uploads._free_place(p, taken) for p in ("f/A.pdf", "f/a.pdf", "f/a.pdf", "f/b.pdf")] == [
        "f/A.pdf", "f/a_2.pdf", "f/a_3.pdf", "f/b.pdf",
    ]  # fmt: skip


# --- from front to back


def read_forward(data: bytes) -> dict[str, bytes]:
    """A zip as a program reads it that cannot go back, the sizes in four bytes behind each file (APPNOTE 4.3.9)."""
    found, at = {}, 0
    while data[at : at + 4] == b"PK\x03\x04":
        flags, method, length, extra = (
            *struct.unpack("<6xHH", data[at : at + 10]),
            *struct.unpack("<HH", data[at + 26 : at + 30]),
        )
        name = data[at + 30 : at + 30 + length].decode()
        assert flags & 8 and method == 8 and extra == 0, name
        inflate = zlib.decompressobj(-15)
        content = inflate.decompress(data[at + 30 + length :])
        at = len(data) - len(inflate.unused_data)
        sign, crc, _, size = struct.unpack("<4sLLL", data[at : at + 16])
        assert (sign, crc, size) == (b"PK\x07\x08", zlib.crc32(content), len(content)), name
        found[name], at = content, at + 16
    return found


@needs_rows
def test_a_package_is_read_the_same_from_front_to_back():
    person = f.person_with_everything()
    f.UploadFactory(owner=person, name="empty.txt", file__data=b"")
    package = exported(person)
    data = Path(package.file.path).read_bytes()
    assert read_forward(data) == entries_of(data)


FORWARD = """
import java.util.zip.*;
public class Forward { public static void main(String[] a) throws Exception {
    ZipInputStream in = new ZipInputStream(System.in); ZipEntry e; byte[] b = new byte[65536]; int r;
    while ((e = in.getNextEntry()) != null) {
        long n = 0; while ((r = in.read(b)) > 0) n += r; System.out.println(e.getName() + " " + n); }
} }
"""


def test_java_reads_the_zip_from_a_stream(tmp_path):
    if not shutil.which("java"):
        return  # where there is no Java, the reader above stands for it
    out = io.BytesIO()
    with Archive(out, datetime.now(UTC)) as archive:
        archive.add("index.html", "hello " * 1000)
        archive.add("empty.txt", "")
    (tmp_path / "Forward.java").write_text(FORWARD)
    said = subprocess.run(
        ["java", str(tmp_path / "Forward.java")], input=out.getvalue(), capture_output=True, check=True, env=os.environ
    )
    assert said.stdout.decode().split("\n") == ["index.html 6000", "empty.txt 0", ""]


def test_a_file_beyond_the_limit_of_a_plain_zip_is_written_and_found_again(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    out = io.BytesIO()
    with Archive(out, datetime.now(UTC)) as archive:
        with archive.entry("told before", size=5000) as entry:
            entry.write(b"x" * 5000)
        with archive.entry("grown") as entry:
            entry.write(b"y" * 5000)
    assert {name: len(content) for name, content in entries_of(out.getvalue()).items()} == {
        "told before": 5000,
        "grown": 5000,
    }
