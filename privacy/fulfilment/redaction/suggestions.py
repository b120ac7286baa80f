"""What looks like the name of somebody whom the database does not know: a title or greeting and capitals behind it.

Only a suggestion: whoever reads the text decides.
"""

import re
from collections.abc import Collection, Iterator

from privacy.fulfilment.redaction.patterns import Span
from privacy.models import Redaction
from privacy.models.name_tokens import words_of

TITLES = (
    r"Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Madam|Herr|Herrn|Frau|Monsieur|Madame|Mme|Mlle|Señor|Señora|Sra?|Don|Doña|Signor|"
    r"Signora|Sig|Sig\.ra|Dear|Hi|Hello|Hey|Hallo|Liebe|Lieber|Cher|Chère|Bonjour|Hola|Estimado|Estimada|Caro|Cara|Ciao"
)
LABELS = r"(?i:name|nom|nombre|nome|contact|kontakt|colleague|kollege|kollegin)(?:\s?:|\sis)"
CAPITAL = r"[^\W\d_a-z][^\W\d_]*(?:[-'’][^\W\d_]+)*"
PARTICLES = r"(?:(?:van|von|de|la|der|den|di|da|del) ){0,2}"
NAME = re.compile(
    rf"(?:(?:\b(?:{TITLES})\b\.?[ \u00a0]+)+|\b{LABELS}[ \u00a0]+)"
    rf"(?P<name>{CAPITAL}(?:[ \u00a0]{PARTICLES}{CAPITAL}){{0,2}})"
)


def found_in(text: str, own_words: Collection[str]) -> Iterator[Span]:
    """Nothing that is made of the person's own names alone."""
    for match in NAME.finditer(text):
        name = match["name"]
        if name[0].isupper() and not set(words_of(name)) <= set(own_words):
            yield Span(*match.span("name"), Redaction.Kind.NAME)
