"""Screenplays in Fountain and Final Draft (FDX), spread over the studio's users; some are written by two."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import models

from kosenai_ops.studio.sources import SourceError, Tally, User, Watch, files_of, key, name_of, text_of, written
from privacy.fulfilment import intake
from privacy.fulfilment.intake import Arrival
from privacy.fulfilment.reading import why_not_storable
from privacy.models import Script, ScriptCoAuthor

FOLDER = "screenplays"
# The title page of Fountain: `Key: value`, or `Key:` and indented lines. Keys end in a full-width colon, too.
TITLE_KEY = re.compile(r"title\s*[:：][ \t]*(.*)", re.IGNORECASE)
NOTES_ABOVE = re.compile(r"\A(?:\s|\[\[.*?\]\]|/\*.*?\*/)+", re.DOTALL)
EMPHASIS = re.compile(r"[*_]+")


@dataclass(frozen=True)
class Screenplay:
    name: str
    format: str
    title: str
    body: str


def read(folder: Path) -> list[Screenplay]:
    """The screenplays of the folder, by name. Raises SourceError."""
    return [screenplay_of(file) for file in files_of(folder / FOLDER, ".fountain", ".fdx")]


def screenplay_of(file: Path) -> Screenplay:
    text = text_of(file)
    if reason := why_not_storable(text):
        raise SourceError(f"{name_of(file)}: {reason}.")
    if file.suffix.lower() == ".fdx":
        title, form = fdx_title(text, name_of(file)), Script.Format.FDX
    else:
        title, form = fountain_title(text), Script.Format.FOUNTAIN
    return Screenplay(name_of(file), form, (title or file.stem.replace("_", " "))[:300], text)


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
        root = ET.XML(text.encode(), parser=ET.XMLParser(target=NoDoctype(), encoding="utf-8"))  # noqa: S314
    except ET.ParseError as error:
        raise SourceError(f"{name}: line {error.position[0]} is not well-formed XML.") from error
    except ValueError as error:
        raise SourceError(f"{name} is not a Final Draft file: {error}.") from error
    if root.tag != "FinalDraft":
        raise SourceError(f"{name} is not a Final Draft file: it does not begin with FinalDraft.")
    paragraphs = root.iterfind("./TitlePage/Content/Paragraph")
    lines = ("".join(text.text or "" for text in paragraph.iter("Text")).strip() for paragraph in paragraphs)
    return next((line for line in lines if line), "")


def write(screenplays: Sequence[Screenplay], users: Sequence[User], watch: Watch) -> list[Tally]:
    """Every seventh user owns one; every third screenplay is the next user's, too."""
    owned = [(play, users[number * 7 % len(users)]) for number, play in enumerate(screenplays)]
    scripts = [
        Script(id=key("script", play.name), owner_id=user.id, title=play.title, format=play.format, body=play.body)
        for play, user in owned
        if user.id
    ]
    arrivals = written(scripts, take_in, watch)
    done = [next(arrivals) if user.id else user.left_out() for _, user in owned]
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
