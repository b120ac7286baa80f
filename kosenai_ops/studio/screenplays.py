"""Screenplays in Fountain and Final Draft (FDX), spread over the studio's users; some are written by two."""

import codecs
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kosenai_ops.studio import people
from kosenai_ops.studio.sources import Part, SourceError, Tally, User, bytes_of, files_of, key, name_of
from privacy.fulfilment.importing import content
from privacy.fulfilment.importing.arrivals import Arrival, Outcome
from privacy.fulfilment.importing.reading import MAX_BYTES, MAX_CELL, Unreadable, recognised, why_not_storable
from privacy.models import Script, ScriptCoAuthor

FOLDER = "screenplays"
SUFFIXES = (".fountain", ".fdx")
SOURCE_OF = {Script.Format.FOUNTAIN: f"{FOLDER}/*.fountain", Script.Format.FDX: f"{FOLDER}/*.fdx"}
# The title page of Fountain: `Key: value`, or `Key:` and indented lines. Keys end in a full-width colon, too.
TITLE_KEY = re.compile(r"title\s*[:：][ \t]*(.*)", re.IGNORECASE)
NOTES_ABOVE = re.compile(r"\A(?:\s|\[\[.*?\]\]|/\*.*?\*/)+", re.DOTALL)
DECLARATION = re.compile(rb"""<\?xml[^<>]{1,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENCODINGS = (
    "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1250", "windows-1251", "windows-1252", "macintosh", "shift_jis",
)  # fmt: skip
EMPHASIS = re.compile(r"[*_]+")


@dataclass(frozen=True)
class Screenplay:
    name: str
    format: str
    title: str
    body: str
    told: str = ""  # of one that was not in UTF-8, or why it must stay out
    stays_out: bool = False


@dataclass(frozen=True)
class Owned:
    """A screenplay, its owner, and who has written it with them."""

    play: Screenplay
    owner: User
    other: User | None

    @property
    def may_come(self) -> bool:
        return bool(self.owner.id) and not self.play.stays_out

    def script(self) -> Script:
        play = self.play
        place = key("script", play.name)
        return Script(id=place, owner_id=self.owner.id, title=play.title, format=play.format, body=play.body)

    def left_out(self) -> Arrival:
        return Arrival(Outcome.SKIPPED) if self.play.stays_out else self.owner.left_out()


def files(folder: Path) -> list[Path]:
    """Raises SourceError for a missing or empty folder."""
    return files_of(folder / FOLDER, *SUFFIXES)


def check(folder: Path) -> tuple[int, list[Tally]]:
    """(how many there are, what is to be told of those that stay out or were not in UTF-8). Raises SourceError."""
    told = {form: Tally(source, "scripts") for form, source in SOURCE_OF.items()}
    for play in read(folder):
        if play.told:
            told[play.format].reasons[play.told] += 1
    return len(files(folder)), [*told.values()]


def read(folder: Path) -> Iterator[Screenplay]:
    """The screenplays of the folder, by name; one that cannot be read is among them with the reason, and keeps its
    number, by which the others find their owners. Raises SourceError for a missing or empty folder."""
    return map(readable, files(folder))


def readable(file: Path) -> Screenplay:
    try:
        return screenplay_of(file)
    except SourceError as error:
        return Screenplay(name_of(file), form_of(file), "", "", str(error), stays_out=True)


def form_of(file: Path) -> Script.Format:
    return Script.Format.FDX if file.suffix.lower() == ".fdx" else Script.Format.FOUNTAIN


def screenplay_of(file: Path) -> Screenplay:
    text, told = declared(bytes_of(file, MAX_BYTES), file) if form_of(file) == Script.Format.FDX else plain(file)
    if len(text) > MAX_CELL:
        raise SourceError(f"{name_of(file)} has {len(text):,} characters; {MAX_CELL:,} is the most.")
    if reason := why_not_storable(text):
        raise SourceError(f"{name_of(file)}: {reason}.")
    title = fdx_title(text, name_of(file)) if form_of(file) == Script.Format.FDX else fountain_title(text)
    return Screenplay(name_of(file), form_of(file), (title or file.stem.replace("_", " "))[:300], text, told)


def plain(file: Path) -> tuple[str, str]:
    """(text, what is to be told of its encoding). Raises SourceError."""
    try:
        text, note = recognised(bytes_of(file, MAX_BYTES))
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error
    return text, f"{name_of(file)} is not in UTF-8; look whether its letters came in right." if note else ""


def declared(data: bytes, file: Path) -> tuple[str, str]:
    """The same of XML, which says itself what it is written in (XML 1.0, 4.3.3)."""
    encoding = found[1].decode().lower() if (found := DECLARATION.match(data)) else ""
    if encoding in ("", "utf-8", "utf-16") or data.startswith(BYTE_ORDER_MARKS):
        return plain(file)
    try:
        if encoding not in ENCODINGS:
            raise SourceError(f"{name_of(file)} is in {encoding}, which is not read here. Save it as UTF-8.")
        return data.decode(encoding), ""
    except UnicodeDecodeError as error:
        raise SourceError(f"{name_of(file)} says that it is {encoding}, and is not. Save it as UTF-8.") from error


def fountain_title(text: str) -> str:
    """The title on the title page, without emphasis, its lines joined; empty when there is no title page."""
    lines = NOTES_ABOVE.sub("", text, count=1).splitlines()
    for number, line in enumerate(lines):
        if not line.strip():
            return ""  # the title page ends with an empty line
        if match := TITLE_KEY.fullmatch(line.rstrip()):
            indented = []
            for below in lines[number + 1 :]:
                if not below.startswith((" ", "\t")) or not below.strip():
                    break
                indented.append(below)
            return " ".join(plain for part in (match[1], *indented) if (plain := EMPHASIS.sub("", part).strip()))
    return ""


class NoDoctype(ET.TreeBuilder):
    """A Final Draft file declares no document type. Refused before anything in it is expanded, so that no entity is
    (expat's own limit stops a billion laughs at some megabytes, and an outside entity is never fetched)."""

    def doctype(self, name, public_id, system_id):
        raise ValueError("it declares a document type")


def fdx_title(text: str, name: str) -> str:
    """The first line of the title page; empty when there is none. Raises SourceError for what is not FDX."""
    try:
        root = ET.XML(text.encode(), parser=ET.XMLParser(target=NoDoctype(), encoding="utf-8"))  # noqa: S314  (NoDoctype)
    except ET.ParseError as error:
        raise SourceError(f"{name}: line {error.position[0]} is not well-formed XML.") from error
    except ValueError as error:
        raise SourceError(f"{name} is not a Final Draft file: {error}.") from error
    if root.tag != "FinalDraft":
        raise SourceError(f"{name} is not a Final Draft file: it does not begin with FinalDraft.")
    paragraphs = root.iterfind("./TitlePage/Content/Paragraph")
    lines = ("".join(text.text or "" for text in paragraph.iter("Text")).strip() for paragraph in paragraphs)
    return next((line for line in lines if line), "")


def part(folder: Path, users: int) -> Part[Owned]:
    """Every seventh user owns one; every third screenplay is the next user's, too."""
    pairs = [(number * 7 % users, (number * 7 + 1) % users) for number in range(len(files(folder)))]
    here = people.arrived(folder, {number for pair in pairs for number in pair})
    rows = (
        Owned(play, here[owner], here[other] if number % 3 == 0 else None)
        for number, (play, (owner, other)) in enumerate(zip(read(folder), pairs, strict=True))
    )
    return Part(rows, write)


def write(some: Sequence[Owned]) -> list[Tally]:
    """What is to be told of a file by its name, the check has told; here it only stays out."""
    arrivals = iter(content.take_in(rows=[owned.script() for owned in some if owned.may_come], actor=None))
    done = [(owned, next(arrivals) if owned.may_come else owned.left_out()) for owned in some]
    together = [
        ScriptCoAuthor(id=key("co-author", owned.play.name), script=arrival.row, subject_id=owned.other.id)
        for owned, arrival in done
        if owned.other and owned.other.id and arrival.row
    ]
    scripts = [
        Tally.of(source, "scripts", [arrival for owned, arrival in done if owned.play.format == form])
        for form, source in SOURCE_OF.items()
    ]
    return [*scripts, Tally.of(FOLDER, "co-authors", content.take_in(rows=together, actor=None))]
