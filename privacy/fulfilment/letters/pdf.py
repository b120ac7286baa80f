"""A letter on paper, A4, made whenever it is asked for from what is kept sealed."""

from collections.abc import Container
from datetime import date

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from fpdf import FPDF
from fpdf.fonts import TTFFont

from privacy.fulfilment.letters.rendering import Draft

# DejaVu Sans (dejavu-fonts.github.io, its own free licence): Latin, Greek, Cyrillic, Arabic, Hebrew and more.
FONT = settings.BASE_DIR / "static" / "privacy" / "fonts" / "DejaVuSans.ttf"
MARGIN, LINE = 22, 5.6  # mm
UNPRINTABLE = "\u25a1"


def made(draft: Draft, to: str, language: str, on: date, late: dict[str, str] | None = None) -> bytes:
    """The file. `to` are the lines of the address; what the font lacks is printed as a box."""
    page = FPDF(format="A4")
    page.set_margins(MARGIN, MARGIN, MARGIN)
    page.set_auto_page_break(auto=True, margin=MARGIN)
    page.add_font("letters", fname=FONT)
    page.set_title(draft.subject)
    page.set_lang(language)
    page.add_page()
    known = glyphs(page)
    with translation.override(language):
        day = date_format(on, "DATE_FORMAT")
    for size, text, after in ((9, "Kosenai", 14), (11, to, 14), (11, day, 8), (13, draft.subject, 6)):
        write(page, size, text, known)
        page.ln(after)
    for paragraph in draft.paragraphs(late):
        write(page, 11, paragraph, known)
        page.ln(3)
    return bytes(page.output())


def write(page: FPDF, size: int, text: str, known: Container[int]) -> None:
    page.set_font("letters", size=size)
    page.multi_cell(0, LINE * size / 11, printable(text, known), align="L", new_x="LMARGIN", new_y="NEXT")


def printable(text: str, known: Container[int]) -> str:
    return "".join(c if c in "\n" or ord(c) in known else UNPRINTABLE for c in text)


def unprintable(text: str) -> set[str]:
    """The characters for which paper shows a box."""
    page = FPDF()
    page.add_font("letters", fname=FONT)
    known = glyphs(page)
    return {c for c in text if c != "\n" and ord(c) not in known}


def glyphs(page: FPDF) -> Container[int]:
    """The characters that the font has, by number."""
    font = page.fonts["letters"]
    return font.cmap if isinstance(font, TTFFont) else range(0)
