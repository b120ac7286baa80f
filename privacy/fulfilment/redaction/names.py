"""Whose names stand in texts: found by the words of the texts, each a look into the index of the words of names, and
not by reading people, of whom there may be a million."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, pairwise
from typing import Any
from uuid import UUID

from django.db import connection

from privacy.datamap.names import table_of
from privacy.fulfilment.redaction.patterns import Span
from privacy.models import NameToken, Redaction
from privacy.models.name_tokens import LONGEST, UNPARTED, token_of, words_at, words_of

CHUNK = 500  # words that are asked for at once; SQLite takes 999 parameters in its oldest builds
MOST_WORDS = 24  # of a name; where no blank parts words, letters
FURTHEST = 4  # characters between two words of a name, such as `. ` or `, `
ENDS = set("!?;:()[]{}<>|/\\=\t")  # no name goes on behind these
NAME = Redaction.Kind.NAME


@dataclass(frozen=True)
class Word:
    start: int
    end: int
    folded: str
    is_written_large: bool  # or of a script that knows no capitals
    goes_on: bool = False  # the next word may belong to the same name


@dataclass(frozen=True)
class Run:
    """Words one after the other, from `first` to `last` of a text's, and what they are as a token."""

    text: int
    first: int
    last: int
    token: bytes


def found_in(texts: Sequence[str], accounts: Collection[UUID], called: Collection[str]) -> list[list[Span]]:
    """For each text where a name of somebody else stands whole. What the `accounts` are `called`, and single words of
    it, are nobody else's.

    A name is known in any spelling that the search of people knows it by, and with its two words the other way round.
    One that is a single word counts where it is written large.
    """
    words = [words_of_text(text) for text in texts]
    runs = runs_of_names(words)
    own = {token_of(name) for name in called}
    own_words = {word.encode() for name in called for word in words_of(name)}
    others = whole_names({run.token for run in runs if is_distinct(run, words[run.text])} - own_words, accounts)
    found: list[list[Span]] = [[] for _ in texts]
    for run in longest_first(runs, others | own):
        of_text = words[run.text]
        span = Span(of_text[run.first].start, of_text[run.last].end, NAME, () if run.token in own else ("other",))
        if all(span.end <= there.start or there.end <= span.start for there in found[run.text]):
            found[run.text].append(span)
    return [sorted(span for span in spans if span.values) for spans in found]


def words_of_text(text: str) -> list[Word]:
    found = [(start, end, folded) for start, end, folded in words_at(text) if folded]
    between = [text[one[1] : two[0]] for one, two in pairwise(found)] + ["\n\n"]
    return [
        Word(start, end, folded, text[start : start + 1].upper() == text[start : start + 1], goes_on(gap))
        for (start, end, folded), gap in zip(found, between, strict=False)
    ]


def goes_on(gap: str) -> bool:
    return len(gap) <= FURTHEST and gap.count("\n") < 2 and not ENDS.intersection(gap)


def runs_of_names(texts: Sequence[Sequence[Word]]) -> list[Run]:
    """Runs of words that are some name from one of its words on. Every end of a name is a token too, so the runs grow
    to the left, from words that end a name, as long as anybody's name goes on like that."""
    ends = [Run(n, i, i, token([word])) for n, words in enumerate(texts) for i, word in enumerate(words)]
    live = those_that_are_tokens(ends)
    runs = live + those_that_are_tokens(list(turned_round(live, texts)))
    for _ in range(MOST_WORDS - 1):
        live = those_that_are_tokens(list(longer(live, texts)))
        runs += live
    return runs


def longer(runs: Sequence[Run], texts: Sequence[Sequence[Word]]) -> Iterator[Run]:
    """Each with the word before it."""
    for run in runs:
        words = texts[run.text]
        if run.first and words[run.first - 1].goes_on:
            yield Run(run.text, run.first - 1, run.last, token(words[run.first - 1 : run.last + 1]))


def turned_round(runs: Sequence[Run], texts: Sequence[Sequence[Word]]) -> Iterator[Run]:
    """Each with the word behind it, taken for the one before: `Smith, Anna`."""
    for run in runs:
        words = texts[run.text]
        if words[run.last].goes_on and not UNPARTED.match(words[run.last].folded):
            yield Run(run.text, run.first, run.last + 1, token([words[run.last + 1], words[run.last]]))


def token(words: Sequence[Word]) -> bytes:
    return "".join(word.folded for word in words)[:LONGEST].encode()


def those_that_are_tokens(runs: Sequence[Run]) -> list[Run]:
    there = tokens_among({run.token for run in runs})
    return [run for run in runs if run.token in there]


def tokens_among(wanted: Collection[bytes], test: str = "TRUE", params: Sequence[Any] = ()) -> set[bytes]:
    """Those of these that are tokens of anybody for whose row `t` the test holds: a look each into the index, however
    many people are called so."""
    found: set[bytes] = set()
    there = f"SELECT 1 FROM {table_of(NameToken)} t WHERE t.token = column1 AND {test}"  # noqa: S608
    with connection.cursor() as cursor:
        for some in batched(sorted(wanted), CHUNK):
            asked = ", ".join(["(%s)"] * len(some))
            sql = f"SELECT column1 FROM (VALUES {asked}) w WHERE EXISTS ({there})"  # noqa: S608
            cursor.execute(sql, [*some, *params])
            found.update(bytes(row) for (row,) in cursor.fetchall())
    return found


def is_distinct(run: Run, words: Sequence[Word]) -> bool:
    """Whether it says more than an ordinary word may: it has several words, or is written as a name."""
    letters = words[run.first : run.last + 1]
    return len(letters) > 1 or (letters[0].is_written_large and len(letters[0].folded) > 1)


def whole_names(tokens: Collection[bytes], accounts: Collection[UUID]) -> set[bytes]:
    """Those of the tokens that are a whole name of somebody other than these accounts: no longer token of the same
    person ends so. Of ten thousand people with one surname nobody's name is read (0.15 s; by reading them, 2 s)."""
    keys = [NameToken._meta.get_field("subject").target_field.get_db_prep_value(a, connection) for a in accounts]
    others = f"t.subject_id NOT IN ({', '.join(['%s'] * len(keys))})"
    ends_so = "length(l.token) > length(t.token) AND substr(l.token, length(l.token) - length(t.token) + 1) = t.token"
    longer = f"SELECT 1 FROM {table_of(NameToken)} l WHERE l.subject_id = t.subject_id AND {ends_so}"  # noqa: S608
    return tokens_among(tokens, f"{others} AND NOT EXISTS ({longer})", keys)


def longest_first(runs: Sequence[Run], tokens: Collection[bytes]) -> list[Run]:
    return sorted((run for run in runs if run.token in tokens), key=lambda run: (run.first - run.last, run.first))
