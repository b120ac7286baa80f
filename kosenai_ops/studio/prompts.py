"""Prompts, as prompts.chat publishes them. Who contributed one there is not read: it is none of our users."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kosenai_ops.studio import people
from kosenai_ops.studio.sources import MAX_ROWS, Part, SourceError, Tally, User, key, name_of, text_of
from privacy.fulfilment.importing import content
from privacy.fulfilment.importing.reading import Unreadable, csv_table
from privacy.models import Prompt

FILE = Path("prompts-chat") / "prompts.csv"
PROVIDERS = (Prompt.Provider.OPENAI, Prompt.Provider.GOOGLE)


def files(folder: Path) -> list[Path]:
    return [folder / FILE]


def check(folder: Path) -> tuple[int, list[Tally]]:
    """(how many there are, what is to be told of the file). Raises SourceError."""
    return len(read(folder)), []


def read(folder: Path) -> list[str]:
    """The prompts' texts, in the file's order. Raises SourceError."""
    file = folder / FILE
    try:
        table = csv_table(text_of(file), MAX_ROWS)
    except Unreadable as error:
        raise SourceError(f"{name_of(file)}: {error}") from error
    if "prompt" not in table.columns:
        raise SourceError(f"{name_of(file)}: the heading names no column “prompt”.")
    for number, row in enumerate(table.rows, start=1):
        if not row["prompt"].strip():
            raise SourceError(f"{name_of(file)}, row {number}: the prompt is empty.")
    return [row["prompt"] for row in table.rows]


def part(folder: Path, users: int) -> Part[tuple[Prompt, User]]:
    """The n-th prompt is the n-th user's, and after the last user the first's again."""
    texts = read(folder)
    authors = people.arrived(folder, range(min(users, len(texts))))
    return Part(numbered(texts, authors), write)


def write(some: Sequence[tuple[Prompt, User]]) -> list[Tally]:
    left_out = [author.left_out() for _, author in some if not author.id]
    taken_in = content.take_in(rows=[prompt for prompt, author in some if author.id], actor=None)
    return [Tally.of(str(FILE), "prompts", [*left_out, *taken_in])]


def numbered(texts: Sequence[str], authors: Mapping[int, User]) -> Iterator[tuple[Prompt, User]]:
    seen: Counter[str] = Counter()
    for number, text in enumerate(texts):
        author = authors[number % len(authors)]
        seen[text] += 1  # the same text twice is two prompts
        place = key("prompt", text, seen[text])
        yield Prompt(id=place, author_id=author.id, provider=PROVIDERS[number % 2], text=text), author
