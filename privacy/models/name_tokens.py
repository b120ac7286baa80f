"""The words of people's names as the search compares them: which spellings are one, and where a word begins."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate

from django.db import models

from privacy.models.subjects import DataSubject

LONGEST = 64  # characters of a token; a B-tree's row has no room for what NFKD makes of the longest names
# Letters that Unicode takes for letters of their own, and that people type without their stroke, or as the other one.
LETTERS = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i", "æ": "ae", "œ": "oe",
    "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": None,
    **{chr(hiragana): chr(hiragana + 0x60) for hiragana in range(0x3041, 0x3097)},
})  # fmt: skip
# How ä, ö, ü, å, æ and ø are written without their marks: Mueller, Müller and Muller are one. What begins a word still
# begins it afterwards.
PAIRS = re.compile(r"([aou])e|aa")
VOICED = (8, 9)  # combining classes of what makes other letters in kana and in the scripts of India
# Scripts in which no blank parts the family's name from the given one: Han, kana, Hangul.
UNPARTED = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff々]")


class NameToken(models.Model):
    """A person's name from one of its words on, without what parts the words: `annalukasz` and `lukasz` of Anna Łukasz.
    Whoever types a word from its start, or the words in one, has typed how a token begins.

    Bytes, because a range of them is a prefix on every database; a range of text follows the server's language.
    """

    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="name_tokens", db_index=False)
    token = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "token"], name="name_token_once")]
        indexes = [models.Index(fields=["token", "subject"], name="name_token_prefix")]

    def __str__(self):
        return f"Word of the name of {self.subject_id!s:.8}"


def tokens_of(name: str) -> set[bytes]:
    """By what the name is found. A name has one, unless it is nothing but blanks."""
    words = words_of(name)
    whole, begins = "".join(words), accumulate(map(len, words), initial=0)
    starts = (begin + at for begin, word in zip(begins, words, strict=False) for at in _starts(word))
    return {whole[start : start + LONGEST].encode() for start in starts}


def words_of(text: str) -> list[str]:
    """The words in one spelling. Signs alone, such as 🎬 or !!!, are a word too."""
    text = folded(text)
    words = "".join(" " if _parts(character) else character for character in text).split()
    return words or text.split()


def folded(text: str) -> str:
    """Without accents, case, width, invisible characters and the like."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(c for c in decomposed if not _is_left_out(c))
    return PAIRS.sub(lambda pair: pair[1] or "a", unicodedata.normalize("NFC", kept).translate(LETTERS))


def words_at(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, word in one spelling) of a text's words, in characters; where no blank parts words, of each letter,
    and of each sign such as < or 🎬. One after the other they make tokens, as those of a name do."""
    start = -1
    for at, character in enumerate(f"{text} "):
        is_alone = UNPARTED.match(character) or unicodedata.category(character) in ("Sm", "Sc", "So")
        if start >= 0 and (is_alone or _parts(character) and not _is_left_out(character)):
            yield start, at, "".join(words_of(text[start:at]))
            start = -1
        if is_alone:
            yield at, at + 1, folded(character)
        elif start < 0 and not _parts(character):
            start = at


def token_of(name: str) -> bytes:
    """The token that begins with a name's first word."""
    return "".join(words_of(name))[:LONGEST].encode()


def prefix(word: str) -> tuple[bytes, bytes]:
    """The range, (from, below), of the tokens that begin so. No byte of UTF-8 is ff."""
    begins = word[:LONGEST].encode()
    return begins, begins + b"\xff"


def _starts(word: str) -> list[int]:
    return [0, *(at for at in range(1, len(word)) if UNPARTED.match(word[at]))]


def _is_left_out(character: str) -> bool:
    accent = unicodedata.combining(character) not in (0, *VOICED)
    return accent or unicodedata.category(character) in ("Cf", "Cc", "Cs") and not character.isspace()


def _parts(character: str) -> bool:
    """Whether it stands between words: blanks, signs of punctuation, and letters that stand for an apostrophe."""
    return unicodedata.category(character)[0] in "PZC" or unicodedata.category(character) == "Sk" or (
        "\u02b0" <= character <= "\u02ff"
    )  # fmt: skip
