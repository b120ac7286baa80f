"""Prompts, as prompts.chat publishes them. Who contributed one there is not read: it is none of our users."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kosenai_ops.studio.sources import MAX_ROWS, SourceError, Tally, key, name_of, text_of
from privacy.fulfilment import intake
from privacy.fulfilment.intake import Arrival, Outcome
from privacy.fulfilment.reading import Unreadable, csv_table
from privacy.models import Prompt

FILE = Path("prompts-chat") / "prompts.csv"
PROVIDERS = (Prompt.Provider.OPENAI, Prompt.Provider.GOOGLE)


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


def write(texts: Sequence[str], users: Sequence[Arrival]) -> Tally:
    """The n-th prompt is the n-th user's, and after the last user the first's again."""
    seen: Counter[str] = Counter()
    done: list[Arrival | None] = []
    rows = []
    for number, text in enumerate(texts):
        author = users[number % len(users)]
        seen[text] += 1  # the same text twice is two prompts
        if author.row:
            place = key("prompt", text, seen[text])
            rows.append(Prompt(id=place, author=author.row, provider=PROVIDERS[number % 2], text=text))
        done.append(None if author.row else Arrival(Outcome.SKIPPED, None, author.reason))
    arrivals = iter(intake.take_in(rows=rows, actor=None))
    return Tally.of(str(FILE), "prompts", [arrival or next(arrivals) for arrival in done])
