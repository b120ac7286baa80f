"""Names of people as they are compared: a name typed without its accents, or in capitals, is the same name."""

import unicodedata

# Letters that decompose into nothing, and that keyboards elsewhere do not have.
WITHOUT_A_BASE = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
)


def fold(text: str) -> str:
    """`zofia zielinska` of `Zofia  ZIELIŃSKA`. What is folded already stays as it is."""
    bare = _without_marks(_without_marks(text).casefold())
    return " ".join(bare.translate(WITHOUT_A_BASE).split())


def _without_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """The folded words, in order: `["o", "brien", "lee"]` of `O’Brien-Lee`."""
    return "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in fold(text)).split()
