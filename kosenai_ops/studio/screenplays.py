"""Screenplays in Fountain and Final Draft (FDX), spread over the studio's users; some are written by two."""

import codecs
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import models

from kosenai_ops.studio.sources import SourceError, Tally, User, Watch, bytes_of, files_of, key, name_of, written
from privacy.fulfilment import intake
from privacy.fulfilment.intake import Arrival, Outcome
from privacy.fulfilment.reading import MAX_BYTES, MAX_CELL, Unreadable, recognised, why_not_storable
from privacy.models import Script, ScriptCoAuthor

FOLDER = "screenplays"
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


def read(folder: Path) -> list[Screenplay]:
    """The screenplays of the folder, by name; one that cannot be read is among them with the reason, and keeps its
    number, by which the others find their owners. Raises SourceError for a missing or empty folder."""
    return [readable(file) for file in files_of(folder / FOLDER, ".fountain", ".fdx")]


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


def arrived(play: Screenplay, user: User, arrivals: Iterator[Arrival]) -> Arrival:
    """What became of this one; `arrivals` are of those that were handed in."""
    if play.stays_out:
        return Arrival(Outcome.SKIPPED, None, play.told)
    if not user.id:
        return user.left_out()
    arrival = next(arrivals)
    return replace(arrival, reason=arrival.reason or play.told)


def write(screenplays: Sequence[Screenplay], users: Sequence[User], watch: Watch) -> list[Tally]:
    """Every seventh user owns one; every third screenplay is the next user's, too."""
    owned = [(play, users[number * 7 % len(users)]) for number, play in enumerate(screenplays)]
    scripts = [
        Script(id=key("script", play.name), owner_id=user.id, title=play.title, format=play.format, body=play.body)
        for play, user in owned
        if user.id and not play.stays_out
    ]
    arrivals = written(scripts, take_in, watch)
    done = [arrived(play, user, arrivals) for play, user in owned]
    together = [
        ScriptCoAuthor(id=key("co-author", play.name), script=arrival.row, subject_id=user.id)
        for number, (play, arrival) in enumerate(zip(screenplays, done, strict=True))
        if number % 3 == 0 and arrival.row and (user := users[(number * 7 + 1) % len(users)]).id
    ]
    suffixes = {Script.Format.FOUNTAIN: "*.fountain", Script.Format.FDX: "*.fdx"}
    return [
        *(
            Tally.of(
                f"{FOLDER}/{suffix}", "scripts", [a for (p, _), a in zip(owned, done, strict=True) if p.format == f]
            )
            for f, suffix in suffixes.items()
        ),
        Tally.of(FOLDER, "co-authors", written(together, take_in, watch)),
    ]


def take_in(rows: Sequence[models.Model]) -> list[Arrival]:
    return intake.take_in(rows=rows, actor=None)
